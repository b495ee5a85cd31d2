/** cel-go's string functions in the version that Kubernetes enables (2). Positions count code points. */
import { quotedEscapes } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { ArrayList, type CelList, EvalError, type Result, runeCount } from '../values.ts';
import { textLengthMax, tooLong } from './arithmetic.ts';
import { formatString } from './format-string.ts';

const ascii = /^[\0-\x7f]*$/;

/** Where code point `position` begins; undefined when the text is not that long. */
function offsetOf(text: string, position: number): number | undefined {
  if (position < 0) return undefined;
  if (ascii.test(text)) return position <= text.length ? position : undefined;
  let offset = 0;
  for (let i = 0; i < position; i++) {
    const code = text.codePointAt(offset);
    if (code === undefined) return undefined;
    offset += code > 0xffff ? 2 : 1;
  }
  return offset;
}

type Int = number | bigint;

function outOfRange(position: Int): EvalError {
  return new EvalError(`index out of range: ${position}`);
}

function charAt(text: string, position: Int): Result {
  const start = offsetOf(text, Number(position));
  if (start === undefined) return outOfRange(position);
  const code = text.codePointAt(start);
  return code === undefined ? '' : String.fromCodePoint(code);
}

function indexOf(text: string, part: string, from: Int = 0): Result {
  if (part === '') return from;
  const start = offsetOf(text, Number(from));
  // Searching from the very end finds nothing, and is not refused.
  if (start === undefined) return outOfRange(from);
  const found = text.indexOf(part, start);
  return found < 0 ? -1 : runeCount(text.slice(0, found));
}

function lastIndexOf(text: string, part: string, from?: Int): Result {
  if (part === '') return from ?? runeCount(text);
  const start = from === undefined ? text.length : offsetOf(text, Number(from));
  if (start === undefined) return outOfRange(from ?? 0);
  const found = text.lastIndexOf(part, start);
  return found < 0 ? -1 : runeCount(text.slice(0, found));
}

function substring(text: string, start: Int, end?: Int): Result {
  const from = offsetOf(text, Number(start));
  const to = end === undefined ? text.length : offsetOf(text, Number(end));
  if (end !== undefined && start > end) return new EvalError(`invalid substring range. start: ${start}, end: ${end}`);
  if (from === undefined) return outOfRange(start);
  return to === undefined ? outOfRange(end ?? 0) : text.slice(from, to);
}

/** A negative count is no limit. */
function replace(text: string, old: string, fresh: string, count: Int = -1): Result {
  const limit = count < 0 ? Infinity : Number(count);
  if (old === '') return replaceNothing(text, fresh, limit);
  const parts: string[] = [];
  let start = 0;
  for (let done = 0; done < limit; done++) {
    const found = text.indexOf(old, start);
    if (found < 0) break;
    if (done * fresh.length > textLengthMax) return tooLong;
    parts.push(text.slice(start, found), fresh);
    start = found + old.length;
  }
  return parts.join('') + text.slice(start);
}

/** Nothing is found before every character and at the end. */
function replaceNothing(text: string, fresh: string, limit: number): Result {
  const chars = Array.from(text);
  if (Math.min(chars.length, limit) * fresh.length > textLengthMax) return tooLong;
  const parts = chars.map((char, i) => (i < limit ? fresh + char : char));
  return parts.join('') + (chars.length < limit ? fresh : '');
}

function split(text: string, separator: string, count: Int = -1): Result {
  const limit = count < 0 ? Infinity : Number(count);
  if (limit === 0) return new ArrayList([]);
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (parts.length <= limit) return new ArrayList(parts);
  return new ArrayList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)]);
}

function join(list: CelList, separator = ''): Result {
  const parts: string[] = [];
  for (const item of list.toArray()) {
    if (typeof item !== 'string') return new EvalError('no such overload');
    parts.push(item);
  }
  const length = parts.reduce((sum, part) => sum + part.length + separator.length, 0);
  return length > textLengthMax ? tooLong : parts.join(separator);
}

function asciiCase(pattern: RegExp, shift: number): (text: string) => Result {
  return (text) => text.replace(pattern, (char) => String.fromCharCode(char.charCodeAt(0) + shift));
}

/** White space as Unicode has it, which JavaScript's trim does not quite know. */
const spaces = /^[\p{White_Space}]+|[\p{White_Space}]+$/gu;

export const stringsLibrary: Library = {
  functions: [
    fn('charAt', overload('string_char_at_int', 'string.(int): string', charAt)),
    fn(
      'indexOf',
      overload('string_index_of_string', 'string.(string): int', indexOf),
      overload('string_index_of_string_int', 'string.(string, int): int', indexOf),
    ),
    fn(
      'lastIndexOf',
      overload('string_last_index_of_string', 'string.(string): int', lastIndexOf),
      overload('string_last_index_of_string_int', 'string.(string, int): int', lastIndexOf),
    ),
    fn('lowerAscii', overload('string_lower_ascii', 'string.(): string', asciiCase(/[A-Z]/g, 32))),
    fn('upperAscii', overload('string_upper_ascii', 'string.(): string', asciiCase(/[a-z]/g, -32))),
    fn(
      'replace',
      overload('string_replace_string_string', 'string.(string, string): string', replace),
      overload('string_replace_string_string_int', 'string.(string, string, int): string', replace),
    ),
    fn(
      'split',
      overload('string_split_string', 'string.(string): list(string)', split),
      overload('string_split_string_int', 'string.(string, int): list(string)', split),
    ),
    fn(
      'substring',
      overload('string_substring_int', 'string.(int): string', substring),
      overload('string_substring_int_int', 'string.(int, int): string', substring),
    ),
    fn(
      'trim',
      overload('string_trim', 'string.(): string', (text: string) => text.replace(spaces, '')),
    ),
    fn(
      'join',
      overload('list_join', 'list(string).(): string', join),
      overload('list_join_string', 'list(string).(string): string', join),
    ),
    fn('format', overload('string_format', 'string.(list(dyn)): string', formatString)),
    fn('strings.quote', overload('strings_quote', '(string): string', quote)),
  ],
};

function quote(text: string): Result {
  return `"${text.toWellFormed().replace(/["\\\p{Cc}]/gu, (char) => quotedEscapes[char] ?? char)}"`;
}
