export { EmbeddedJournal, type EmbeddedJournalOptions } from './journal.ts';
export { LogDatabase, type DatabaseOptions } from './database.ts';
