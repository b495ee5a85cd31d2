export * from './field-error.ts';
export * from './kind.ts';
export * from './labels.ts';
export * from './meta.ts';
export * from './names.ts';
export * from './schema.ts';
export * from './status.ts';
