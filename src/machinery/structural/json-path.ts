/**
 * JSONPath as printer columns use it (`.status.conditions[?(@.type=="Ready")].status`), and simple field paths as scale,
 * selectable fields and rules do. Paths are parsed once and evaluated often.
 */
import { isJsonObject, jsonEqual, TerminalError, type Json } from '../../base/mod.ts';
import { field, type FieldPath } from '../field-error.ts';
import { escapeLetters } from '../go-text.ts';
import { additionalOf, type JsonSchema } from './json-schema.ts';

type Step =
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'all' | 'deep' }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'slice'; readonly from: number | undefined; readonly to: number | undefined; readonly by: number }
  | { readonly type: 'union'; readonly parts: readonly (readonly Step[])[] }
  | { readonly type: 'filter'; readonly test: Filter };

interface Filter {
  readonly left: Operand;
  readonly operator: string;
  readonly right: Operand | undefined;
}

type Operand = { readonly literal: Json } | { readonly path: readonly Step[] };

/** A path or a field reference that cannot be read; the message is for the user. */
export class PathError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'PathError';
  }
}

/** Everything that a path finds, in order; nothing where it leads nowhere. Throws PathError for what is no path. */
export function compileJsonPath(text: string): (value: Json) => Json[] {
  const steps = new Parser(text.replace(/^\{|\}$/g, '')).steps();
  return (value) => follow([value], steps);
}

function follow(values: Json[], steps: readonly Step[]): Json[] {
  let found = values;
  for (const step of steps) {
    found = found.flatMap((value) => take(value, step));
    if (found.length === 0) return found;
  }
  return found;
}

function take(value: Json, step: Step): Json[] {
  switch (step.type) {
    case 'name': {
      const member = isJsonObject(value) && Object.hasOwn(value, step.name) ? value[step.name] : undefined;
      return member === undefined ? [] : [member];
    }
    case 'all':
      return members(value);
    case 'deep':
      return [value, ...members(value).flatMap((member) => take(member, step))];
    case 'index': {
      const item = Array.isArray(value) ? (value as readonly Json[]).at(step.index) : undefined;
      return item === undefined ? [] : [item];
    }
    case 'slice':
      return Array.isArray(value)
        ? (value as readonly Json[]).slice(step.from, step.to).filter((_, i) => i % step.by === 0)
        : [];
    case 'union':
      return step.parts.flatMap((part) => follow([value], part));
    case 'filter':
      return members(value).filter((member) => passes(member, step.test));
  }
}

function members(value: Json): Json[] {
  if (Array.isArray(value)) return [...(value as readonly Json[])];
  return isJsonObject(value) ? Object.values(value).filter((member) => member !== undefined) : [];
}

function passes(value: Json, { left, operator, right }: Filter): boolean {
  const a = operandOf(value, left);
  if (right === undefined) return a !== undefined;
  const b = operandOf(value, right);
  if (a === undefined || b === undefined) return false;
  if (operator === '==') return jsonEqual(a, b);
  if (operator === '!=') return !jsonEqual(a, b);
  if (typeof a !== typeof b || (typeof a !== 'number' && typeof a !== 'string')) return false;
  const order = a === b ? 0 : a < (b as typeof a) ? -1 : 1;
  return operator === '<' ? order < 0 : operator === '>' ? order > 0 : operator === '<=' ? order <= 0 : order >= 0;
}

function operandOf(value: Json, operand: Operand): Json | undefined {
  return 'literal' in operand ? operand.literal : follow([value], operand.path)[0];
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Until the end, or until a character that no step begins with. */
  steps(): Step[] {
    const steps: Step[] = [];
    for (;;) {
      if (this.#eat('..')) {
        steps.push({ type: 'deep' });
        if (/[\w*$-]/.test(this.#text[this.#at] ?? '')) steps.push(this.#name());
      } else if (this.#eat('.')) {
        if (/[^\s[\])=!<>]/.test(this.#text[this.#at] ?? '')) steps.push(this.#name());
      } else if (this.#eat('[')) steps.push(this.#bracket());
      else return this.#rest(steps);
    }
  }

  #rest(steps: Step[]): Step[] {
    const left = this.#text.slice(this.#at);
    if (left === '' || /^\s*(?:[)\]]|[=!<>])/.test(left)) return steps;
    if (steps.length === 0 && this.#at === 0 && this.#eat('$')) return this.steps();
    throw new PathError(`unexpected path string, expected a \`.\`: ${left}`);
  }

  #eat(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(regex: RegExp): string | undefined {
    regex.lastIndex = this.#at;
    const found = regex.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #name(): Step {
    const name = (this.#match(/(?:\\.|[^\s.[\])=!<>])+/y) ?? '').replace(/\\(.)/g, '$1');
    return name === '*' ? { type: 'all' } : { type: 'name', name };
  }

  #bracket(): Step {
    if (this.#eat('?(')) {
      const left = this.#operand();
      const operator = this.#match(/\s*(?:==|!=|<=|>=|<|>)\s*/y)?.trim() ?? 'exists';
      const right = operator === 'exists' ? undefined : this.#operand();
      this.#match(/\s*/y);
      if (!this.#eat(')]')) throw new PathError('unterminated filter');
      return { type: 'filter', test: { left, operator, right } };
    }
    const parts: Step[][] = [];
    do parts.push([this.#part()]);
    while (this.#match(/\s*,\s*/y) !== undefined);
    if (!this.#eat(']')) throw new PathError('unterminated array');
    const [only = []] = parts;
    return parts.length === 1 && only[0] !== undefined ? only[0] : { type: 'union', parts };
  }

  #part(): Step {
    const quoted = this.#match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/y);
    if (quoted !== undefined) return { type: 'name', name: quoted.slice(1, -1).replace(/\\(.)/g, '$1') };
    if (this.#eat('*')) return { type: 'all' };
    const slice = this.#match(/-?\d*:-?\d*(?::\d+)?/y);
    if (slice !== undefined) {
      const [from = '', to = '', by = '1'] = slice.split(':');
      const number = (text: string): number | undefined => (text === '' ? undefined : Number(text));
      return { type: 'slice', from: number(from), to: number(to), by: Math.max(1, Number(by)) };
    }
    const index = this.#match(/-?\d+/y);
    if (index === undefined) throw new PathError(`invalid array index ${this.#text.slice(this.#at)}`);
    return { type: 'index', index: Number(index) };
  }

  #operand(): Operand {
    this.#match(/\s*/y);
    if (this.#eat('@')) return { path: this.steps() };
    const quoted = this.#match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/y);
    if (quoted !== undefined) return { literal: quoted.slice(1, -1).replace(/\\(.)/g, '$1') };
    const bare = this.#match(/[^\s)=!<>]+/y);
    if (bare === undefined) throw new PathError('unexpected filter operand');
    const number = Number(bare);
    return { literal: bare === 'true' ? true : bare === 'false' ? false : Number.isNaN(number) ? bare : number };
  }
}

/** The names of a simple path: `.spec.replicas` is `spec`, `replicas`. */
export function simplePath(text: string): readonly string[] {
  return text.replace(/^\./, '').split('.');
}

/** What a simple path leads to; undefined where there is nothing. */
export function valueAt(value: Json | undefined, path: readonly string[]): Json | undefined {
  let current = value;
  for (const name of path) current = isJsonObject(current) && Object.hasOwn(current, name) ? current[name] : undefined;
  return current;
}

export interface FoundField {
  readonly path: FieldPath;
  readonly names: readonly string[];
  /** The schema of the field; undefined where a map says nothing of its members. */
  readonly schema: JsonSchema | undefined;
}

/** Where a path of fields and keys of maps leads in a schema. Throws PathError, in upstream's words. */
export function fieldIn(text: string, root: JsonSchema, { brackets = true } = {}): FoundField {
  const tokens = text.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/g) ?? [];
  const names: string[] = [];
  let path: FieldPath | undefined;
  let schema: JsonSchema | undefined = root;
  const descend = (name: string): void => {
    if (schema?.properties === undefined && schema?.additionalProperties === undefined)
      throw new PathError('does not refer to a valid field');
    const named: boolean = schema.properties !== undefined;
    const next: JsonSchema | undefined = named ? schema.properties?.[name] : additionalOf(schema);
    if (named && next === undefined) throw new PathError('does not refer to a valid field');
    path = path === undefined ? field(name) : named ? path.child(name) : path.key(name);
    names.push(name);
    schema = next;
  };
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? '';
    if (token !== '.' && token !== '[') throw new PathError(`expected [ or . but got: ${token}`);
    if (token === '[' && !brackets) throw new PathError('array notation is not allowed');
    const name = tokens[(i += 1)];
    if (name === undefined) throw new PathError('unexpected end of JSON path');
    if (token === '.') {
      descend(name);
      continue;
    }
    if (name.length < 2 || !name.startsWith("'") || !name.endsWith("'"))
      throw new PathError(`expected single quoted string but got ${name}`);
    descend(unescape(name.slice(1, -1)));
    const end = tokens[(i += 1)];
    if (end === undefined) throw new PathError('unexpected end of JSON path');
    if (end !== ']') throw new PathError(`expected ] but got ${end}`);
  }
  if (path === undefined) throw new PathError('does not refer to a valid field');
  return { path, names, schema };
}

const escapes: Readonly<Record<string, string>> = { ...escapeLetters, "'": "'" };

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (whole, char: string) => {
    const value = escapes[char];
    if (value === undefined) throw new PathError(`invalid string literal: invalid escape char ${whole}`);
    return value;
  });
}
