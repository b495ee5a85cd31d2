import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { signatureProblem } from './signed-data.ts';

const der = (hex: string): Buffer => Buffer.from(hex, 'hex');
const data = Buffer.from('what is asked');
const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

/** AlgorithmIdentifiers as requests have them. */
const algorithms = {
  md5Rsa: der('300d06092a864886f70d0101040500'),
  sha1Rsa: der('300d06092a864886f70d0101050500'),
  sha256Rsa: der('300d06092a864886f70d01010b0500'),
  sha384Ecdsa: der('300a06082a8648ce3d040303'),
  ed25519: der('300506032b6570'),
  pss: der(
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
  ),
  unknown: der('300506032a0304'),
};

test('signatures of each sort of key, good and bad', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ed = generateKeyPairSync('ed25519');
  const padded = { key: rsa.privateKey, padding: 6, saltLength: 32 };
  const cases: [algorithm: Buffer, key: KeyObject, signature: Buffer, failure: string][] = [
    [algorithms.sha256Rsa, rsa.publicKey, sign('sha256', data, rsa.privateKey), 'crypto/rsa: verification error'],
    [algorithms.sha1Rsa, rsa.publicKey, sign('sha1', data, rsa.privateKey), 'crypto/rsa: verification error'],
    [algorithms.pss, rsa.publicKey, sign('sha256', data, padded), 'crypto/rsa: verification error'],
    [algorithms.sha384Ecdsa, ec.publicKey, sign('sha384', data, ec.privateKey), 'x509: ECDSA verification failure'],
    [algorithms.ed25519, ed.publicKey, sign(null, data, ed.privateKey), 'x509: Ed25519 verification failure'],
  ];
  for (const [algorithm, key, signature, failure] of cases) {
    const signed = { data, algorithm, signature, publicKey: spki(key) };
    assert.equal(signatureProblem(signed), undefined, failure);
    assert.equal(signatureProblem({ ...signed, data: Buffer.from('something else') }), failure);
    assert.equal(signatureProblem({ ...signed, signature: Buffer.alloc(3) }), failure);
  }
});

test('algorithms that do not fit or are not taken', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signature = sign('md5', data, rsa.privateKey);
  const signed = { data, signature, publicKey: spki(rsa.publicKey) };
  const problem = (algorithm: Buffer): string | undefined => signatureProblem({ ...signed, algorithm });
  assert.equal(problem(algorithms.md5Rsa), 'x509: cannot verify signature: insecure algorithm MD5-RSA');
  assert.equal(problem(algorithms.unknown), 'x509: cannot verify signature: algorithm unimplemented');
  assert.equal(
    problem(algorithms.sha384Ecdsa),
    'x509: signature algorithm specifies an ECDSA public key, but have public key of type *rsa.PublicKey',
  );
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
  assert.equal(
    signatureProblem({ ...signed, algorithm: algorithms.sha384Ecdsa, publicKey: spki(curve) }),
    'x509: unsupported elliptic curve',
  );
});
