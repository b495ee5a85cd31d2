/** An identity provider in a test: keys, the tokens that they sign, and where both can be asked for. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { TlsServer } from '../tls-server.ts';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly private: KeyObject;
  readonly jwk: object;
}

export function signingKey(kid: string, alg: 'RS256' | 'ES256' | 'PS384'): SigningKey {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, alg, private: pair.privateKey, jwk: { ...pair.publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

export function signed(key: SigningKey, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: key.alg, kid: key.kid })}.${part(claims)}`;
  const how = key.alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : { dsaEncoding: 'ieee-p1363' as const };
  const hash = `sha${key.alg.slice(2)}`;
  return `${text}.${sign(hash, Buffer.from(text), { key: key.private, ...how }).toString('base64url')}`;
}

/** Answers as an identity provider with these keys. */
export function provide(server: TlsServer, keys: readonly SigningKey[]): void {
  server.answer = ({ path }) => {
    if (path === '/.well-known/openid-configuration')
      return { text: JSON.stringify({ issuer: server.url, jwks_uri: `${server.url}/keys` }) };
    return { text: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }) };
  };
}
