export * from './clock.ts';
export * from './errors.ts';
export * from './json.ts';
export * from './log.ts';
export * from './random.ts';
export * from './tree.ts';
export * from './virtual-clock.ts';
