/** The usual sorts of options. */
import type { Option } from './command.ts';

export function file(help: string): Option {
  return { type: 'string', value: 'FILE', help };
}

export function text(value: string, help: string): Option {
  return { type: 'string', value, help };
}

/** Given more than once, all values count. */
export function list(help: string, value = 'A,B'): Option {
  return { type: 'string', value, help, isList: true };
}
