/** What controllers need of the world besides the API server, implemented in `host/` and joined in `main/`. */

/** A certificate authority that answers CertificateSigningRequests. */
export interface CertificateAuthority {
  /** What a request in PEM asks for. Rejects with HostError for one that cannot be read or that its key did not sign. */
  read(request: string): Promise<CertificateWish>;
  /** The certificate in PEM, with the subject, the key and the names of the request. */
  sign(request: string, terms: CertificateTerms): Promise<string>;
  /** When a certificate in PEM ends. Throws HostError. */
  expiresMs(certificate: string): number;
}

export interface CertificateWish {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
}

export interface CertificateTerms {
  /** As the API names them: `client auth`. */
  readonly usages: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The account and the secret that a token is for. */
export interface KeptTokenClaims {
  readonly namespace: string;
  readonly account: { readonly name: string; readonly uid: string };
  readonly secret: string;
}

/** Signs the token of an account that is kept in a secret. */
export type KeptTokenSigner = (claims: KeptTokenClaims) => string;
