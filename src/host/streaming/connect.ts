/**
 * The client's half: sends a request to upgrade and opens a session on what comes back. Used by the API server towards
 * kubelets, by the kubelet towards the container runtime's streaming server, and by our own kubectl.
 */
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocket } from 'ws';
import { HostError, type PortForwardConnection, type RemoteCommandConnection } from '../../base/mod.ts';
import type { RemoteCommandOptions, UpgradeTarget, UpgradeTls } from '../../base/mod.ts';
import { TUNNEL_PREFIX } from './negotiation.ts';
import { WEBSOCKET_COMMAND_PROTOCOLS } from './remote-command.ts';
import { openSpdyCommand } from './spdy-command.ts';
import { openSpdyPortForward, PORT_FORWARD_PROTOCOL } from './spdy-port-forward.ts';
import { MESSAGE_BYTES_MAX, openWebSocketCommand } from './websocket.ts';

const CONNECT_MS = 30_000;
const REFUSAL_BYTES_MAX = 64 * 1024;

/** The server answered, but not with the upgrade. `body` is what it said instead, usually a Status. */
export class UpgradeRefusedError extends HostError {
  readonly statusCode: number;
  readonly body: string;
  constructor(statusCode: number, body: string) {
    super('UpgradeRefused', `unable to upgrade connection: ${messageOf(body) ?? `status ${statusCode}`}`);
    this.statusCode = statusCode;
    this.body = body;
  }
}

function messageOf(body: string): string | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  } catch {
    // Not a Status; then it is text for people.
  }
  return body === '' ? undefined : body.trim();
}

export type UpgradeAnswer =
  | { readonly upgraded: true; readonly response: IncomingMessage; readonly socket: Duplex }
  | { readonly upgraded: false; readonly response: IncomingMessage };

/** Sends the request and waits for the answer, whatever it is. Rejects when there is none. */
export function requestUpgrade(
  target: UpgradeTarget,
  method: string,
  headers: OutgoingHttpHeaders,
): Promise<UpgradeAnswer> {
  const url = new URL(target.url);
  const options: RequestOptions = { method, headers: { ...headers, ...plain(target) }, agent: false };
  return new Promise((resolve, reject) => {
    const req =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, ...tlsOptions(target.tls) })
        : httpRequest(url, options);
    const timer = setTimeout(() => req.destroy(new HostError('Timeout', `no answer from ${url.host}`)), CONNECT_MS);
    req.once('upgrade', (response, socket, head) => {
      clearTimeout(timer);
      // Nobody may be listening yet when the other side hangs up.
      socket.on('error', () => undefined);
      if (head.byteLength > 0) socket.unshift(head);
      resolve({ upgraded: true, response, socket });
    });
    req.once('response', (response) => {
      clearTimeout(timer);
      resolve({ upgraded: false, response });
    });
    req.on('error', (error) => {
      clearTimeout(timer);
      reject(new HostError('Unreachable', `error dialing backend: ${error.message}`, { cause: error }));
    });
    req.end();
  });
}

/** As Node wants them. */
function plain({ headers = {} }: UpgradeTarget): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

function tlsOptions(tls: UpgradeTls | undefined): RequestOptions {
  if (!tls) return {};
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecureSkipTlsVerify ? { rejectUnauthorized: false } : {}),
  };
}

async function refusal(response: IncomingMessage): Promise<UpgradeRefusedError> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes > REFUSAL_BYTES_MAX) break;
  }
  return new UpgradeRefusedError(response.statusCode ?? 0, Buffer.concat(chunks).toString());
}

async function connectSpdy(target: UpgradeTarget, protocols: readonly string[]): Promise<[Duplex, string]> {
  const answer = await requestUpgrade(target, 'POST', {
    Connection: 'Upgrade',
    Upgrade: 'SPDY/3.1',
    'X-Stream-Protocol-Version': [...protocols],
    'Content-Length': 0,
  });
  if (!answer.upgraded) throw await refusal(answer.response);
  const protocol = answer.response.headers['x-stream-protocol-version'];
  return [answer.socket, typeof protocol === 'string' ? protocol : (protocols.at(-1) ?? '')];
}

function connectWebSocket(target: UpgradeTarget, protocols: readonly string[]): Promise<WebSocket> {
  const tunnel = protocols.find((name) => name.includes('/'));
  const webSocket = new WebSocket(target.url.replace(/^http/, 'ws'), tunnel ? [] : [...protocols], {
    headers: { ...plain(target), ...(tunnel ? { 'Sec-WebSocket-Protocol': protocols.join(', ') } : {}) },
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
    handshakeTimeout: CONNECT_MS,
    ...tlsOptions(target.tls),
  });
  return new Promise((resolve, reject) => {
    let accepted = true;
    webSocket.once('upgrade', (response) => {
      if (!tunnel) return;
      // `ws` cannot ask for a name that is no token, and takes an answer that it has not asked for as an error.
      accepted = response.headers['sec-websocket-protocol'] === tunnel;
      delete response.headers['sec-websocket-protocol'];
    });
    webSocket.once('unexpected-response', (_request, response) => {
      refusal(response)
        .then(reject, reject)
        .finally(() => webSocket.terminate());
    });
    webSocket.on('error', (error) => {
      reject(new HostError('Unreachable', `error dialing backend: ${error.message}`, { cause: error }));
    });
    webSocket.once('open', () => {
      // Whoever gets it listens first and resumes then.
      webSocket.pause();
      if (accepted) return resolve(webSocket);
      webSocket.terminate();
      reject(new HostError('Protocol', 'the server did not agree to the tunnel'));
    });
  });
}

/** Runs or attaches to a command: the URL says which. */
export async function connectRemoteCommand(
  target: UpgradeTarget,
  options: RemoteCommandOptions,
  protocols: readonly string[] | 'spdy' | 'websocket' = 'spdy',
): Promise<RemoteCommandConnection> {
  if (protocols === 'spdy') {
    const [socket, protocol] = await connectSpdy(target, ['v4.channel.k8s.io']);
    return openSpdyCommand(socket, protocol, options);
  }
  const webSocket = await connectWebSocket(
    target,
    protocols === 'websocket' ? WEBSOCKET_COMMAND_PROTOCOLS.slice(0, 2) : protocols,
  );
  return openWebSocketCommand(webSocket, webSocket.protocol, options);
}

/** Opens a session in which connections to the ports of a pod can be opened. */
export async function connectPortForward(
  target: UpgradeTarget,
  transport: 'spdy' | 'tunnel' = 'spdy',
): Promise<PortForwardConnection> {
  if (transport === 'spdy') {
    const [socket] = await connectSpdy(target, [PORT_FORWARD_PROTOCOL]);
    return openSpdyPortForward(socket);
  }
  const webSocket = await connectWebSocket(target, [TUNNEL_PREFIX + PORT_FORWARD_PROTOCOL]);
  return openSpdyPortForward(createWebSocketStream(webSocket));
}
