/**
 * JSON from bytes, with what Go's decoder says of it. The engine's own parser does the work; only a text that it refuses
 * is read again, slowly, for Go's words. Always holds: a value that comes out is nested at most `depthMax` deep, so
 * whoever walks it may recurse. The size is the caller's to limit.
 */
import { TerminalError, type Json, type JsonObject } from '../base/mod.ts';
import { goQuote } from './go-text.ts';

/** The text is no JSON. The message is that of Go's decoder. */
export class JsonSyntaxError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/** Upstream allows 10000; nothing that people write comes near to ours, and the stack of a recursion is not endless. */
export const jsonDepthMax = 1000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes as text. What is not UTF-8 becomes U+FFFD, as in Go. */
export function jsonText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The escape of half a character. */
const surrogate = /\\u[dD][89a-fA-F]/;

/** Half a character is U+FFFD, as upstream reads it: it could be stored, but neither be asked for nor be sent as protobuf. */
function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([key, item]) => [key.toWellFormed(), wellFormed(item ?? null)]),
  );
}

/** Parses a text or UTF-8 bytes; throws JsonSyntaxError. */
export function parseJson(input: Uint8Array | string, depthMax = jsonDepthMax): Json {
  const text = typeof input === 'string' ? input : jsonText(input);
  // Every level needs an opening and a closing bracket.
  if (text.length >= depthMax * 2 && depthExceeds(text, depthMax)) throw new JsonSyntaxError('exceeded max depth');
  try {
    const value = JSON.parse(text) as Json;
    if (large.test(text)) refuseInfinite(value);
    return surrogate.test(text) ? wellFormed(value) : value;
  } catch (error) {
    if (error instanceof SyntaxError) throw new JsonSyntaxError(goSyntaxError(text) ?? error.message);
    throw error;
  }
}

/** What a number beyond all doubles looks like, though not only that. */
const large = /\d[eE]\+?\d{3}|\d{309}/;

/** In memory such a number would be infinite, and null once it was written. */
function refuseInfinite(value: Json): void {
  if (value === Infinity || value === -Infinity)
    throw new JsonSyntaxError('json: cannot unmarshal number into Go value of type float64');
  if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) refuseInfinite(item as Json);
}

/** Whether a value is nested deeper than `levels`. */
export function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const items = Array.isArray(value) ? (value as readonly Json[]) : Object.values(value as JsonObject);
  return items.some((item) => item !== undefined && isDeeper(item, levels - 1));
}

function depthExceeds(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = stringEnd(text, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > depthMax) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** The index of the quote that closes the string that opens at `start`, or the text's length. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** An object or a list that is being read. One for each level, used again: this is on the path of every write. */
class Frame {
  isList = false;
  /** The key or the index that is being read. */
  key = '';
  index = 0;
  keyExpected = false;
  /** The keys so far. Most objects have few, and to look through those is quicker than to hash them. */
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  begin(isList: boolean): void {
    this.isList = isList;
    this.key = '';
    this.index = 0;
    this.keyExpected = !isList;
    this.#few.length = 0;
    this.#many = undefined;
  }

  /** Whether the key, which is being read from now on, was there before. */
  enter(key: string): boolean {
    this.key = key;
    this.keyExpected = false;
    if (this.#many === undefined) {
      if (this.#few.includes(key)) return true;
      this.#few.push(key);
      if (this.#few.length === fewKeys) this.#many = new Set(this.#few);
      return false;
    }
    return this.#many.size === this.#many.add(key).size;
  }
}

const fewKeys = 16;
const frames: Frame[] = [];
const duplicatesMax = 100;

/**
 * The keys that occur more than once in an object, as upstream reports them in strict mode: `duplicate field "a.b[0].c"`.
 * The text must be valid JSON. One pass that skips from string to string.
 */
export function duplicateFields(text: string): string[] {
  const found = new Set<string>();
  let depth = 0;
  let frame: Frame | undefined;
  for (let i = 0; i < text.length && found.size < duplicatesMax; i++) {
    const code = text.charCodeAt(i);
    switch (code) {
      case 0x22: {
        const end = stringEnd(text, i);
        if (frame?.keyExpected === true && frame.enter(readString(text, i, end)))
          found.add(`duplicate field ${goQuote(pathOf(depth))}`);
        i = end;
        break;
      }
      case 0x7b:
      case 0x5b:
        frame = frames[depth++] ??= new Frame();
        frame.begin(code === 0x5b);
        break;
      case 0x7d:
      case 0x5d:
        frame = frames[--depth - 1];
        break;
      case 0x2c:
        if (frame?.isList === true) frame.index++;
        else if (frame !== undefined) frame.keyExpected = true;
        break;
    }
  }
  return [...found];
}

function readString(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function pathOf(depth: number): string {
  let path = '';
  for (const { isList, index, key } of frames.slice(0, depth)) {
    if (isList) path += `[${index}]`;
    else path += path === '' ? key : `.${key}`;
  }
  return path;
}

/** What Go's scanner says of a text that is no JSON; undefined if it finds nothing wrong. */
function goSyntaxError(text: string): string | undefined {
  try {
    new Scanner(new TextEncoder().encode(text)).document();
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

const escapedChars = new Set('bfnrt\\/"');

/** Reads bytes as Go's scanner does, which decides what is wrong first and what it is called. */
class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): void {
    const open: ('[' | '{')[] = [];
    let valueExpected = true;
    for (;;) {
      if (valueExpected) valueExpected = this.#value(open);
      else if (open.length === 0) break;
      else valueExpected = this.#afterValue(open);
    }
    this.#space();
    if (this.#at < this.#bytes.length) this.#fail('after top-level value');
  }

  /** Reads a scalar, or opens a container; whether a value is expected next. */
  #value(open: ('[' | '{')[]): boolean {
    const char = this.#next();
    if (char === '{') return this.#openObject(open);
    if (char === '[') {
      this.#at++;
      if (this.#next() !== ']') {
        open.push('[');
        return true;
      }
      this.#at++;
      return false;
    }
    if (char === '"') this.#string();
    else if (char === 't') this.#literal('true');
    else if (char === 'f') this.#literal('false');
    else if (char === 'n') this.#literal('null');
    else if (char === '-' || isDigit(char)) this.#number();
    else this.#fail('looking for beginning of value');
    return false;
  }

  #openObject(open: ('[' | '{')[]): boolean {
    this.#at++;
    if (this.#next() === '}') {
      this.#at++;
      return false;
    }
    open.push('{');
    this.#key();
    return true;
  }

  #afterValue(open: ('[' | '{')[]): boolean {
    const inObject = open.at(-1) === '{';
    const char = this.#next();
    if (char === ',') {
      this.#at++;
      if (inObject) this.#key();
      return true;
    }
    if (char !== (inObject ? '}' : ']')) this.#fail(inObject ? 'after object key:value pair' : 'after array element');
    this.#at++;
    open.pop();
    return false;
  }

  #key(): void {
    if (this.#next() !== '"') this.#fail('looking for beginning of object key string');
    this.#string();
    if (this.#next() !== ':') this.#fail('after object key');
    this.#at++;
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      const char = this.#peek();
      if (char === '"') break;
      if (char < ' ') this.#fail('in string literal');
      if (char === '\\') this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    const char = this.#peek();
    if (char !== 'u') {
      if (!escapedChars.has(char)) this.#fail('in string escape code');
      return;
    }
    for (let i = 0; i < 4; i++) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.#peek())) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #literal(word: string): void {
    for (let i = 1; i < word.length; i++) {
      this.#at++;
      if (this.#peek() !== word[i]) this.#fail(`in literal ${word} (expecting '${word[i] ?? ''}')`);
    }
    this.#at++;
  }

  #number(): void {
    if (this.#peek() === '-') {
      this.#at++;
      if (!isDigit(this.#peek())) this.#fail('in numeric literal');
    }
    if (this.#peek() === '0') this.#at++;
    else this.#digits();
    if (this.#byte() === '.') {
      this.#at++;
      if (!isDigit(this.#peek())) this.#fail('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#byte() === 'e' || this.#byte() === 'E') {
      this.#at++;
      if (this.#peek() === '+' || this.#peek() === '-') this.#at++;
      if (!isDigit(this.#peek())) this.#fail('in exponent of numeric literal');
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#byte())) this.#at++;
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#byte() || 'x')) this.#at++;
  }

  /** The byte as a character, or nothing at the end. */
  #byte(): string {
    const byte = this.#bytes[this.#at];
    return byte === undefined ? '' : String.fromCharCode(byte);
  }

  /** The byte as a character; the text must not end here. */
  #peek(): string {
    const char = this.#byte();
    if (char === '') throw new JsonSyntaxError('unexpected end of JSON input');
    return char;
  }

  #next(): string {
    this.#space();
    return this.#peek();
  }

  #fail(context: string): never {
    const char = this.#peek();
    const quoted = char === "'" ? String.raw`'\''` : char === '"' ? `'"'` : `'${goQuote(char).slice(1, -1)}'`;
    throw new JsonSyntaxError(`invalid character ${quoted} ${context}`);
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}
