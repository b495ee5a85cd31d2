export { ProxyTable } from './table.ts';
export { ServiceProxy, proxyRemovalScript, type ServiceProxyOptions, type ServiceProxyWorld } from './service-proxy.ts';
export { proxiedPorts } from './service-port.ts';
export type * from './ports.ts';
