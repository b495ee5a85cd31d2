/**
 * The HTTP server on Node: TLS with HTTP/2 and HTTP/1.1 on one port, requests and responses as the API server's records,
 * back-pressure passed through, every limit explicit.
 */
import { X509Certificate } from 'node:crypto';
import { createSecureServer, type Http2SecureServer, type Http2ServerRequest } from 'node:http2';
import type http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';
import { createGzip } from 'node:zlib';
import { HostError } from '../../base/mod.ts';
import type { HttpRequest, HttpResponse, Peer } from '../../apiserver/ports.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** CAs whose client certificates are accepted, PEM. */
  readonly clientCa: string;
  /** CAs of front proxies, PEM: who shows a certificate of theirs may say in headers who the user is. */
  readonly frontProxyCa?: string;
  readonly respond: (request: HttpRequest) => Promise<HttpResponse>;
  /** Takes over a connection that asks for another protocol; owns the socket from then on. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer) => void;
  readonly limits?: Partial<HttpLimits>;
}

export interface HttpLimits {
  readonly headerBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** How often connections are looked at for the time-outs above. */
  readonly checkIntervalMs: number;
  readonly streamsMax: number;
  readonly connectionsMax: number;
}

const defaultLimits: HttpLimits = {
  // As Go counts the request line and all headers. Over HTTP/2 a single header has at most 64 KiB, which is not ours to set.
  headerBytesMax: 1024 * 1024 + 4096,
  headersTimeoutMs: 32_000,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 90_000,
  checkIntervalMs: 10_000,
  streamsMax: 250,
  connectionsMax: 10_000,
};

/** As Go's server. */
const frameBytesMax = 1024 * 1024;
/** More than fit. */
const headersMax = 1024 * 1024;

type NodeRequest = IncomingMessage | Http2ServerRequest;
/** HTTP/2's compatibility API is that of HTTP/1.1 as far as it is used here. */
type NodeResponse = ServerResponse;

export class HttpServer implements AsyncDisposable {
  readonly #options: HttpServerOptions;
  readonly #limits: HttpLimits;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #peers = new WeakMap<object, Peer>();
  readonly #authorities: string[];
  readonly #roots: Roots;
  /** What has come in this turn of the event loop. */
  #arrived: Exchange[] = [];
  #port = 0;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const limits = { ...defaultLimits, ...options.limits };
    this.#limits = limits;
    const { clientCa, frontProxyCa = '' } = options;
    this.#authorities = [clientCa, ...(frontProxyCa === '' ? [] : [frontProxyCa])];
    this.#roots = { client: fingerprints(clientCa), frontProxy: fingerprints(frontProxyCa) };
    this.#server = createSecureServer(
      {
        allowHTTP1: true,
        cert: options.certificate,
        key: options.key,
        ca: this.#authorities,
        requestCert: true,
        // Authentication refuses a certificate of another CA, with a Status; the handshake could only hang up.
        rejectUnauthorized: false,
        minVersion: 'TLSv1.2',
        settings: {
          maxConcurrentStreams: limits.streamsMax,
          maxHeaderListSize: limits.headerBytesMax,
          // Few frames may continue a header block: they have to be large.
          maxFrameSize: frameBytesMax,
        },
        maxHeaderListPairs: headersMax,
        ...http1Options(limits),
      },
      (request, response) => this.#arrive(request, response as unknown as NodeResponse),
    );
    this.#server.maxConnections = limits.connectionsMax;
    Object.assign(this.#server, {
      // Node would leave out what is more than so many, and say nothing.
      maxHeadersCount: headersMax,
      // What has arrived is answered after the end that came with it.
      httpAllowHalfOpen: true,
    });
    this.#server.on('secureConnection', endAfterTurn);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (options.upgrade === undefined) socket.destroy();
      else options.upgrade(request, socket, head, this.#peer(request));
    });
    // What breaks before there is a request (a scan, a half handshake) concerns only that connection.
    this.#server.on('tlsClientError', () => undefined);
    this.#server.on('sessionError', () => undefined);
    this.#server.on('clientError', refuseBytes);
  }

  /** Rejects with HostError `AddressInUse` or `Listen`. */
  listen(): Promise<this> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new HostError(cause.code === 'EADDRINUSE' ? 'AddressInUse' : 'Listen', `cannot listen on ${host}:${port}`, {
            cause,
          }),
        ),
      );
      this.#server.listen(port, host, () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve(this);
      });
    });
  }

  get port(): number {
    return this.#port;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Replaces the serving certificate; connections that are open keep theirs. */
  renew(certificate: string, key: string): void {
    this.#server.setSecureContext({ cert: certificate, key, ca: this.#authorities });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /**
   * Requests are served once everything that has arrived is read, so that those of a turn go through each step together.
   * Under load most of a request's time goes to fetching code: reading sockets, decrypting, parsing and serving by turns
   * throw each other out of the processor's caches, which costs a write a third more.
   */
  #arrive(request: NodeRequest, response: NodeResponse): void {
    const exchange = new Exchange(request, response, {
      peer: this.#peer(request),
      timeoutMs: this.#limits.requestTimeoutMs,
    });
    // Streams of one connection come together anyway, and Node counts them as open until the turn after their answer.
    if ('stream' in request) return void this.#serve(exchange);
    if (this.#arrived.push(exchange) > 1) return;
    setImmediate(() => {
      const arrived = this.#arrived;
      this.#arrived = [];
      // Who left meanwhile has asked for nothing yet.
      for (const one of arrived) if (!one.gone) void this.#serve(one);
    });
  }

  async #serve(exchange: Exchange): Promise<void> {
    const answer = await this.#options.respond(exchange);
    const { request, response } = exchange;
    if (exchange.gone) {
      if (!(answer.body instanceof Uint8Array) && 'stop' in answer.body) answer.body.stop();
      return;
    }
    try {
      send(response, answer, { headOnly: request.method === 'HEAD', gzip: takesGzip(request) });
    } catch (error) {
      // An answer that cannot be sent is a bug; the client learns at least that there is none.
      response.destroy();
      throw error;
    }
    if (!exchange.sends) discardRest(request, response);
  }

  #peer(request: NodeRequest): Peer {
    // HTTP/2 hands out a proxy of the socket; the session is what stays the same for the connection.
    const connection = 'stream' in request ? request.stream.session : request.socket;
    if (connection === undefined) return { address: '' };
    let peer = this.#peers.get(connection);
    if (peer === undefined) {
      const socket = 'socket' in connection ? connection.socket : connection;
      this.#peers.set(connection, (peer = peerOf(socket as TLSSocket, this.#roots)));
    }
    return peer;
  }
}

/** A request on its way to its answer, as the API server sees it. */
class Exchange implements HttpRequest {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly peer: Peer;
  /** The client's body goes on while it is answered. */
  sends = false;
  readonly #timeoutMs: number;
  #controller: AbortController | undefined;

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    { peer, timeoutMs }: { readonly peer: Peer; readonly timeoutMs: number },
  ) {
    this.request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.headers = request.headers as Record<string, string | undefined>;
    this.peer = peer;
    this.#timeoutMs = timeoutMs;
    // Who cannot be answered any more is gone, and that is all there is to say of it.
    response.on('error', ignore);
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders;
  }

  /** The client has left before it had its answer. */
  get gone(): boolean {
    return 'stream' in this.request ? this.request.stream.destroyed : this.response.destroyed;
  }

  /** Few ask for it: it is made, and listens, only then. */
  get signal(): AbortSignal {
    this.#controller ??= this.#listening();
    return this.#controller.signal;
  }

  #listening(): AbortController {
    const controller = new AbortController();
    const { response } = this;
    response.once('close', () => {
      // Over HTTP/2 what was cut off counts as finished, too.
      if (!response.writableEnded || !response.writableFinished) controller.abort();
    });
    if (this.gone) controller.abort();
    return controller;
  }

  body(sizeBytesMax: number): Promise<Uint8Array> {
    return this.gone ? Promise.reject(clientGone()) : readBody(this.request, sizeBytesMax, this.#timeoutMs);
  }

  stream(): AsyncIterable<Uint8Array> | undefined {
    return hasBody(this.request) ? this.#pieces() : undefined;
  }

  /** The body as it comes. Whoever does not want the rest of it leaves the connection to its answer. */
  async *#pieces(): AsyncGenerator<Uint8Array> {
    this.sends = true;
    try {
      yield* this.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    } finally {
      discardRest(this.request, this.response);
    }
  }
}

const ignore = (): void => undefined;

/** The HTTP/1.1 half of the server takes these too; only its types do not say so. */
function http1Options(limits: HttpLimits): http.ServerOptions {
  return {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    noDelay: true,
  };
}

/** Who has said all that it will say gets the answers of that turn; then we are done, too. */
function endAfterTurn(socket: TLSSocket): void {
  if (socket.alpnProtocol === 'h2') return;
  socket.allowHalfOpen = true;
  socket.once('end', () => setImmediate(() => socket.end()));
}

/** Fingerprints of the certificates at the end of chains, by what a chain that ends there is good for. */
interface Roots {
  readonly client: ReadonlySet<string>;
  readonly frontProxy: ReadonlySet<string>;
}

function fingerprints(bundle: string): ReadonlySet<string> {
  const certificates = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return new Set(certificates.map((pem) => new X509Certificate(pem).fingerprint256));
}

/** Where upstream looks for a user's uid in the subject of a certificate. */
const uidAttribute = '1.3.6.1.4.1.57683.2';

function peerOf(socket: TLSSocket, roots: Roots): Peer {
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

const lingerMs = 500;
const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what is no HTTP, and reads on for a moment: closing at once would take the answer away from a client that still writes. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  // What follows on a connection that was refused already is refused, too, and not answered again.
  if (socket.writableEnded) return;
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = refusals[error.code ?? ''] ?? '400 Bad Request';
  // As Go, to the letter.
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`);
  socket.on('error', () => undefined);
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** From this size on an answer is compressed for who can read that, as upstream does; below it costs more than it saves. */
const gzipBytesMin = 128 * 1024;

function takesGzip({ method, headers }: NodeRequest): boolean {
  return method === 'GET' && /(?:^|,)\s*gzip\s*(?:,|$)/.test(String(headers['accept-encoding'] ?? ''));
}

interface Sending {
  readonly headOnly: boolean;
  readonly gzip: boolean;
}

function send(
  response: NodeResponse,
  { status, headers, repeated, body }: HttpResponse,
  { headOnly, gzip }: Sending,
): void {
  if (body instanceof Uint8Array) {
    if (gzip && body.length >= gzipBytesMin) return sendGzipped(response, { status, headers, body: [body] });
    response.writeHead(status, headerList(headers, body.length));
    response.end(headOnly ? undefined : body);
    return;
  }
  if (!('start' in body)) {
    let size = 0;
    for (const piece of body) size += piece.length;
    if (gzip && size >= gzipBytesMin) return sendGzipped(response, { status, headers, body });
    response.writeHead(status, headerList(headers, size));
    if (headOnly) response.end();
    else void sendPieces(response, body);
    return;
  }
  for (const [name, values] of Object.entries(repeated ?? {})) response.setHeader(name, values);
  response.writeHead(status, headers);
  response.flushHeaders();
  response.once('close', () => body.stop());
  body.start({
    write: (chunk) => response.write(chunk),
    onDrain: (resume) => response.on('drain', resume),
    end: () => endStream(response),
    cut: () => void response.destroy(),
  });
}

/** Names and values in turn, which Node takes with the least ado. */
function headerList(headers: HttpResponse['headers'], contentLength: number): string[] {
  const list: string[] = [];
  for (const name in headers) list.push(name, headers[name] ?? '');
  list.push('content-length', String(contentLength));
  return list;
}

/** A client that takes nothing for so long is as good as gone, and must not keep what it was to be sent. */
const stallMs = 60_000;

function endStream(response: NodeResponse): void {
  response.end();
  const timer = setTimeout(() => response.destroy(), stallMs).unref();
  response.once('close', () => clearTimeout(timer));
}

function sendGzipped(
  response: NodeResponse,
  { status, headers, body }: Omit<HttpResponse, 'body'> & { readonly body: readonly Uint8Array[] },
): void {
  const vary = [headers['vary'], 'Accept-Encoding'].filter((one) => one !== undefined).join(', ');
  response.writeHead(status, { ...headers, vary, 'content-encoding': 'gzip' });
  response.setTimeout(stallMs, () => void response.destroy());
  // As fast as it goes: most of what can be saved is saved at the first level.
  void pipeline(body, createGzip({ level: 1 }), response).catch(() => undefined);
}

/** Piece by piece as the client takes them, so that a long list is not copied into the socket's buffer at once. */
async function sendPieces(response: NodeResponse, pieces: readonly Uint8Array[]): Promise<void> {
  response.setTimeout(stallMs, () => void response.destroy());
  // A client that leaves in the middle is no failure of ours.
  await pipeline(pieces, response).catch(() => undefined);
}
