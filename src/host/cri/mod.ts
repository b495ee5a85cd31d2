export { CriRuntime, type CriRuntimeOptions } from './runtime.ts';
