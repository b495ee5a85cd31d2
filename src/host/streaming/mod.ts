export * from './connect.ts';
export { HttpUpgrade } from './upgrade.ts';
