export * from './streaming/mod.ts';
