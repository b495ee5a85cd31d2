export * from './store.ts';
export { LocalStore, type Journal, type JournalRecord, type LocalStoreOptions } from './local.ts';
