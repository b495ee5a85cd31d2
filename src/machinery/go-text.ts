/**
 * Text as Go's fmt, strconv and encoding/json write it. Upstream's error messages are made of it, and clients compare
 * those messages. Always holds: for the same value the same text as Go, so nothing here depends on the locale.
 */

/** What stands for a character behind a backslash, alike in all of Go's literals; each adds its own quotes. */
export const escapeLetters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** In double quotes. */
export const quotedEscapes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...escapeLetters, '"': '"' }).map(([letter, char]) => [char, `\\${letter}`]),
);

const plainAscii = /^[ !#-[\]-~]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** `%q`: the string in double quotes, with what cannot be printed escaped. */
export function goQuote(text: string): string {
  if (plainAscii.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) {
    const escaped = quotedEscapes[char];
    const code = char.codePointAt(0) ?? 0;
    if (escaped !== undefined) out += escaped;
    else if (printable.test(char)) out += char;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code <= 0xffff) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `${out}"`;
}

/**
 * `json.Marshal`, and with `indent` `json.MarshalIndent`: like JSON.stringify, but with HTML's special characters and the
 * two line separators escaped.
 */
export function goJson(value: unknown, indent = ''): string {
  const text = JSON.stringify(value, null, indent) as string | undefined;
  return (text ?? 'null').replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `%v` of a number: the shortest text that reads back as the same float64, an integer without exponent below 1e21. */
export function goNumber(value: number): string {
  if (Number.isInteger(value)) return Object.is(value, -0) ? '0' : expandExponent(String(value));
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4) return String(value);
  return expandExponent(value.toExponential());
}

/** Go writes at least two digits of exponent. */
function expandExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** The length in bytes of UTF-8, which is what Go's len() and upstream's limits count. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) length += 1;
    else {
      length += 2;
      // The pair of surrogates is four bytes together: 2 units + 2 for the first, nothing for the second.
      if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) i++;
    }
  }
  return length;
}

/** `%v` of decoded JSON: `map[a:1 b:[x <nil>]]`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goNumber(value);
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value);
  const object = value as Readonly<Record<string, unknown>>;
  const entries = Object.keys(object)
    .sort()
    .map((key) => `${key}:${goValue(object[key])}`);
  return `map[${entries.join(' ')}]`;
}
