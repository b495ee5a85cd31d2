/** The keys of service account tokens, RSA or EC, behind the API server's port. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { HostError } from '../../base/mod.ts';
import type { TokenAlgorithm, TokenKeys } from '../../apiserver/ports.ts';

/** `more` are public keys that are not signed with and trusted all the same. */
export function tokenKeys(key: KeyObject, more: readonly KeyObject[] = []): TokenKeys {
  const current = verifierOf(createPublicKey(key));
  const known = new Map([current, ...more.map(verifierOf)].map((verifier) => [verifier.keyId, verifier]));
  const { keyId, algorithm } = current;
  return {
    keyId,
    algorithm,
    sign: (data) => sign(hashes[algorithm], data, { key, dsaEncoding: 'ieee-p1363' }),
    verify(id, how, data, signature) {
      const verifier = known.get(id);
      return verifier !== undefined && verifier.algorithm === how && isSigned(verifier, data, signature);
    },
    keys: [...known.values()].map(jwkOf),
  };
}

/** Keys that trust those of `more` too: tokens that another server has signed. */
export function trustingToo(keys: TokenKeys, more: readonly KeyObject[]): TokenKeys {
  const known = new Map(more.map(verifierOf).map((verifier) => [verifier.keyId, verifier]));
  known.delete(keys.keyId);
  return {
    ...keys,
    verify(id, how, data, signature) {
      const verifier = known.get(id);
      if (verifier === undefined) return keys.verify(id, how, data, signature);
      return verifier.algorithm === how && isSigned(verifier, data, signature);
    },
    keys: [...keys.keys, ...[...known.values()].map(jwkOf)],
  };
}

/** All keys in a text of PEM blocks; of a private one, or of a certificate, its public half. Throws HostError. */
export function publicKeysIn(pem: string, path: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN ([^-\n]+)-----[^]*?-----END \1-----/g) ?? [];
  const keys = blocks.flatMap((block) => {
    try {
      return [createPublicKey(block)];
    } catch {
      // Parameters of a curve stand before some keys.
      return [];
    }
  });
  if (keys.length > 0) return keys;
  throw new HostError(
    'Pki',
    `error reading public keys for "${path}": data does not contain any valid RSA or ECDSA public keys`,
  );
}

/** Throws HostError. */
export function privateKeyIn(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new HostError('Pki', `failed to parse service-account-issuer-key-file "${path}"`, { cause });
  }
}

interface Verifier {
  readonly key: KeyObject;
  readonly keyId: string;
  readonly algorithm: TokenAlgorithm;
}

function verifierOf(key: KeyObject): Verifier {
  // As upstream: the key is named after the hash of its encoding.
  const keyId = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { key, keyId, algorithm: algorithmOf(key) };
}

function isSigned({ key, algorithm }: Verifier, data: Uint8Array, signature: Uint8Array): boolean {
  return verify(hashes[algorithm], data, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function jwkOf({ key, keyId, algorithm }: Verifier): TokenKeys['keys'][number] {
  return { use: 'sig', ...(key.export({ format: 'jwk' }) as Record<string, string>), kid: keyId, alg: algorithm };
}

const hashes = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' } as const;
const curves: Readonly<Record<string, TokenAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): TokenAlgorithm {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = asymmetricKeyType === 'ec' ? curves[asymmetricKeyDetails?.namedCurve ?? ''] : undefined;
  if (algorithm !== undefined) return algorithm;
  throw new HostError(
    'Pki',
    `a service account key must be RSA or EC P-256, P-384 or P-521, not ${asymmetricKeyType ?? 'unknown'}`,
  );
}

/** A key of its own that nobody keeps: its tokens are worth something only as long as the process lives. */
export function passingTokenKeys(): TokenKeys {
  return tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}
