/** The API server's way to kubelets: directly to those in this process, over HTTPS to all others. */
import type { NodeAddress, NodeAnswer, NodeConnections, NodeRequest } from '../apiserver/mod.ts';
import { HostError, type ForwardedSession, type StreamUpgrade } from '../base/mod.ts';
import type { KubeletServer } from '../kubelet/mod.ts';

export class LocalNodes implements NodeConnections {
  readonly #local = new Map<string, KubeletServer>();
  readonly #remote: NodeConnections | undefined;

  constructor(remote?: NodeConnections) {
    this.#remote = remote;
  }

  /** Until disposed, requests for the node go to this kubelet. */
  add(nodeName: string, server: KubeletServer): Disposable {
    this.#local.set(nodeName, server);
    return { [Symbol.dispose]: () => void this.#local.delete(nodeName) };
  }

  request(node: NodeAddress, path: string, signal: AbortSignal, sent?: NodeRequest): Promise<NodeAnswer> {
    const local = this.#local.get(node.nodeName);
    return local?.request(path, signal, sent) ?? this.#far(node).request(node, path, signal, sent);
  }

  upgrade(node: NodeAddress, path: string, upgrade: StreamUpgrade, session: ForwardedSession): Promise<void> {
    const local = this.#local.get(node.nodeName);
    return local?.upgrade(path, upgrade) ?? this.#far(node).upgrade(node, path, upgrade, session);
  }

  #far(node: NodeAddress): NodeConnections {
    if (this.#remote === undefined) throw new HostError('Unreachable', `there is no way to node ${node.nodeName}`);
    return this.#remote;
  }
}
