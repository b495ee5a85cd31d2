/**
 * The server's half: what Node's HTTP server reports as 'upgrade', as a `StreamUpgrade` that waits for the server's
 * decision. Nothing is written to the client before; each upgrade is answered once.
 */
import { type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import { assert, errorText, HostError, type ForwardedSession, type StreamUpgrade } from '../../base/mod.ts';
import { type PortForwardSession, relayPortForward, relayRemoteCommand } from '../../base/mod.ts';
import type { RemoteCommandOptions, RemoteCommandStreams, UpgradeTarget } from '../../base/mod.ts';
import { connectPortForward, connectRemoteCommand, requestUpgrade, UpgradeRefusedError } from './connect.ts';
import { negotiate, readOffer, TUNNEL_PREFIX, type UpgradeOffer } from './negotiation.ts';
import { SPDY_COMMAND_PROTOCOLS, WEBSOCKET_COMMAND_PROTOCOLS } from './remote-command.ts';
import { serveSpdyCommand } from './spdy-command.ts';
import { PORT_FORWARD_PROTOCOL, serveSpdyPortForward } from './spdy-port-forward.ts';
import { splice } from './splice.ts';
import { acceptWebSocket, serveWebSocketCommand, serveWebSocketPortForward } from './websocket.ts';
import { WEBSOCKET_PORT_FORWARD_PROTOCOLS } from './websocket.ts';

/** Upstream's default for `streamingConnectionIdleTimeout`. */
const IDLE_MS = 4 * 60 * 60 * 1000;
const REFUSAL_MS = 10_000;

/** Headers that end here: they concern this hop, or say who the client is, which the next hop must not believe. */
const HOP_HEADERS = /^(host|authorization|impersonate-.*|x-remote-.*)$/;

/** Browsers say with a protocol of this name who they are. */
const TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.';

type RefusalHeaders = Readonly<Record<string, string | readonly string[]>>;

export class HttpUpgrade implements StreamUpgrade {
  readonly #req: IncomingMessage;
  readonly #socket: Duplex;
  readonly #head: Buffer;
  readonly #offer: UpgradeOffer;
  #answered = false;

  /** Takes over what the HTTP server hands out; the socket is this object's from now on. */
  constructor(req: IncomingMessage, socket: Duplex, head: Buffer) {
    this.#req = req;
    this.#socket = socket;
    this.#head = head;
    this.#offer = readOffer(req.headers);
    // Until there is a session nobody else listens, and a client that hangs up must not end the process.
    socket.on('error', () => undefined);
    if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
      socket.setTimeout(IDLE_MS, () => socket.destroy());
    }
  }

  get transport(): UpgradeOffer['transport'] {
    return this.#offer.transport;
  }

  async acceptRemoteCommand(options: RemoteCommandOptions): Promise<RemoteCommandStreams> {
    if (this.transport === 'websocket') {
      const protocol = await this.#negotiate(WEBSOCKET_COMMAND_PROTOCOLS);
      this.#answer();
      const webSocket = await acceptWebSocket(this.#req, this.#socket, this.#head, protocol);
      return serveWebSocketCommand(webSocket, protocol, options);
    }
    const protocol = await this.#negotiate(SPDY_COMMAND_PROTOCOLS);
    return serveSpdyCommand(await this.#acceptSpdy(protocol), protocol, options);
  }

  async acceptPortForward(ports: readonly number[] = []): Promise<PortForwardSession> {
    if (this.transport === 'websocket') {
      if (ports.length === 0) return this.#fail(400, 'query parameter "port" is required');
      const protocol = await this.#negotiate(WEBSOCKET_PORT_FORWARD_PROTOCOLS);
      this.#answer();
      const webSocket = await acceptWebSocket(this.#req, this.#socket, this.#head, protocol);
      return serveWebSocketPortForward(webSocket, protocol, ports);
    }
    const protocol = await this.#negotiate([PORT_FORWARD_PROTOCOL]);
    return serveSpdyPortForward(await this.#acceptSpdy(protocol));
  }

  async forward(target: UpgradeTarget, session: ForwardedSession): Promise<void> {
    try {
      // SPDY is what kubelets and runtimes speak, so only a client's WebSocket needs translation.
      if (this.transport === 'tunnel' && session.kind !== 'raw') return await this.#forwardTunnel(target);
      if (this.transport !== 'websocket' || session.kind === 'raw') return await this.#forwardRaw(target);
      if (session.kind === 'port-forward') return await this.#forwardPorts(target, session.ports ?? []);
      return await this.#forwardCommand(target, session.options);
    } catch (error) {
      if (this.#answered) {
        this.#socket.destroy();
        throw error;
      }
      // Whoever proxies says in its own words that nobody is there.
      if (session.kind === 'raw') throw error;
      if (error instanceof UpgradeRefusedError) {
        const type = error.body.startsWith('{') ? 'application/json' : 'text/plain; charset=utf-8';
        return this.#refuseWith(error.statusCode, error.body, { 'Content-Type': type });
      }
      await this.refuse(internalError(errorText(error)));
    }
  }

  refuse(status: { readonly code?: number }, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const type = { 'Content-Type': 'application/json' };
    return this.#refuseWith(status.code ?? 500, JSON.stringify(status), { ...headers, ...type });
  }

  async #forwardCommand(target: UpgradeTarget, options: RemoteCommandOptions): Promise<void> {
    const command = await connectRemoteCommand(target, options);
    try {
      await relayRemoteCommand(await this.acceptRemoteCommand(options), command);
    } finally {
      command.close();
    }
  }

  async #forwardPorts(target: UpgradeTarget, ports: readonly number[]): Promise<void> {
    const connection = await connectPortForward(target);
    try {
      await relayPortForward(await this.acceptPortForward(ports), connection);
    } finally {
      connection.close();
    }
  }

  /** The bytes inside of the WebSocket are those of a SPDY connection to the target. */
  async #forwardTunnel(target: UpgradeTarget): Promise<void> {
    const answer = await requestUpgrade(target, 'POST', {
      Connection: 'Upgrade',
      Upgrade: 'SPDY/3.1',
      'X-Stream-Protocol-Version': [...this.#offer.protocols],
      'Content-Length': 0,
    });
    if (!answer.upgraded) return this.#passOn(answer.response);
    const chosen = answer.response.headers['x-stream-protocol-version'];
    const protocol = typeof chosen === 'string' ? chosen : PORT_FORWARD_PROTOCOL;
    await splice(await this.#acceptTunnel(protocol), answer.socket);
  }

  async #forwardRaw(target: UpgradeTarget): Promise<void> {
    const kept = Object.fromEntries(
      Object.entries(this.#req.headersDistinct).filter(([name]) => !HOP_HEADERS.test(name)),
    );
    const offered = this.#req.headers['sec-websocket-protocol']?.split(/\s*,\s*/) ?? [];
    const protocols = offered.filter((name) => !name.startsWith(TOKEN_PREFIX));
    if (protocols.length === 0) delete kept['sec-websocket-protocol'];
    else kept['sec-websocket-protocol'] = [protocols.join(', ')];
    const answer = await requestUpgrade(target, this.#req.method ?? 'GET', kept);
    if (!answer.upgraded) return this.#passOn(answer.response);
    this.#answer();
    this.#socket.write(responseHead(answer.response));
    if (this.#head.byteLength > 0) this.#socket.unshift(this.#head);
    await splice(this.#socket, answer.socket);
  }

  /** The target's own answer, when it did not agree to the upgrade. */
  async #passOn(response: IncomingMessage): Promise<void> {
    this.#answer();
    this.#socket.write(responseHead(response, { Connection: 'close' }));
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (this.#socket.destroyed) return;
      this.#socket.write(chunk);
    }
    this.#endSocket();
  }

  async #acceptSpdy(protocol: string): Promise<Duplex> {
    if (this.transport === 'tunnel') return this.#acceptTunnel(protocol);
    this.#answer();
    this.#socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
        `X-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
    );
    if (this.#head.byteLength > 0) this.#socket.unshift(this.#head);
    return this.#socket;
  }

  async #acceptTunnel(protocol: string): Promise<Duplex> {
    this.#answer();
    return createWebSocketStream(await acceptWebSocket(this.#req, this.#socket, this.#head, TUNNEL_PREFIX + protocol));
  }

  async #negotiate(supported: readonly string[]): Promise<string> {
    if (this.transport === 'other') return this.#fail(400, 'unable to upgrade: missing upgrade headers in request');
    const protocol = negotiate(this.#offer, supported);
    if (protocol !== undefined) return protocol;
    const { protocols } = this.#offer;
    if (protocols.length === 0) return this.#fail(400, 'unable to upgrade: X-Stream-Protocol-Version is required');
    const text =
      'unable to upgrade: unable to negotiate protocol: ' +
      `client supports [${protocols.join(' ')}], server accepts [${supported.join(' ')}]`;
    return this.#fail(403, text, { 'X-Accepted-Stream-Protocol-Versions': supported });
  }

  async #fail(code: number, message: string, headers: RefusalHeaders = {}): Promise<never> {
    await this.#refuseWith(code, message, { 'Content-Type': 'text/plain; charset=utf-8', ...headers });
    throw new HostError('UpgradeRefused', message);
  }

  #refuseWith(code: number, body: string, headers: RefusalHeaders): Promise<void> {
    this.#answer();
    const lines = [`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}`];
    const all = { ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' };
    for (const [name, value] of Object.entries(all)) {
      for (const each of [value].flat()) lines.push(`${name}: ${each}`);
    }
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
    this.#endSocket();
    return Promise.resolve();
  }

  /** Closes after the client has had the time to read; closing with unread input would reset the connection. */
  #endSocket(): void {
    const socket = this.#socket;
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), REFUSAL_MS).unref();
    socket.once('close', () => clearTimeout(timer));
  }

  #answer(): void {
    assert(!this.#answered, 'an upgrade is answered once');
    this.#answered = true;
  }
}

/** Status line and headers, as they came; `instead` replaces what belongs to the hop. */
function responseHead(response: IncomingMessage, instead: OutgoingHttpHeaders = {}): string {
  const lines = [`HTTP/1.1 ${response.statusCode ?? 500} ${response.statusMessage ?? ''}`];
  const dropped = new Set(Object.keys(instead).map((name) => name.toLowerCase()));
  // Node has taken the chunks apart, so a chunked body now ends with the connection.
  if (dropped.size > 0) dropped.add('transfer-encoding').add('keep-alive');
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) {
    const name = response.rawHeaders[index] ?? '';
    if (!dropped.has(name.toLowerCase())) lines.push(`${name}: ${response.rawHeaders[index + 1]}`);
  }
  for (const [name, value] of Object.entries(instead)) lines.push(`${name}: ${String(value)}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function internalError(message: string): { readonly code: number } {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  };
  return status;
}
