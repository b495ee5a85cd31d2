/** Requests that the API server itself makes of others: identity providers and webhooks. Implemented in `host/`. */

export interface WebRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Where to connect, when that is not where the URL says: the certificate is still that of the URL's host. */
  readonly connectTo?: { readonly host: string; readonly port: number };
  /** For the whole answer. */
  readonly timeoutMs: number;
}

export interface WebAnswer {
  readonly status: number;
  /** `Not Found`, as the server says it. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Trusts what it was made to trust, and shows the certificate that it was given. */
export interface WebClient {
  /** Rejects with HostError `Unreachable`, `ConnectionReset`, `Timeout` or `TooLarge`, in the words that Go has for it. */
  send(request: WebRequest): Promise<WebAnswer>;
}

/** Clients by whom they trust. */
export interface WebClients {
  /** `certificateAuthority` is PEM; the well-known CAs unless given. */
  trusting(certificateAuthority: string | undefined): WebClient;
}
