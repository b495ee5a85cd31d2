export { DnsServer, type DnsServerOptions, type DnsServerWorld } from './server.ts';
export { clusterDnsObjects, type ClusterDnsOptions } from './addon.ts';
export type * from './ports.ts';
