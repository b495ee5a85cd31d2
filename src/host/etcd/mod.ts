export { GrpcEtcdClient, type EtcdClientOptions } from './client.ts';
