/** Nodes without machines: each registers, reports Ready and renews its lease, until it is lost. */
import { rfc3339, rfc3339Micro, type Clock } from '../src/base/mod.ts';
import { leases, nodes } from '../src/api/mod.ts';
import type { Client } from '../src/client/mod.ts';
import { isApiError } from '../src/machinery/mod.ts';

const renewMs = 10_000;
const conditionTypes = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'];

export class HollowNodes implements AsyncDisposable {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #timers = new Map<string, Disposable>();
  readonly #working = new Set<Promise<void>>();
  /** Nodes that are cut off from the API server. */
  readonly lost = new Set<string>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async add(name: string, labels: Record<string, string> = {}): Promise<void> {
    await this.#client.create(nodes, { metadata: { name, labels } });
    await this.report(name, 'True');
    await this.#client.create(leases, {
      metadata: { name, namespace: 'kube-node-lease' },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(this.#clock.now()) },
    });
    this.#arm(name);
  }

  /** Says whether the node is ready, as its kubelet would. */
  async report(name: string, ready: 'True' | 'False'): Promise<void> {
    const at = rfc3339(this.#clock.now());
    const conditions = conditionTypes.map((type) => ({
      type,
      status: type === 'Ready' ? ready : 'False',
      lastHeartbeatTime: at,
      lastTransitionTime: at,
      reason: `Kubelet${type}`,
      message: 'hollow',
    }));
    await this.#client.patch(
      nodes,
      { name },
      { type: 'strategic', body: { status: { conditions } } },
      { subresource: 'status' },
    );
  }

  /** The node is there again, and says so. */
  async recover(name: string): Promise<void> {
    this.lost.delete(name);
    await this.report(name, 'True');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    await Promise.all(this.#working);
  }

  #arm(name: string): void {
    const fire = (): void => {
      const work = this.#renew(name).finally(() => this.#working.delete(work));
      this.#working.add(work);
      this.#arm(name);
    };
    this.#timers.set(name, this.#clock.after(renewMs, fire));
  }

  async #renew(name: string): Promise<void> {
    if (this.lost.has(name)) return;
    const body = { spec: { renewTime: rfc3339Micro(this.#clock.now()) } };
    try {
      await this.#client.patch(leases, { namespace: 'kube-node-lease', name }, { type: 'merge', body });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}
