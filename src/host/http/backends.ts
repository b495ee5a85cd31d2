/**
 * Requests that the API server carries on for its clients: bodies and answers go through as they come, as fast as the slower
 * side takes them. Connections are kept, by whom they trust and who they say they are.
 */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { rootCertificates } from 'node:tls';
import { HostError, type StreamUpgrade, type UpgradeTarget, type UpgradeTls } from '../../base/mod.ts';
import type { BackendAnswer, BackendRequest, Backends } from '../../apiserver/ports.ts';
import { goNetworkText } from './go-errors.ts';

const agentsMax = 64;
const idleSocketsMax = 16;
/** As Go's dialer. */
const dialMs = 30_000;

/** Where a connection really goes: a test has all pods on its loopback. */
export type Route = (host: string, port: number) => { readonly host: string; readonly port: number };

export class HttpBackends implements Backends, Disposable {
  readonly #plain = new HttpAgent({ keepAlive: true, maxFreeSockets: idleSocketsMax });
  readonly #agents = new Map<string, HttpsAgent>();
  readonly #route: Route;

  constructor(route: Route = (host, port) => ({ host, port })) {
    this.#route = route;
  }

  async send(request: BackendRequest): Promise<BackendAnswer> {
    try {
      return await this.#once(request);
    } catch (error) {
      // A connection that was kept may have ended meanwhile; the request did not arrive then.
      if (request.body !== undefined || !(error instanceof HostError) || error.code !== 'StaleConnection') throw error;
      return await this.#once(request);
    }
  }

  upgrade(upgrade: StreamUpgrade, target: UpgradeTarget): Promise<void> {
    const { secure, path, ...to } = partsOf(target.url);
    const { host, port } = this.#route(to.host, to.port);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return upgrade.forward({ ...target, url: `${secure ? 'https' : 'http'}://${authority}${path}` }, { kind: 'raw' });
  }

  #once({ method, url, headers, tls, body, signal }: BackendRequest): Promise<BackendAnswer> {
    const { secure, host, port, path } = partsOf(url);
    const options = {
      ...this.#route(host, port),
      method,
      path,
      headers: mutable(headers),
      signal,
      agent: secure ? this.#agentFor(tls ?? {}) : this.#plain,
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
    };
    return new Promise((resolve, reject) => {
      const sent = (secure ? httpsRequest : httpRequest)(options, (response) => resolve(answerOf(response)));
      limitDialing(sent);
      sent.on('error', (cause) =>
        reject(failure(cause, sent, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
      );
      if (body === undefined) sent.end();
      // What goes wrong with the request is told there; the rest of a body that is not wanted is not sent.
      else pipeline(body, sent).catch(() => undefined);
    });
  }

  #agentFor({ ca, cert, key, insecureSkipTlsVerify: insecure }: UpgradeTls): HttpsAgent {
    const id = JSON.stringify([ca, cert, key, insecure]);
    const agent =
      this.#agents.get(id) ??
      new HttpsAgent({
        keepAlive: true,
        maxFreeSockets: idleSocketsMax,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: insecure !== true,
        ca: ca ?? [...rootCertificates],
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      });
    this.#agents.delete(id);
    this.#agents.set(id, agent);
    for (const [oldest, old] of this.#agents) {
      if (this.#agents.size <= agentsMax) break;
      this.#agents.delete(oldest);
      old.destroy();
    }
    return agent;
  }

  [Symbol.dispose](): void {
    this.#plain.destroy();
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}

/** The path stays as it was authorized: `URL` would resolve dots in it. */
function partsOf(url: string) {
  const [, scheme, six, four = '', port, path = '/'] =
    /^(https?):\/\/(?:\[([^\]]*)\]|([^:/]*))(?::(\d+))?(.*)$/.exec(url) ?? [];
  const secure = scheme === 'https';
  return { secure, host: six ?? four, port: port === undefined ? (secure ? 443 : 80) : Number(port), path };
}

function mutable(headers: BackendRequest['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

function answerOf(response: IncomingMessage): BackendAnswer {
  const headers = Object.entries(response.headersDistinct).map(([name, values = []]): [string, string | string[]] => [
    name,
    values.length === 1 ? (values[0] ?? '') : values,
  ]);
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body: response };
}

function limitDialing(sent: ClientRequest): void {
  sent.once('socket', (socket: Socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => sent.destroy(new HostError('Timeout', 'i/o timeout')), dialMs);
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
  });
}

function failure(cause: Error, sent: ClientRequest, address: string): HostError {
  if (cause instanceof HostError) return new HostError(cause.code, `dial tcp ${address}: ${cause.message}`);
  if (cause.name === 'AbortError') return new HostError('Aborted', 'context canceled');
  const stale = sent.reusedSocket && ['ECONNRESET', 'EPIPE'].includes((cause as NodeJS.ErrnoException).code ?? '');
  return new HostError(stale ? 'StaleConnection' : 'Unreachable', goNetworkText(cause, address));
}
