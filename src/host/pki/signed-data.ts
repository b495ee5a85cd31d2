/** Signatures in requests for certificates, checked as Go's `crypto/x509` does, and told of in its words. */
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { SignedData } from '../../apiserver/ports.ts';

interface Algorithm {
  /** As Go calls it. */
  readonly name: string;
  readonly key: 'RSA' | 'ECDSA' | 'Ed25519';
  readonly hash?: string;
  readonly pss?: true;
}

const pss = '1.2.840.113549.1.1.10';
const algorithms: Readonly<Record<string, Algorithm>> = {
  '1.2.840.113549.1.1.4': { name: 'MD5-RSA', key: 'RSA', hash: 'md5' },
  '1.2.840.113549.1.1.5': { name: 'SHA1-RSA', key: 'RSA', hash: 'sha1' },
  '1.2.840.113549.1.1.11': { name: 'SHA256-RSA', key: 'RSA', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { name: 'SHA384-RSA', key: 'RSA', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { name: 'SHA512-RSA', key: 'RSA', hash: 'sha512' },
  '1.2.840.10045.4.1': { name: 'ECDSA-SHA1', key: 'ECDSA', hash: 'sha1' },
  '1.2.840.10045.4.3.2': { name: 'ECDSA-SHA256', key: 'ECDSA', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { name: 'ECDSA-SHA384', key: 'ECDSA', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { name: 'ECDSA-SHA512', key: 'ECDSA', hash: 'sha512' },
  '1.3.101.112': { name: 'Ed25519', key: 'Ed25519' },
};

/** The hash that the parameters of RSASSA-PSS name, as DER has it. */
const pssHashes: readonly (readonly [oid: string, hash: string])[] = [
  ['0609608648016503040201', 'sha256'],
  ['0609608648016503040202', 'sha384'],
  ['0609608648016503040203', 'sha512'],
];

const unimplemented = 'x509: cannot verify signature: algorithm unimplemented';
const failed = {
  RSA: 'crypto/rsa: verification error',
  ECDSA: 'x509: ECDSA verification failure',
  Ed25519: 'x509: Ed25519 verification failure',
};
const goTypes: Readonly<Record<string, readonly [key: Algorithm['key'], type: string]>> = {
  rsa: ['RSA', '*rsa.PublicKey'],
  ec: ['ECDSA', '*ecdsa.PublicKey'],
  ed25519: ['Ed25519', 'ed25519.PublicKey'],
};
const curves = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'];

/** Undefined: the signature is good. */
export function signatureProblem(signed: SignedData): string | undefined {
  const { data, algorithm: der, signature, publicKey } = signed;
  const key = keyOf(publicKey);
  if (typeof key === 'string') return key;
  const algorithm = algorithmOf(der);
  const [sort, type] = goTypes[key.asymmetricKeyType ?? ''] ?? [];
  if (algorithm === undefined || sort === undefined) return unimplemented;
  if (algorithm.hash === 'md5') return `x509: cannot verify signature: insecure algorithm ${algorithm.name}`;
  if (algorithm.key !== sort)
    return `x509: signature algorithm specifies an ${algorithm.key} public key, but have public key of type ${type}`;
  const saltLength = signed.anySalt === true ? constants.RSA_PSS_SALTLEN_AUTO : constants.RSA_PSS_SALTLEN_DIGEST;
  const padding = algorithm.pss === true ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {};
  return verify(algorithm.hash, data, { key, ...padding }, signature) ? undefined : failed[algorithm.key];
}

function keyOf(der: Uint8Array): KeyObject | string {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    const curve = key.asymmetricKeyDetails?.namedCurve;
    return curve === undefined || curves.includes(curve) ? key : 'x509: unsupported elliptic curve';
  } catch {
    return 'x509: malformed public key';
  }
}

function algorithmOf(der: Uint8Array): Algorithm | undefined {
  const hex = Buffer.from(der).toString('hex');
  const oid = identifierIn(der);
  if (oid !== pss) return algorithms[oid];
  const hash = pssHashes.find(([name]) => hex.includes(name))?.[1];
  return hash === undefined ? undefined : { name: `${hash.toUpperCase()}-RSAPSS`, key: 'RSA', hash, pss: true };
}

/** The object identifier that a short AlgorithmIdentifier begins with: `1.2.840.10045.4.3.2`. */
function identifierIn(der: Uint8Array): string {
  const [, , tag, length = 0] = der;
  if (tag !== 6) return '';
  const [first = 0, ...rest] = der.subarray(4, 4 + length);
  const arcs = [Math.min(2, Math.floor(first / 40)), first - 40 * Math.min(2, Math.floor(first / 40))];
  let arc = 0;
  for (const byte of rest) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  return arcs.join('.');
}
