export { EmbeddedJournal, type EmbeddedJournalOptions } from './journal.ts';
