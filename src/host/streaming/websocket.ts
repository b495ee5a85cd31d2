/**
 * Channels over a WebSocket: each message starts with the number of its channel, as a byte or, in the base64 protocols, as
 * a digit before the base64 text. Since `v5.channel.k8s.io` a message `255, n` closes channel n; before, nothing but the
 * end of the whole connection can, so a command's stdin has no end of its own.
 *
 * What always holds: while any channel's queue is full the socket is not read; every queue ends (the peer closed in
 * order) or fails (it was cut); `signal` aborts once, when the peer is gone.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type ByteSink, HostError, type PortForwardSession, type PortForwardStream } from '../../base/mod.ts';
import type { RemoteCommandConnection, RemoteCommandOptions, RemoteCommandStreams } from '../../base/mod.ts';
import { ByteQueue, PullQueue } from './pull-queue.ts';
import { effectiveOptions, protocolVersion, readStatus, terminalSizes } from './remote-command.ts';
import { writeStatus } from './remote-command.ts';

export const WEBSOCKET_PORT_FORWARD_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;

export const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
const CLOSE_CHANNEL = 255;
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
const NORMAL_CLOSURE = 1000;
const NO_STATUS_RECEIVED = 1005;
const GOING_AWAY = 1001;
const WRITE_BYTES_MAX = 32 * 1024;
const PING_PERIOD_MS = 5_000;

/** Numbered byte streams over one WebSocket. */
class ChannelSocket {
  readonly #socket: WebSocket;
  readonly #base64: boolean;
  readonly #halfClose: boolean;
  readonly #sources = new Map<number, ByteQueue>();
  readonly #abort = new AbortController();
  readonly #pings: NodeJS.Timeout;
  #gone: HostError | undefined;

  constructor(socket: WebSocket, protocol: string) {
    this.#socket = socket;
    this.#base64 = protocol.endsWith('base64.channel.k8s.io');
    this.#halfClose = protocolVersion(protocol) >= 5;
    socket.on('message', (data) => this.#receive(toBuffer(data)));
    socket.on('close', (code) => this.#onClose(code));
    // 'close' follows.
    socket.on('error', () => undefined);
    // A peer that dies while its bytes are not read shows only when something is written to it.
    this.#pings = setInterval(() => {
      if (socket.isPaused && socket.readyState === socket.OPEN) socket.ping();
    }, PING_PERIOD_MS).unref();
    socket.resume();
  }

  /** Aborts when the connection is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What arrives on a channel. Messages for channels that nobody asked for are dropped. */
  source(channel: number): ByteQueue {
    const queue = new ByteQueue(() => this.#regulate());
    this.#sources.set(channel, queue);
    return queue;
  }

  sink(channel: number): ByteSink {
    return { write: (chunk) => this.#write(channel, chunk), end: () => this.#end(channel) };
  }

  /** Sends even an empty chunk, as a message of its own. */
  send(channel: number, chunk: Uint8Array): Promise<void> {
    if (this.#gone) return Promise.reject(this.#gone);
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const message = this.#base64
      ? String(channel) + bytes.toString('base64')
      : Buffer.concat([Buffer.from([channel]), bytes]);
    return new Promise((resolve, reject) => {
      this.#socket.send(message, (error) => {
        if (error) reject(new HostError('Cut', 'the WebSocket is closed', { cause: error }));
        else resolve();
      });
    });
  }

  /** Says goodbye: what was sent is still delivered, what the peer sends is dropped. */
  close(): void {
    for (const queue of this.#sources.values()) queue.discard();
    this.#socket.resume();
    this.#socket.close(NORMAL_CLOSURE);
  }

  async #write(channel: number, chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.byteLength; offset += WRITE_BYTES_MAX) {
      await this.send(channel, chunk.subarray(offset, offset + WRITE_BYTES_MAX));
    }
  }

  async #end(channel: number): Promise<void> {
    if (this.#halfClose) await this.send(CLOSE_CHANNEL, Uint8Array.of(channel));
    else throw new HostError('Unsupported', 'this WebSocket protocol has no half-close; v5.channel.k8s.io has');
  }

  #receive(message: Buffer): void {
    if (message.byteLength === 0) return;
    const body = message.subarray(1);
    if (this.#halfClose && message[0] === CLOSE_CHANNEL) return this.#sources.get(body[0] ?? CLOSE_CHANNEL)?.end();
    const channel = this.#base64 ? (message[0] ?? 0) - 48 : (message[0] ?? 0);
    this.#sources.get(channel)?.push(this.#base64 ? Buffer.from(body.toString('latin1'), 'base64') : body);
    this.#regulate();
  }

  #regulate(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    let full = false;
    for (const queue of this.#sources.values()) full ||= queue.full;
    if (full) this.#socket.pause();
    else this.#socket.resume();
  }

  #onClose(code: number): void {
    clearInterval(this.#pings);
    this.#gone = new HostError('Cut', `the WebSocket was closed (code ${code})`);
    const orderly = code === NORMAL_CLOSURE || code === GOING_AWAY || code === NO_STATUS_RECEIVED;
    for (const queue of this.#sources.values()) {
      if (orderly) queue.end();
      else queue.fail(this.#gone);
    }
    this.#abort.abort(this.#gone);
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/** Half-close where the protocol has none to offer: the end of the connection says it. */
function endless(sink: ByteSink): ByteSink {
  return { write: (chunk) => sink.write(chunk), end: () => Promise.resolve() };
}

/** Answers the WebSocket handshake with the protocol that was agreed on; '' when the client named none. */
export function acceptWebSocket(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handleProtocols: () => (protocol === '' ? false : protocol),
  });
  if (protocol.includes('/')) {
    // The names of the tunnel protocols are not tokens, so `ws` neither reads nor writes them.
    delete req.headers['sec-websocket-protocol'];
    server.on('headers', (headers) => headers.push(`Sec-WebSocket-Protocol: ${protocol}`));
  }
  return new Promise((resolve, reject) => {
    const refused = (): void => reject(new HostError('Cut', 'the WebSocket handshake failed'));
    socket.once('close', refused);
    server.handleUpgrade(req, socket, head, (webSocket) => {
      socket.off('close', refused);
      // Whoever gets it listens first and resumes then.
      webSocket.pause();
      resolve(webSocket);
    });
  });
}

/** Serves one command on an accepted WebSocket. */
export async function serveWebSocketCommand(
  webSocket: WebSocket,
  protocol: string,
  requested: RemoteCommandOptions,
): Promise<RemoteCommandStreams> {
  const options = effectiveOptions(requested);
  const channels = new ChannelSocket(webSocket, protocol);
  const stdin = options.stdin ? channels.source(STDIN) : undefined;
  const sizes = options.tty ? channels.source(RESIZE) : undefined;
  // An empty message on the first channel that we write tells the client that the session stands.
  await channels.send(options.stdout ? STDOUT : options.stderr ? STDERR : ERROR, new Uint8Array());
  let finished: Promise<void> | undefined;
  return {
    ...(stdin ? { stdin } : {}),
    ...(options.stdout ? { stdout: endless(channels.sink(STDOUT)) } : {}),
    ...(options.stderr ? { stderr: endless(channels.sink(STDERR)) } : {}),
    ...(sizes ? { resize: terminalSizes(sizes) } : {}),
    signal: channels.signal,
    finish: (status) =>
      (finished ??= writeStatus(channels.sink(ERROR), status, protocolVersion(protocol))
        .catch(() => undefined)
        .then(() => channels.close())),
  };
}

/** Asks for one command on a WebSocket that was just connected. */
export function openWebSocketCommand(
  webSocket: WebSocket,
  protocol: string,
  requested: RemoteCommandOptions,
): RemoteCommandConnection {
  const options = effectiveOptions(requested);
  const channels = new ChannelSocket(webSocket, protocol);
  const resize = channels.sink(RESIZE);
  const result = readStatus(channels.source(ERROR), protocolVersion(protocol));
  result.catch(() => undefined);
  return {
    ...(options.stdin ? { stdin: channels.sink(STDIN) } : {}),
    ...(options.stdout ? { stdout: channels.source(STDOUT) } : {}),
    ...(options.stderr ? { stderr: channels.source(STDERR) } : {}),
    ...(options.tty ? { resize: (size) => resize.write(Buffer.from(JSON.stringify(size))) } : {}),
    result,
    close: () => channels.close(),
  };
}

/**
 * Serves port-forward in the protocol from before the tunnel: one connection per port of the query, channel 2n its data
 * and 2n+1 its errors, both of which begin with the port as 16 bits in little endian.
 */
export async function serveWebSocketPortForward(
  webSocket: WebSocket,
  protocol: string,
  ports: readonly number[],
): Promise<PortForwardSession> {
  const channels = new ChannelSocket(webSocket, protocol);
  const ready = new PullQueue<PortForwardStream>({ cost: () => 1, costMax: Infinity, relieved: () => undefined });
  let open = ports.length;
  const inputs = ports.map((port, index) => ({ port, index, input: channels.source(index * 2) }));
  for (const { port, index, input } of inputs) {
    const portBytes = Uint8Array.of(port & 0xff, port >> 8);
    await channels.send(index * 2, portBytes);
    await channels.send(index * 2 + 1, portBytes);
    const error = channels.sink(index * 2 + 1);
    ready.push({
      port,
      input,
      output: endless(channels.sink(index * 2)),
      finish: async (message) => {
        input.discard();
        if (message !== undefined) await error.write(Buffer.from(message));
        if (--open === 0) channels.close();
      },
    });
  }
  channels.signal.addEventListener('abort', () => ready.end(), { once: true });
  return { signal: channels.signal, close: () => channels.close(), [Symbol.asyncIterator]: () => ready };
}
