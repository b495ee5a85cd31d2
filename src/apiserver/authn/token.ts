/** JSON Web Tokens in their compact form: taken apart and put together here, signed and checked by the port. */
import { isJsonObject, type JsonObject } from '../../base/mod.ts';

export type TokenAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256';

/** The keys of service account tokens; implemented in `host/`. */
export interface TokenKeys {
  /** Of the key that signs. */
  readonly keyId: string;
  readonly algorithm: TokenAlgorithm;
  sign(data: Uint8Array): Uint8Array;
  verify(keyId: string, algorithm: string, data: Uint8Array, signature: Uint8Array): boolean;
  /** All keys that are trusted, as JSON Web Keys. */
  readonly keys: readonly JsonObject[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function signToken(keys: TokenKeys, claims: JsonObject): string {
  const signed = `${encodePart({ alg: keys.algorithm, kid: keys.keyId })}.${encodePart(claims)}`;
  return `${signed}.${base64Url(keys.sign(encoder.encode(signed)))}`;
}

export interface ParsedToken {
  readonly algorithm: string;
  readonly keyId: string;
  readonly claims: JsonObject;
  /** What the signature is about. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Undefined: not a token of this form. Nothing in it is to be believed before its signature was checked. */
export function parseToken(token: string): ParsedToken | undefined {
  const [head = '', body = '', tail = '', ...more] = token.split('.');
  if (head === '' || body === '' || tail === '' || more.length > 0) return undefined;
  try {
    const header = decodePart(head);
    const claims = decodePart(body);
    if (!isJsonObject(header) || !isJsonObject(claims)) return undefined;
    const { alg, kid } = header;
    if (typeof alg !== 'string') return undefined;
    return {
      algorithm: alg,
      keyId: typeof kid === 'string' ? kid : '',
      claims,
      signed: encoder.encode(`${head}.${body}`),
      signature: Uint8Array.fromBase64(tail, { alphabet: 'base64url' }),
    };
  } catch {
    return undefined;
  }
}

function encodePart(part: JsonObject): string {
  return base64Url(encoder.encode(JSON.stringify(part)));
}

function decodePart(part: string): unknown {
  return JSON.parse(decoder.decode(Uint8Array.fromBase64(part, { alphabet: 'base64url' })));
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}
