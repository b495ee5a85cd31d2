export { HttpBackends, type Route } from './backends.ts';
export { HttpsNodeConnections, type NodeTls } from './node-connections.ts';
export { HttpServer, type HttpLimits, type HttpServerOptions } from './server.ts';
export { HttpsTransport, type TransportOptions } from './transport.ts';
export { HttpsWebClient, HttpsWebClients, type WebTrust } from './web-client.ts';
