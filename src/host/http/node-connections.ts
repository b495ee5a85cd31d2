/** Requests of the API server to kubelets over HTTPS, with the client certificate that they know. */
import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { HostError, type ForwardedSession, type StreamUpgrade } from '../../base/mod.ts';
import type { NodeAddress, NodeAnswer, NodeConnections } from '../../apiserver/ports.ts';

export interface NodeTls {
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const connectTimeoutMs = 10_000;

export class HttpsNodeConnections implements NodeConnections {
  readonly #tls: NodeTls;
  readonly #agent: Agent;

  constructor(tls: NodeTls) {
    this.#tls = tls;
    this.#agent = new Agent({ keepAlive: true, ...tls });
  }

  request(node: NodeAddress, path: string, signal: AbortSignal): Promise<NodeAnswer> {
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown): void =>
        reject(
          new HostError('Unreachable', `error dialing backend: ${node.nodeName} at ${node.host}:${node.port}`, {
            cause,
          }),
        );
      const sent = httpsRequest(
        { host: node.host, port: node.port, path, agent: this.#agent, signal: signal },
        (response: IncomingMessage) => {
          sent.setTimeout(0);
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'] ?? 'text/plain',
            body: response,
          });
        },
      );
      sent.setTimeout(connectTimeoutMs, () => sent.destroy(new HostError('Timeout', 'no answer in time')));
      sent.on('error', failed);
      sent.end();
    });
  }

  upgrade(node: NodeAddress, path: string, upgrade: StreamUpgrade, session: ForwardedSession): Promise<void> {
    return upgrade.forward({ url: `https://${node.host}:${node.port}${path}`, tls: this.#tls }, session);
  }
}
