export { LogFile, type LogFileOptions } from './log-file.ts';
