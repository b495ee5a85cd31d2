/** `[]byte` fields as they are in JSON: standard base64 with padding, read as Go reads it. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Int8Array(128).fill(-1);
for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;

export type Base64Result = { readonly text: string } | { readonly error: string };

/** The canonical text of the same bytes: no line breaks, unused bits zero. Cost is one look at every character. */
export function normalizeBase64(text: string): Base64Result {
  const corrupt = (at: number): Base64Result => ({ error: `illegal base64 data at input byte ${at}` });
  if (text.includes('\n') || text.includes('\r')) {
    const inner = normalizeBase64(text.replace(/[\r\n]/g, ''));
    return 'error' in inner ? corrupt(firstInvalid(text)) : inner;
  }
  const length = text.length;
  let end = length;
  if (text.endsWith('==')) end -= 2;
  else if (text.endsWith('=')) end -= 1;
  for (let i = 0; i < end; i++) if (valueAt(text, i) < 0) return corrupt(i);
  if (length % 4 !== 0) return corrupt(end < length ? length : length - (length % 4));
  if (length === 0 || end === length) return { text };
  const unused = length - end === 2 ? 0x0f : 0x03;
  const last = valueAt(text, end - 1);
  if ((last & unused) === 0) return { text };
  return { text: text.slice(0, end - 1) + alphabet.charAt(last & ~unused) + text.slice(end) };
}

function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? (values[code] ?? -1) : -1;
}

function firstInvalid(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\n' && text[i] !== '\r' && valueAt(text, i) < 0) return i;
  }
  return text.length;
}
