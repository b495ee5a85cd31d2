/** HTTP requests and responses as plain records: what `host/` hands in and sends out. */

export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Names and values in turn, as they came: for headers whose values may hold commas themselves. */
  readonly rawHeaders?: readonly string[];
  readonly peer: Peer;
  /** Reads the whole body. Rejects with ApiError RequestEntityTooLarge beyond `sizeBytesMax`. */
  body(sizeBytesMax: number): Promise<Uint8Array>;
  /** The body as it comes, instead of `body`; undefined when there is none. */
  stream?(): AsyncIterable<Uint8Array> | undefined;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** The other end of the connection. One object for all requests of a connection. */
export interface Peer {
  readonly address: string;
  /** It showed a certificate that none of our CAs signed, or that is not valid now. */
  readonly untrusted?: true;
  /** The subject of a certificate that the CA of front proxies signed. */
  readonly frontProxy?: { readonly commonName: string };
  /** The subject of a client certificate that one of our CAs signed. */
  readonly certificate?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    readonly uid?: string;
    /** SHA-256 of the certificate, in hexadecimal. */
    readonly fingerprint: string;
  };
}

/** Every value of a header, each as it was sent. */
export function headerValues(
  { headers, rawHeaders }: Pick<HttpRequest, 'headers' | 'rawHeaders'>,
  name: string,
): string[] {
  if (rawHeaders === undefined) {
    const joined = headers[name];
    return joined === undefined ? [] : joined.split(',').map((value) => value.trim());
  }
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  return values;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that are there more than once. */
  readonly repeated?: Readonly<Record<string, readonly string[]>>;
  readonly body: Body;
}

/** One piece, pieces to be sent one after the other, or a stream that goes on. */
export type Body = Uint8Array | readonly Uint8Array[] | StreamBody;

export interface StreamBody {
  /** Starts the stream; called once, after the headers went out. */
  start(sink: StreamSink): void;
  /** The client is gone or the server stops. */
  stop(): void;
}

export interface StreamSink {
  /** False: no room for more until `onDrain`. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  /** Ends the stream after what was written; a client that takes none of it within a while is cut off. */
  end(): void;
  /** Ends the connection at once. */
  cut(): void;
}

export function isStream(body: Body): body is StreamBody {
  return !(body instanceof Uint8Array) && !Array.isArray(body);
}

/** In bytes, of a body that is there as a whole. */
export function sizeOf(body: Body): number | undefined {
  if (body instanceof Uint8Array) return body.length;
  return isStream(body) ? undefined : body.reduce((sum, piece) => sum + piece.length, 0);
}
