/** The key of service account tokens, RSA or EC P-256, behind the API server's port. */
import { createHash, createPublicKey, sign, verify, type KeyObject, generateKeyPairSync } from 'node:crypto';
import { HostError } from '../../base/mod.ts';
import type { TokenAlgorithm, TokenKeys } from '../../apiserver/ports.ts';

/** `more` are public keys that are no longer signed with and still trusted. */
export function tokenKeys(key: KeyObject, more: readonly KeyObject[] = []): TokenKeys {
  const current = verifierOf(createPublicKey(key));
  const known = new Map([current, ...more.map(verifierOf)].map((verifier) => [verifier.keyId, verifier]));
  return {
    keyId: current.keyId,
    algorithm: current.algorithm,
    sign: (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
    verify(keyId, algorithm, data, signature) {
      const verifier = known.get(keyId);
      return (
        verifier !== undefined &&
        verifier.algorithm === algorithm &&
        verify('sha256', data, { key: verifier.key, dsaEncoding: 'ieee-p1363' }, signature)
      );
    },
    keys: [...known.values()].map(({ key: publicKey, keyId, algorithm }) => ({
      use: 'sig',
      ...(publicKey.export({ format: 'jwk' }) as Record<string, string>),
      kid: keyId,
      alg: algorithm,
    })),
  };
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

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): TokenAlgorithm {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new HostError('Pki', `a service account key must be RSA or EC P-256, not ${asymmetricKeyType ?? 'unknown'}`);
}

/** A key of its own that nobody keeps: its tokens are worth something only as long as the process lives. */
export function passingTokenKeys(): TokenKeys {
  return tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
}
