/** Who is at the other end of a connection, by the certificate that it showed. */
import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';
import type { Peer } from '../../apiserver/ports.ts';

/** Fingerprints of the certificates at the end of chains, by what a chain that ends there is good for. */
export interface Roots {
  readonly client: ReadonlySet<string>;
  readonly frontProxy: ReadonlySet<string>;
}

export function fingerprints(bundle: string): ReadonlySet<string> {
  const certificates = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return new Set(certificates.map((pem) => new X509Certificate(pem).fingerprint256));
}

/** Where upstream looks for a user's uid in the subject of a certificate. */
const uidAttribute = '1.3.6.1.4.1.57683.2';

export function peerOf(socket: TLSSocket, roots: Roots): Peer {
  const address = socket.remoteAddress ?? '';
  // Node's types leave out that there may be none.
  const shown = socket.getPeerCertificate(true) as Partial<DetailedPeerCertificate> | null;
  const subject = shown?.subject as (PeerCertificate['subject'] & Record<string, string | undefined>) | undefined;
  if (shown === null || subject === undefined) return { address };
  if (!socket.authorized) return { address, untrusted: true };
  const chain = chainOf(shown);
  const signedBy = (root: ReadonlySet<string>): boolean => chain.some((fingerprint) => root.has(fingerprint));
  const commonName = [subject.CN].flat().at(-1) ?? '';
  const frontProxy = signedBy(roots.frontProxy) ? { frontProxy: { commonName } } : {};
  if (!signedBy(roots.client)) return { address, ...frontProxy };
  const organizations = subject.O === undefined ? [] : [subject.O].flat();
  const uid = subject[uidAttribute];
  const fingerprint = (shown.fingerprint256 ?? '').replaceAll(':', '').toLowerCase();
  const certificate = { commonName, organizations, fingerprint, ...(uid === undefined ? {} : { uid }) };
  return { address, certificate, ...frontProxy };
}

/**
 * The fingerprints of a certificate and of those above it, up to the CA that ends the chain. Node links certificates by
 * their names alone; which of two CAs of the same name has signed, only the signature tells.
 */
function chainOf(certificate: Partial<DetailedPeerCertificate>): string[] {
  const chain: string[] = [];
  let at: Partial<DetailedPeerCertificate> | undefined = certificate;
  let below: X509Certificate | undefined;
  while (at?.raw !== undefined && at.fingerprint256 !== undefined && !chain.includes(at.fingerprint256)) {
    const parsed = new X509Certificate(at.raw);
    if (below?.verify(parsed.publicKey) === false) break;
    chain.push(at.fingerprint256);
    below = parsed;
    at = at.issuerCertificate;
  }
  return chain;
}
