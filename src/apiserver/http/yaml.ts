/**
 * YAML as the JSON that it stands for, read as Go's library does: YAML 1.1 without what JSON has no value for, the first document
 * alone, merge keys in the order in which they stand. Always holds: time, memory and nesting are bounded, whatever the text.
 */
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type CST,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { isJsonObject, TerminalError, type Json } from '../../base/mod.ts';
import { goQuote } from '../../machinery/mod.ts';

/** The text is no YAML, or goes beyond the limits. The message is that of Go's library, where it has one. */
export class YamlError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'YamlError';
  }
}

export interface YamlValue {
  readonly value: Json;
  /** What a strict reader objects to: keys that are set twice. */
  readonly finding: string | undefined;
}

/** About what a manifest of the size of a whole body has: beyond, reading takes seconds. */
const lexemesMax = 500_000;
/** What aliases may add, in about the bytes that it has as JSON. */
const expansionMax = 3 * 1024 * 1024;
const mergeKey = '<<';
const findingsMax = 100;
/** Upstream allows 10000; the library recurses, with several large frames for each level. */
export const yamlDepthMax = 500;
/** What the parser is at work on besides collections: the document, and a scalar. */
const stackBesides = 2;

const jsonless = new Set(['timestamp', 'binary', 'set', 'omap', 'pairs'].map((name) => `tag:yaml.org,2002:${name}`));
const options = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  customTags: (tags: readonly Tag[]): Tag[] =>
    tags.filter(({ tag, format }) => !jsonless.has(tag) && format !== 'TIME'),
} as const;

interface Tag {
  readonly tag: string;
  readonly format?: string;
}

/** Throws YamlError. */
export function parseYaml(text: string): YamlValue {
  const lines = new LineCounter();
  for (const document of new Composer(options as never).compose(tokensOf(text, lines), true, text.length)) {
    const [error] = document.errors;
    if (error !== undefined) throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${error.message}`);
    const reader = new Reader(lines);
    const value = reader.read(document.contents);
    const { twice } = reader;
    return {
      value,
      finding: twice.length === 0 ? undefined : `yaml: unmarshal errors:\n${twice.map((one) => `  ${one}`).join('\n')}`,
    };
  }
  return { value: null, finding: undefined };
}

/** What the text is made of, until something is wrong with it: the library goes on, and is slow in telling of each mistake. */
function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  const refuse = (why: string): never => {
    throw new YamlError(`yaml: line ${lines.linePos(parser.offset).line}: ${why}`);
  };
  lines.addNewLine(0);
  let left = lexemesMax;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.startsWith('"') && !hasKnownEscapes(lexeme)) refuse('found unknown escape character');
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') refuse(token.message);
      yield token;
    }
    if (parser.stack.length > yamlDepthMax + stackBesides) refuse(`exceeded max depth of ${yamlDepthMax}`);
    if (--left < 0) refuse(`more than ${lexemesMax} tokens`);
  }
  yield* parser.end();
}

function hasKnownEscapes(quoted: string): boolean {
  const escape = /\\(?:[0abtnvfre "/\\\t\r\nN_LP]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/y;
  for (let at = quoted.indexOf('\\'); at >= 0; at = quoted.indexOf('\\', escape.lastIndex)) {
    escape.lastIndex = at;
    if (!escape.test(quoted)) return false;
  }
  return true;
}

interface Anchored {
  readonly value: Json;
  readonly size: number;
}

/** Makes values of nodes. What an alias stands for is one value in many places. */
class Reader {
  readonly twice: string[] = [];
  readonly #lines: LineCounter;
  /** Undefined: what the anchor is for has not ended. */
  readonly #anchors = new Map<string, Anchored | undefined>();
  /** Of all values so far, those of aliases with what they stand for. */
  #size = 0;
  #expanded = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(node: ParsedNode | null): Json {
    if (isAlias(node)) return this.#aliased(node.source);
    if (node === null) return null;
    const before = this.#size;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, undefined);
    const value = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node.items) : this.#scalar(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value, size: this.#size - before });
    return value;
  }

  #aliased(anchor: string): Json {
    const known = this.#anchors.get(anchor);
    if (known === undefined)
      throw new YamlError(
        this.#anchors.has(anchor)
          ? `yaml: anchor '${anchor}' value contains itself`
          : `yaml: unknown anchor '${anchor}' referenced`,
      );
    this.#size += known.size;
    this.#expanded += known.size;
    if (this.#expanded > expansionMax) throw new YamlError('yaml: document contains excessive aliasing');
    return known.value;
  }

  #scalar({ value }: Scalar): Json {
    this.#size += 3 + (typeof value === 'string' ? value.length : 0);
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new YamlError(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
    return typeof value === 'symbol' ? mergeKey : (value as Json);
  }

  #list(items: readonly (ParsedNode | null)[]): Json {
    this.#size += 2;
    return items.map((item) => this.read(item));
  }

  #map({ items }: YAMLMap.Parsed): Json {
    this.#size += 2;
    const fields = new Map<string, Json>();
    for (const { key, value } of items) {
      const at = value ?? key;
      if (isScalar(key) && typeof key.value === 'symbol') this.#merge(fields, this.read(value), at);
      else this.#set(fields, [this.#key(key), this.read(value)], at);
    }
    return Object.fromEntries(fields);
  }

  #key(node: ParsedNode): string {
    const key = this.read(node);
    if (key === null || typeof key === 'object') throw new YamlError(`yaml: invalid map key: ${JSON.stringify(key)}`);
    return String(key);
  }

  #set(fields: Map<string, Json>, [key, value]: readonly [string, Json], at: ParsedNode): void {
    if (fields.has(key) && this.twice.length < findingsMax) {
      const { line } = this.#lines.linePos(at.range[0]);
      this.twice.push(`line ${line}: key ${goQuote(key)} already set in map`);
    }
    fields.set(key, value);
  }

  /** Of several maps the first one counts most. */
  #merge(fields: Map<string, Json>, value: Json, at: ParsedNode): void {
    const maps = Array.isArray(value) ? (value as readonly Json[]).toReversed() : [value];
    for (const map of maps) {
      if (!isJsonObject(map)) throw new YamlError('yaml: map merge requires map or sequence of maps as the value');
      for (const [key, item] of Object.entries(map)) this.#set(fields, [key, item ?? null], at);
    }
  }
}
