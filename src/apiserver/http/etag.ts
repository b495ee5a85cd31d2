/** Documents that clients keep, and ask for again with what they were told to know them by. */
import type { HttpRequest, HttpResponse } from './message.ts';

export interface KeptDocument {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

export function keptDocument(bytes: Uint8Array): KeptDocument {
  return { bytes, etag: hash(bytes) };
}

/** The document, or that it is still the one that the client has. */
export function documentAnswer(
  { headers: sent }: Pick<HttpRequest, 'headers'>,
  { bytes, etag }: KeptDocument,
  mediaType: string,
): HttpResponse {
  const headers = { etag: `"${etag}"`, 'cache-control': 'public', vary: 'Accept' };
  if (sent['if-none-match'] === `"${etag}"`) return { status: 304, headers, body: new Uint8Array() };
  return { status: 200, headers: { ...headers, 'content-type': mediaType }, body: bytes };
}

/** 64 bits that change with the document (FNV-1a over 32-bit halves): an ETag, nothing that must resist anybody. */
export function hash(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0xcbf29ce4;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x01000193) + a;
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0').toUpperCase()).join('');
}
