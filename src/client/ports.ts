/** What the HTTP client needs of the world, implemented in `host/`. */

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface HttpStreamSink {
  onHeaders(status: number): void;
  onChunk(chunk: Uint8Array): void;
  /** The answer is over; `error` when it was cut. Called once. */
  onEnd(error: unknown): void;
}

/** Requests to one server. Reuses connections; every failure is a HostError. */
export interface HttpTransport {
  request(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): Promise<HttpAnswer>;
  /** A GET whose answer goes on. */
  stream(path: string, headers: Readonly<Record<string, string>>, sink: HttpStreamSink): Disposable;
}
