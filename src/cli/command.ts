/**
 * What a command of `kutter` is: its options as data, so that parsing, `--help` and completion follow from one table.
 */
import { parseArgs } from 'node:util';
import { TerminalError } from '../base/mod.ts';

export interface Option {
  readonly type: 'string' | 'boolean' | 'integer';
  /** The placeholder in the help: `--name NAME`. */
  readonly value?: string;
  readonly help: string;
  readonly default?: string | number;
  /** Given more than once, all values count, as if there were commas between them. */
  readonly isList?: true;
}

export interface Command {
  /** One or two words: `up`, `image load`. */
  readonly name: string;
  readonly summary: string;
  /** More about it, shown by `--help` of the command. */
  readonly details?: string;
  /** Names of the arguments, e.g. `FILE.tar`; all of them are needed. */
  readonly arguments?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
}

export interface Invocation {
  readonly arguments: readonly string[];
  string(name: string): string | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean;
}

/** What the user typed is wrong. The message says what would be right. */
export class UsageError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The command that the words begin with, and the words behind it. */
export function findCommand(
  commands: readonly Command[],
  words: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  return undefined;
}

/** Throws UsageError. */
export function parseCommand(command: Command, words: readonly string[]): Invocation {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, isList = false }]) => [
      name,
      {
        type: type === 'boolean' ? ('boolean' as const) : ('string' as const),
        multiple: isList,
        ...(name === 'output' ? { short: 'o' } : {}),
      },
    ]),
  );
  const { values, positionals } = parsed(command, options, words);
  const wanted = command.arguments ?? [];
  if (positionals.length < wanted.length)
    throw new UsageError(`kutter ${command.name} needs ${wanted.slice(positionals.length).join(' and ')}`);
  if (positionals.length > wanted.length)
    throw new UsageError(
      `kutter ${command.name} takes ${wanted.length === 0 ? 'no arguments' : wanted.join(' ')}, not also "${positionals[wanted.length] ?? ''}"`,
    );
  const valueOf = (name: string): string | undefined => {
    const value = values[name] ?? command.options[name]?.default;
    if (Array.isArray(value)) return value.join(',');
    return typeof value === 'string' || typeof value === 'number' ? `${value}` : undefined;
  };
  const integer = (name: string): number | undefined => {
    const text = valueOf(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} takes a whole number, not "${text}"`);
    return Number(text);
  };
  for (const [name, { type }] of Object.entries(command.options)) if (type === 'integer') integer(name);
  return { arguments: positionals, string: valueOf, integer, flag: (name) => values[name] === true };
}

function parsed(
  command: Command,
  options: Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }>,
  words: readonly string[],
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new UsageError(`${message}; see kutter ${command.name} --help`);
  }
}

/** What is said of a longer option stands below it. */
const optionWidthMax = 28;

export function commandHelp({ name, summary, details, arguments: words = [], options }: Command): string {
  const lines = [`Usage: kutter ${[name, ...words].join(' ')} [options]`, '', summary];
  if (details !== undefined) lines.push('', details);
  lines.push('', 'Options:');
  const rows = Object.entries(options).map(([option, { value, help, default: fallback }]) => ({
    left: `--${option}${value === undefined ? '' : ` ${value}`}`,
    right: fallback === undefined ? help : `${help} (default: ${fallback})`,
  }));
  rows.push({ left: '--help', right: 'Show this help' });
  const width = Math.min(Math.max(...rows.map(({ left }) => left.length)), optionWidthMax);
  for (const { left, right } of rows)
    if (left.length <= width) lines.push(`  ${left.padEnd(width)}  ${right}`);
    else lines.push(`  ${left}`, `  ${''.padEnd(width)}  ${right}`);
  return `${lines.join('\n')}\n`;
}

export function programHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `kutter ${version}: Kubernetes, whole, in TypeScript`,
    '',
    'Usage: kutter COMMAND [options]',
    '',
    'Commands:',
    ...rows,
    '',
    'kutter COMMAND --help tells about the options of a command.',
    '',
  ].join('\n');
}
