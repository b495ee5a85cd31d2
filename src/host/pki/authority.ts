/** A CA as the signing controllers need it. The X.509 library is loaded when there is something to sign. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { HostError } from '../../base/mod.ts';
import type { CertificateAuthority } from '../../controllers/ports.ts';

export function certificateAuthority(ca: {
  readonly certificate: string;
  readonly key: KeyObject;
}): CertificateAuthority {
  return {
    read: async (request) => (await import('./issue.ts')).wishOf(request),
    sign: async (request, terms) => (await import('./issue.ts')).issueRequested(request, terms, ca),
    expiresMs(certificate) {
      try {
        return Date.parse(new X509Certificate(certificate).validTo);
      } catch (cause) {
        throw new HostError('Pki', 'unable to parse certificate data', { cause });
      }
    },
  };
}

/** From the contents of `--cluster-signing-cert-file` and `--cluster-signing-key-file`, PEM. */
export function authorityOf(certificate: string, key: string): CertificateAuthority {
  try {
    return certificateAuthority({ certificate, key: createPrivateKey(key) });
  } catch (cause) {
    throw new HostError('Pki', 'the key that certificates are to be signed with is none', { cause });
  }
}
