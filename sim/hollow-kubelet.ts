/**
 * Scheduler and kubelet of a cluster without machines: gives each pod a node, makes it Running and Ready after a while, and
 * removes it once its deletion was asked for. What a pod does is decided by its annotations, so a test says it in the pod:
 * `hollow/never-ready`, `hollow/phase: Failed`.
 */
import { rfc3339, type Clock, type DeepReadonly } from '../src/base/mod.ts';
import { pods, type Pod } from '../src/api/mod.ts';
import type { Client, InformerCache } from '../src/client/mod.ts';
import { isApiError, keyOf } from '../src/machinery/mod.ts';

export interface HollowKubeletOptions {
  readonly client: Client;
  readonly cache: InformerCache;
  readonly clock: Clock;
  readonly nodes?: readonly string[];
  /** From creation to Ready, and from the request to stop until it is gone. */
  readonly startMs?: number;
  readonly stopMs?: number;
}

export class HollowKubelet implements AsyncDisposable {
  readonly #options: Required<HollowKubeletOptions>;
  readonly #subscription: Disposable;
  readonly #timers = new Map<string, Disposable>();
  readonly #working = new Set<Promise<void>>();
  /** Nodes that are cut off: nothing happens to their pods. */
  readonly lost = new Set<string>();
  #placed = 0;
  #address = 0;

  constructor(options: HollowKubeletOptions) {
    this.#options = { nodes: ['node-1', 'node-2', 'node-3'], startMs: 1000, stopMs: 500, ...options };
    this.#subscription = options.cache.informer(pods).subscribe((changes) => {
      for (const { object } of changes) if (object !== undefined) this.#look(object);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    await Promise.all(this.#working);
  }

  #look(pod: DeepReadonly<Pod>): void {
    const { startMs, stopMs } = this.#options;
    const uid = pod.metadata.uid ?? '';
    if (pod.metadata.deletionTimestamp !== undefined) this.#later(`${uid} stop`, stopMs, () => this.#remove(pod));
    else if ((pod.status?.phase ?? 'Pending') === 'Pending') this.#later(`${uid} start`, startMs, () => this.#run(pod));
  }

  #later(id: string, delayMs: number, what: () => Promise<void>): void {
    if (this.#timers.has(id)) return;
    const begin = (): void => {
      const work = what().finally(() => this.#working.delete(work));
      this.#working.add(work);
    };
    this.#timers.set(id, this.#options.clock.after(delayMs, begin));
  }

  async #run({ metadata: { namespace, name = '', uid, annotations = {} }, spec }: DeepReadonly<Pod>): Promise<void> {
    const { client, clock, nodes, cache } = this.#options;
    const current = cache.informer(pods).get(`${namespace ?? ''}/${name}`);
    if (current?.metadata.uid !== uid || current === undefined || current.metadata.deletionTimestamp !== undefined)
      return;
    const node = spec?.nodeName ?? nodes[this.#placed++ % nodes.length] ?? '';
    if (this.lost.has(node)) return;
    const now = rfc3339(clock.now());
    const ready = annotations['hollow/never-ready'] === undefined && annotations['hollow/phase'] === undefined;
    this.#address += 1;
    const podIP = `10.244.${this.#address >> 8}.${this.#address & 255}`;
    const status = {
      phase: annotations['hollow/phase'] ?? 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now }],
    };
    if (spec?.nodeName === undefined)
      await this.#unlessGone(() => client.create(pods, binding(namespace, name, node), { subresource: 'binding' }));
    await this.#unlessGone(() =>
      client.patch(
        pods,
        { namespace, name },
        { type: 'merge', body: { metadata: { uid }, status } },
        { subresource: 'status' },
      ),
    );
  }

  async #remove(pod: DeepReadonly<Pod>): Promise<void> {
    const { client, cache } = this.#options;
    const { namespace, name = '', uid = '' } = pod.metadata;
    if (this.lost.has(cache.informer(pods).get(keyOf(pod))?.spec?.nodeName ?? '')) return;
    await this.#unlessGone(() => client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, uid }));
  }

  async #unlessGone(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    }
  }
}

function binding(namespace: string | undefined, name: string, node: string): Pod {
  const object = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { ...(namespace === undefined ? {} : { namespace }), name },
    target: { kind: 'Node', name: node },
  };
  return object;
}
