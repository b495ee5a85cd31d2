/** Requests that the API server itself makes of others: identity providers and webhooks. Implemented in `host/`. */

export interface WebRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

export interface WebAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Trusts what it was made to trust, and shows the certificate that it was given. */
export interface WebClient {
  /** Rejects with HostError `Unreachable`, `ConnectionReset`, `Timeout` or `TooLarge`, in the words that Go has for it. */
  send(request: WebRequest): Promise<WebAnswer>;
}
