/** The Warning header: upstream's form and its limits, so that no answer is refused for its headers. */

/** Beyond this many characters in all, single texts are cut; beyond it again, the rest is left out. */
const totalMax = 4 * 1024;
const textMax = 256;
const encoder = new TextEncoder();

/** The headers with the warnings, and before those that somebody else gave whose answer this is. */
export function withWarnings(
  headers: Readonly<Record<string, string>>,
  warnings: readonly string[],
): Readonly<Record<string, string>> {
  if (warnings.length === 0) return headers;
  const others = headers['warning'] === undefined ? '' : `, ${headers['warning']}`;
  return { ...headers, warning: warningHeader(warnings) + others };
}

function warningHeader(warnings: readonly string[]): string {
  const texts = [...new Set(warnings)].filter((text) => text !== '');
  const total = texts.reduce((sum, text) => sum + Array.from(text).length, 0);
  return (total <= totalMax ? texts : cut(texts)).map((text) => `299 - "${quoted(text)}"`).join(', ');
}

function cut(texts: readonly string[]): string[] {
  const out: string[] = [];
  let total = 0;
  for (const text of texts) {
    if (total >= totalMax) break;
    const short = Array.from(text).slice(0, textMax);
    total += short.length;
    out.push(short.join(''));
  }
  return out;
}

/** The UTF-8 of the text, a character a byte: what a header can carry. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, ' ');
  let bytes = '';
  for (const byte of encoder.encode(escaped)) bytes += String.fromCharCode(byte);
  return bytes;
}
