/**
 * Makes certificates. This is the only file that loads the X.509 library, and only when something has to be issued: a
 * start that finds valid certificates never pays for it.
 */
import 'reflect-metadata';
import { webcrypto, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' };

x509.cryptoProvider.set(webcrypto);

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Leaf extends Validity {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly names: readonly string[];
  readonly server: boolean;
  readonly client: boolean;
}

/** A self-signed CA certificate, PEM. */
export async function issueCa(
  commonName: string,
  key: { readonly private: KeyObject; readonly public: KeyObject },
  validity: Validity,
): Promise<string> {
  const publicKey = importKey(key.public, 'verify');
  const subject = subjectOf(commonName, []);
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(validity),
    subject,
    issuer: subject,
    publicKey,
    signingKey: importKey(key.private, 'sign'),
    extensions: [
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: commonName }]),
    ],
  });
  return pem(certificate);
}

/** A certificate that the CA signed, PEM. */
export async function issueLeaf(
  leaf: Leaf,
  publicKey: KeyObject,
  ca: { readonly certificate: string; readonly key: KeyObject },
): Promise<string> {
  const issuer = new x509.X509Certificate(ca.certificate);
  const usages = [
    ...(leaf.server ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ...(leaf.client ? [x509.ExtendedKeyUsage.clientAuth] : []),
  ];
  const names = leaf.names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(leaf),
    subject: subjectOf(leaf.commonName, leaf.organizations),
    issuer: issuer.subjectName.toJSON(),
    publicKey: importKey(publicKey, 'verify'),
    signingKey: importKey(ca.key, 'sign'),
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return pem(certificate);
}

function common({ notBeforeMs, notAfterMs }: Validity): {
  notBefore: Date;
  notAfter: Date;
  signingAlgorithm: typeof signingAlgorithm;
} {
  return { notBefore: new Date(notBeforeMs), notAfter: new Date(notAfterMs), signingAlgorithm };
}

function subjectOf(commonName: string, organizations: readonly string[]): x509.JsonName {
  return [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }];
}

function importKey(key: KeyObject, usage: 'sign' | 'verify'): CryptoKey {
  return key.toCryptoKey(keyAlgorithm, true, [usage]);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}
