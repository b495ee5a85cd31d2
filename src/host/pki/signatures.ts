/** Signatures of tokens whose issuers publish their keys as JSON Web Keys. */
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { SignatureCheck } from '../../apiserver/ports.ts';

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/** Keys are parsed once for as long as their issuer's answer is kept. */
export function signatureCheck(): SignatureCheck {
  const parsed = new WeakMap<object, KeyObject | 'unusable'>();
  return (jwk, { algorithm, signed, signature }) => {
    let key = parsed.get(jwk);
    if (key === undefined) parsed.set(jwk, (key = publicKey(jwk) ?? 'unusable'));
    if (key === 'unusable' || (typeof jwk['alg'] === 'string' && jwk['alg'] !== algorithm)) return false;
    const hash = `sha${algorithm.slice(2)}`;
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    switch (algorithm.slice(0, 2)) {
      case 'RS':
        return type === 'rsa' && verify(hash, signed, key, signature);
      case 'PS': {
        const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
        return type === 'rsa' && verify(hash, signed, { key, ...padding }, signature);
      }
      case 'ES':
        return (
          details?.namedCurve === curves[algorithm] &&
          verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature)
        );
      default:
        return false;
    }
  };
}

function publicKey(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  try {
    // Keys for encryption are published in the same list.
    return jwk['use'] === 'enc' ? undefined : createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
