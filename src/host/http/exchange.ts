/** A request and its answer on Node: the body as a whole or as it comes, whether the client is still there, what it left unread. */
import type { Http2ServerRequest } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { HostError } from '../../base/mod.ts';
import type { HttpRequest, HttpResponse, Peer } from '../../apiserver/ports.ts';
import { send, type NodeResponse } from './sending.ts';

export type NodeRequest = IncomingMessage | Http2ServerRequest;

/** A request on its way to its answer, as the API server sees it. */
export class Exchange implements HttpRequest {
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly peer: Peer;
  readonly #timeoutMs: number;
  /** The client's body goes on while it is answered. */
  #sends = false;
  #controller: AbortController | undefined;

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    { peer, timeoutMs }: { readonly peer: Peer; readonly timeoutMs: number },
  ) {
    this.#request = request;
    this.#response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.headers = request.headers as Record<string, string | undefined>;
    this.peer = peer;
    this.#timeoutMs = timeoutMs;
    // Who cannot be answered any more is gone, and that is all there is to say of it.
    response.on('error', ignore);
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  /** The client has left before it had its answer. */
  get gone(): boolean {
    return 'stream' in this.#request ? this.#request.stream.destroyed : this.#response.destroyed;
  }

  /** Few ask for it: it is made, and listens, only then. */
  get signal(): AbortSignal {
    this.#controller ??= this.#listening();
    return this.#controller.signal;
  }

  #listening(): AbortController {
    const controller = new AbortController();
    const response = this.#response;
    response.once('close', () => {
      // Over HTTP/2 what was cut off counts as finished, too.
      if (!response.writableEnded || !response.writableFinished) controller.abort();
    });
    if (this.gone) controller.abort();
    return controller;
  }

  body(sizeBytesMax: number): Promise<Uint8Array> {
    return this.gone ? Promise.reject(clientGone()) : readBody(this.#request, sizeBytesMax, this.#timeoutMs);
  }

  stream(): AsyncIterable<Uint8Array> | undefined {
    return hasBody(this.#request) ? this.#pieces() : undefined;
  }

  /** The body as it comes. Whoever does not want the rest of it leaves the connection to its answer. */
  async *#pieces(): AsyncGenerator<Uint8Array> {
    this.#sends = true;
    try {
      yield* this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    } finally {
      discardRest(this.#request, this.#response);
    }
  }

  /** Sends the answer, if anybody is there to take it. Throws for one that cannot be sent. */
  answer(answer: HttpResponse): void {
    if (this.gone) {
      if (!(answer.body instanceof Uint8Array) && 'stop' in answer.body) answer.body.stop();
      return;
    }
    const [request, response] = [this.#request, this.#response];
    try {
      send(response, answer, { headOnly: request.method === 'HEAD', gzip: takesGzip(request) });
    } catch (error) {
      // An answer that cannot be sent is a bug; the client learns at least that there is none.
      response.destroy();
      throw error;
    }
    if (!this.#sends) discardRest(request, response);
  }
}

const ignore = (): void => undefined;

function takesGzip({ method, headers }: NodeRequest): boolean {
  return method === 'GET' && /(?:^|,)\s*gzip\s*(?:,|$)/.test(String(headers['accept-encoding'] ?? ''));
}

/** Rejects with HostError: `RequestEntityTooLarge`, `RequestTimeout`, or `ClientGone` when the connection broke. */
function readBody(request: NodeRequest, sizeBytesMax: number, timeoutMs: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > sizeBytesMax) return Promise.reject(tooLarge(sizeBytesMax));
  const arrived = wholeBody(request);
  if (arrived !== undefined)
    return arrived.length > sizeBytesMax ? Promise.reject(tooLarge(sizeBytesMax)) : Promise.resolve(arrived);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => end(() => reject(new HostError('RequestTimeout', 'the body did not arrive in time'))),
      timeoutMs,
    );
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > sizeBytesMax) return end(() => reject(tooLarge(sizeBytesMax)));
      chunks.push(chunk);
    };
    const onEnd = (): void => end(() => resolve(joined(chunks)));
    const gone = (cause?: unknown): void => end(() => reject(clientGone(cause)));
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', onEnd).off('close', gone);
      settle();
    };
    request.on('data', onData).on('end', onEnd).on('close', gone).on('error', gone);
  });
}

/** The body if all of it came with the headers, as most do: nothing has to be waited for, or timed. */
function wholeBody(request: NodeRequest): Buffer | undefined {
  if ('stream' in request || !request.complete) return undefined;
  const chunks: Buffer[] = [];
  for (let chunk = take(request); chunk !== null; chunk = take(request)) chunks.push(chunk);
  return joined(chunks);
}

function take(request: IncomingMessage): Buffer | null {
  return request.read() as Buffer | null;
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}

function clientGone(cause?: unknown): HostError {
  return new HostError('ClientGone', 'the connection ended before the body did', { cause });
}

function tooLarge(sizeBytesMax: number): HostError {
  return new HostError('RequestEntityTooLarge', `limit is ${sizeBytesMax}`);
}

function hasBody(request: NodeRequest): boolean {
  if ('stream' in request) return !request.stream.endAfterHeaders;
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  return length !== '0' || coding !== undefined;
}

const discardBytesMax = 64 * 1024 * 1024;
const discardMs = 5_000;

/**
 * What the client still sends of a body that nobody wants is thrown away: it gets its answer, and the connection goes on. A
 * client that sends without end is cut off.
 */
function discardRest(request: NodeRequest, response: NodeResponse): void {
  const withoutBody = 'stream' in request && request.stream.endAfterHeaders;
  if (request.complete || withoutBody) return;
  let bytesLeft = discardBytesMax;
  request.on('data', (chunk: Buffer) => {
    bytesLeft -= chunk.length;
    if (bytesLeft < 0) request.destroy();
  });
  // A broken connection is what `close` of the response tells of.
  request.on('error', () => undefined);
  request.resume();
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => request.destroy(), discardMs).unref();
    request.once('close', () => clearTimeout(timer)).once('end', () => clearTimeout(timer));
  });
}
