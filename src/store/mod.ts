export * from './store.ts';
export { StoredEntry } from './entry.ts';
export { LocalStore, type Journal, type JournalRecord, type LocalStoreOptions } from './local.ts';
export { EtcdStore, type EtcdStoreOptions } from './etcd.ts';
export type { EtcdClient, EtcdEvent, EtcdKeyValue, EtcdOperation, EtcdTxn, EtcdTxnResult } from './etcd-client.ts';
export type { StoredForm, ValueTransformer } from './encryption.ts';
