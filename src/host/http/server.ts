/**
 * The HTTP server on Node: TLS with HTTP/2 and HTTP/1.1 on one port, requests and responses as the API server's records,
 * back-pressure passed through, every limit explicit.
 */
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type http from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { HostError } from '../../base/mod.ts';
import type { HttpRequest, HttpResponse, Peer } from '../../apiserver/ports.ts';
import { Exchange, type NodeRequest } from './exchange.ts';
import { fingerprints, peerOf, type Roots } from './peers.ts';
import type { NodeResponse } from './sending.ts';

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
    exchange.answer(await this.#options.respond(exchange));
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
