/** Requests of the API server to kubelets over HTTPS, with the client certificate that they know. */
import { HostError, type ForwardedSession, type StreamUpgrade } from '../../base/mod.ts';
import type { NodeAddress, NodeAnswer, NodeConnections, NodeRequest } from '../../apiserver/ports.ts';
import { HttpBackends } from './backends.ts';

export interface NodeTls {
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const get: NodeRequest = { method: 'GET', headers: {}, body: undefined };

export class HttpsNodeConnections implements NodeConnections {
  readonly #tls: NodeTls;
  readonly #backends = new HttpBackends();

  constructor(tls: NodeTls) {
    this.#tls = tls;
  }

  async request(node: NodeAddress, path: string, signal: AbortSignal, sent = get): Promise<NodeAnswer> {
    try {
      const request = { ...sent, url: `${originOf(node)}${path}`, tls: this.#tls, signal };
      const answer = await this.#backends.send(request);
      return { ...answer, contentType: [answer.headers['content-type'] ?? 'text/plain'].flat()[0] ?? '' };
    } catch (cause) {
      throw new HostError('Unreachable', `error dialing backend: ${node.nodeName} at ${node.host}:${node.port}`, {
        cause,
      });
    }
  }

  upgrade(node: NodeAddress, path: string, upgrade: StreamUpgrade, session: ForwardedSession): Promise<void> {
    return upgrade.forward({ url: `${originOf(node)}${path}`, tls: this.#tls }, session);
  }
}

function originOf({ host, port }: NodeAddress): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
