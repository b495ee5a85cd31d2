/**
 * Makes certificates. This is the only file that loads the X.509 library, and only when something has to be issued: a
 * start that finds valid certificates never pays for it.
 */
import 'reflect-metadata';
import { webcrypto, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { HostError } from '../../base/mod.ts';
import type { CertificateTerms, CertificateWish } from '../../controllers/ports.ts';

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

/** A request for a certificate that its own key signed. Throws HostError. */
async function readRequest(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw new HostError('Pki', 'unable to parse the certificate request', { cause });
  }
  if (!(await request.verify().catch(() => false)))
    throw new HostError('Pki', 'unable to verify certificate request signature');
  return request;
}

function namesIn(request: x509.Pkcs10CertificateRequest): readonly x509.JsonGeneralName[] {
  const extension = request.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension);
  return extension?.names.toJSON() ?? [];
}

/** What a request in PEM asks for. */
export async function wishOf(pem: string): Promise<CertificateWish> {
  const request = await readRequest(pem);
  const names = namesIn(request);
  const of = (...types: readonly string[]): string[] =>
    names.filter(({ type }) => types.includes(type)).map(({ value }) => value);
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: of('dns'),
    addresses: of('ip'),
    emails: of('email'),
    uris: of('url'),
  };
}

const keyUsages: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: x509.KeyUsageFlags.digitalSignature,
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'content commitment': x509.KeyUsageFlags.nonRepudiation,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
  'key agreement': x509.KeyUsageFlags.keyAgreement,
  'data encipherment': x509.KeyUsageFlags.dataEncipherment,
  'cert sign': x509.KeyUsageFlags.keyCertSign,
  'crl sign': x509.KeyUsageFlags.cRLSign,
  'encipher only': x509.KeyUsageFlags.encipherOnly,
  'decipher only': x509.KeyUsageFlags.decipherOnly,
};

const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

/** The certificate for a request: its subject, key and names; its usages and its time as the terms say. PEM. */
export async function issueRequested(
  requestPem: string,
  { usages, notBeforeMs, notAfterMs }: CertificateTerms,
  ca: { readonly certificate: string; readonly key: KeyObject },
): Promise<string> {
  const request = await readRequest(requestPem);
  const issuer = new x509.X509Certificate(ca.certificate);
  const flags = usages.reduce((all, usage) => all | (keyUsages[usage] ?? 0), 0);
  const extended = [...new Set(usages.flatMap((usage) => extendedUsages[usage] ?? []))];
  const names = namesIn(request);
  const certificate = await x509.X509CertificateGenerator.create({
    ...common({ notBeforeMs, notAfterMs: Math.min(notAfterMs, issuer.notAfter.getTime()) }),
    subject: request.subjectName.toJSON(),
    issuer: issuer.subjectName.toJSON(),
    publicKey: request.publicKey,
    signingKey: importKey(ca.key, 'sign'),
    extensions: [
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
    ],
  });
  return pem(certificate);
}
