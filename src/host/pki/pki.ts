/**
 * The cluster's keys and certificates, named and laid out as kubeadm does: made at the first start, read at every later
 * one, renewed before they expire or when the names that they must be valid for have changed.
 *
 * What always holds: a key is on disk before the certificate that speaks of it, so a crash in between leaves at worst a key
 * without certificate, and the next start makes both anew; a CA that has issued anything is never replaced by another one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { HostError, type Clock } from '../../base/mod.ts';
import type { TokenKeys } from '../../apiserver/ports.ts';
import type { CertificateAuthority } from '../../controllers/ports.ts';
import { certificateAuthority } from './authority.ts';
import { directoryFiles, memoryFiles, type PkiFiles } from './files.ts';
import type { Leaf, Validity } from './issue.ts';
import { tokenKeys } from './token-keys.ts';

const dayMs = 24 * 60 * 60 * 1000;
const caValidityMs = 3650 * dayMs;
const leafValidityMs = 365 * dayMs;
/** Clocks of machines differ: what is issued now is valid a little earlier. */
const backdatedMs = 5 * 60 * 1000;
const renewedFraction = 0.2;

export interface PkiOptions {
  /** A directory, or `memory`: nothing outlives the process. */
  readonly keep: { readonly directory: string } | 'memory';
  readonly clock: Clock;
  /** DNS names and addresses of the API server, see `apiServerNames`. */
  readonly names: readonly string[];
}

/** Certificate and private key, PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and addresses that a server is reached by. */
  readonly names?: readonly string[];
  readonly usage: 'client' | 'server' | 'both';
}

/** The API server's names: everything that pods, this machine and other nodes call it by. */
export function apiServerNames({
  clusterDomain,
  serviceIp,
  more,
}: {
  readonly clusterDomain: string;
  readonly serviceIp: string;
  readonly more: readonly string[];
}): string[] {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${clusterDomain}`,
  ];
  return [...new Set([...service, 'localhost', serviceIp, '127.0.0.1', '::1', ...more])];
}

export const requests = {
  admin: { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'], usage: 'client' },
  /** Stays in when RBAC has been locked up. */
  superAdmin: { commonName: 'kubernetes-super-admin', organizations: ['system:masters'], usage: 'client' },
  controllerManager: { commonName: 'system:kube-controller-manager', usage: 'client' },
  scheduler: { commonName: 'system:kube-scheduler', usage: 'client' },
  proxy: { commonName: 'system:kube-proxy', usage: 'client' },
  node: (name: string): CertificateRequest => ({
    commonName: `system:node:${name}`,
    organizations: ['system:nodes'],
    usage: 'client',
  }),
  kubeletServing: (name: string, addresses: readonly string[]): CertificateRequest => ({
    commonName: `system:node:${name}`,
    organizations: ['system:nodes'],
    names: [name, ...addresses],
    usage: 'server',
  }),
} as const satisfies Record<string, CertificateRequest | ((...args: never[]) => CertificateRequest)>;

export class Pki {
  readonly #keeper: Keeper;
  readonly #ca: Authority;
  readonly #frontProxyCa: Authority;
  readonly serving: Credential;
  /** With what the API server calls kubelets. */
  readonly kubeletClient: Credential;
  /** With what the API server calls aggregated API servers. */
  readonly frontProxyClient: Credential;
  /** Signs and checks service account tokens. */
  readonly tokens: TokenKeys;

  private constructor(parts: {
    keeper: Keeper;
    ca: Authority;
    frontProxyCa: Authority;
    serving: Credential;
    kubeletClient: Credential;
    frontProxyClient: Credential;
    tokens: TokenKeys;
  }) {
    this.#keeper = parts.keeper;
    this.#ca = parts.ca;
    this.#frontProxyCa = parts.frontProxyCa;
    this.serving = parts.serving;
    this.kubeletClient = parts.kubeletClient;
    this.frontProxyClient = parts.frontProxyClient;
    this.tokens = parts.tokens;
  }

  static async open({ keep, clock, names }: PkiOptions): Promise<Pki> {
    const keeper = { files: keep === 'memory' ? memoryFiles() : directoryFiles(keep.directory), clock };
    const ca = await openAuthority(keeper, 'ca', 'kubernetes');
    const frontProxyCa = await openAuthority(keeper, 'front-proxy-ca', 'front-proxy-ca');
    const credential = (file: string, request: CertificateRequest, by = ca): Promise<Credential> =>
      openCredential(keeper, by, file, request);
    return new Pki({
      keeper,
      ca,
      frontProxyCa,
      serving: await credential('apiserver', { commonName: 'kube-apiserver', names, usage: 'server' }),
      kubeletClient: await credential('apiserver-kubelet-client', {
        commonName: 'kube-apiserver-kubelet-client',
        organizations: ['kubeadm:cluster-admins'],
        usage: 'client',
      }),
      frontProxyClient: await credential(
        'front-proxy-client',
        { commonName: 'front-proxy-client', usage: 'client' },
        frontProxyCa,
      ),
      tokens: openTokenKeys(keeper.files),
    });
  }

  /** The CA that clients trust and that signs their certificates, PEM. */
  get ca(): string {
    return this.#ca.certificate;
  }

  /** Signs requests for certificates with the CA that clients trust. */
  get authority(): CertificateAuthority {
    return certificateAuthority(this.#ca);
  }

  get frontProxyCa(): string {
    return this.#frontProxyCa.certificate;
  }

  /** A credential that is kept under this name, made or renewed when that is due. */
  credential(name: string, request: CertificateRequest): Promise<Credential> {
    return openCredential(this.#keeper, this.#ca, name, request);
  }
}

interface Keeper {
  readonly files: PkiFiles;
  readonly clock: Clock;
}

interface Authority {
  readonly certificate: string;
  readonly parsed: X509Certificate;
  readonly key: KeyObject;
}

async function openAuthority({ files, clock }: Keeper, name: string, commonName: string): Promise<Authority> {
  const kept = files.read(`${name}.crt`);
  const keptKey = files.read(`${name}.key`);
  if (kept !== undefined && keptKey === undefined)
    throw new HostError(
      'Pki',
      `${name}.crt is there but its key ${name}.key is not: restore the key, or move the whole directory away to begin anew`,
    );
  const key = kept === undefined || keptKey === undefined ? newKey() : privateKey(name, keptKey);
  if (kept !== undefined) {
    const parsed = parse(kept);
    if (parsed === undefined || !parsed.checkPrivateKey(key))
      throw new HostError(
        'Pki',
        `${name}.crt and ${name}.key do not belong together: restore both, or move the whole directory away to begin anew`,
      );
    if (lasts(parsed, clock)) return { certificate: kept, parsed, key };
  } else {
    files.write(`${name}.key`, exported(key));
  }
  // Renewed with the same key and name, so what it signed before stays valid.
  const { issueCa } = await import('./issue.ts');
  const certificate = await issueCa(
    commonName,
    { private: key, public: createPublicKey(key) },
    validity(clock, caValidityMs),
  );
  files.write(`${name}.crt`, certificate);
  return { certificate, parsed: new X509Certificate(certificate), key };
}

async function openCredential(
  { files, clock }: Keeper,
  ca: Authority,
  name: string,
  request: CertificateRequest,
): Promise<Credential> {
  const certificate = files.read(`${name}.crt`);
  const key = files.read(`${name}.key`);
  if (certificate !== undefined && key !== undefined && fits({ certificate, key }, ca, request, clock))
    return { certificate, key };
  const made = newKey();
  const leaf: Leaf = {
    commonName: request.commonName,
    organizations: request.organizations ?? [],
    names: request.names ?? [],
    server: request.usage !== 'client',
    client: request.usage !== 'server',
    ...validity(clock, leafValidityMs, Date.parse(ca.parsed.validTo)),
  };
  const { issueLeaf } = await import('./issue.ts');
  const credential = { certificate: await issueLeaf(leaf, createPublicKey(made), ca), key: exported(made) };
  files.write(`${name}.key`, credential.key);
  files.write(`${name}.crt`, credential.certificate);
  return credential;
}

/** Whether a kept certificate can go on being used for this request. */
function fits({ certificate, key }: Credential, ca: Authority, request: CertificateRequest, clock: Clock): boolean {
  const parsed = parse(certificate);
  if (parsed === undefined || !lasts(parsed, clock)) return false;
  if (!parsed.checkIssued(ca.parsed) || !parsed.verify(ca.parsed.publicKey)) return false;
  const subject = [...(request.organizations ?? []).map((name) => `O=${name}`), `CN=${request.commonName}`].join('\n');
  if (parsed.subject !== subject) return false;
  const has = namesOf(parsed);
  const names = new Set((request.names ?? []).map(canonicalName));
  if (has.size !== names.size || [...names].some((name) => !has.has(name))) return false;
  try {
    return parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function namesOf({ subjectAltName }: X509Certificate): Set<string> {
  if (subjectAltName === undefined) return new Set();
  return new Set(subjectAltName.split(', ').map((name) => canonicalName(name.replace(/^(DNS|IP Address):/, ''))));
}

/** An IPv6 address has many forms; Node writes one of them without abbreviation. */
function canonicalName(name: string): string {
  return name.includes(':') ? new URL(`http://[${name}]`).hostname : name;
}

function parse(certificate: string): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

/** False once less than a fifth of the validity is left. */
function lasts({ validFrom, validTo }: X509Certificate, clock: Clock): boolean {
  const from = Date.parse(validFrom);
  const to = Date.parse(validTo);
  return clock.now() >= from && clock.now() < to - (to - from) * renewedFraction;
}

function validity(clock: Clock, forMs: number, endMs = Infinity): Validity {
  const now = clock.now();
  return { notBeforeMs: now - backdatedMs, notAfterMs: Math.min(now + forMs, endMs) };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function exported(key: KeyObject): string {
  return key.export({ type: 'sec1', format: 'pem' }).toString();
}

function privateKey(name: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new HostError(
      'Pki',
      `${name}.key is no private key: restore it, or move the whole directory away to begin anew`,
      { cause },
    );
  }
}

function openTokenKeys(files: PkiFiles): TokenKeys {
  const kept = files.read('sa.key');
  const key = kept === undefined ? newKey() : privateKey('sa', kept);
  if (kept === undefined) files.write('sa.key', exported(key));
  // The public half follows from the private one: written anew whenever it is missing or says something else.
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  if (files.read('sa.pub') !== publicPem) files.write('sa.pub', publicPem);
  return tokenKeys(key);
}
