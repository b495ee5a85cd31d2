/**
 * Follows the container runtime: first everything that is there, then events, and from time to time everything again in
 * case an event was lost. What always holds: a container's state only goes forward, however late a report comes; only
 * sandboxes and containers of this node are seen.
 */
import { errorText, HostError } from '../base/mod.ts';
import { ownerNode, podUid } from './labels.ts';
import type { ContainerState, ContainerStatus, PodSandboxStatus, RuntimeEvent, StringMap } from './ports.ts';
import { emptyRuntime, withContainer, without, withSandbox, type PodRuntime } from './runtime-state.ts';
import type { KubeletWorld } from './world.ts';

export interface RuntimeListener {
  /** A pod's part of the runtime changed. */
  changed(uid: string): void;
  /** A container ended; awaited before the pod hears of it, to fetch its last words. */
  ended(uid: string, container: ContainerStatus): Promise<void>;
}

const rank: Readonly<Record<ContainerState, number>> = {
  CONTAINER_UNKNOWN: 0,
  CONTAINER_CREATED: 1,
  CONTAINER_RUNNING: 2,
  CONTAINER_EXITED: 3,
};
/** Requests to the runtime that a relist has in flight. */
const inFlightMax = 8;

export class RuntimeWatch implements Disposable {
  readonly #world: Pick<KubeletWorld, 'runtime' | 'clock' | 'log' | 'config'>;
  readonly #listener: RuntimeListener;
  readonly #pods = new Map<string, PodRuntime>();
  readonly #uidOf = new Map<string, string>();
  #events: Disposable | undefined;
  #timer: Disposable | undefined;
  #relisting: Promise<void> | undefined;
  #disposed = false;
  /** Why the last relist failed; undefined when it did not. */
  problem: string | undefined;

  constructor(world: Pick<KubeletWorld, 'runtime' | 'clock' | 'log' | 'config'>, listener: RuntimeListener) {
    this.#world = world;
    this.#listener = listener;
  }

  async start(): Promise<void> {
    await this.relist();
    this.#events = this.#world.runtime.events((event) => void this.#onEvent(event));
    this.#arm();
  }

  get(uid: string): PodRuntime {
    return this.#pods.get(uid) ?? emptyRuntime;
  }

  uids(): Iterable<string> {
    return this.#pods.keys();
  }

  labelsOf(uid: string): StringMap | undefined {
    const { sandboxes, containers } = this.get(uid);
    return (sandboxes[0] ?? containers[0])?.labels;
  }

  podOf(id: string): string | undefined {
    return this.#uidOf.get(id);
  }

  /** Looks at a container again, after having done something to it. */
  async refreshContainer(uid: string, id: string): Promise<void> {
    try {
      await this.#takeContainer(uid, await this.#world.runtime.containerStatus(id));
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'NotFound') throw error;
      this.removed(uid, id);
    }
  }

  async refreshSandbox(uid: string, id: string): Promise<PodSandboxStatus | undefined> {
    try {
      const sandbox = await this.#world.runtime.podSandboxStatus(id);
      this.#set(uid, withSandbox(this.get(uid), sandbox), id);
      return sandbox;
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'NotFound') throw error;
      this.removed(uid, id);
      return undefined;
    }
  }

  removed(uid: string, id: string): void {
    this.#uidOf.delete(id);
    const runtime = without(this.get(uid), id);
    if (runtime.sandboxes.length === 0 && runtime.containers.length === 0) this.#pods.delete(uid);
    else this.#pods.set(uid, runtime);
    this.#listener.changed(uid);
  }

  /** Compares everything with what is known. Calls while one is under way share it. */
  relist(): Promise<void> {
    this.#relisting ??= this.#relist().finally(() => (this.#relisting = undefined));
    return this.#relisting;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#events?.[Symbol.dispose]();
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    if (this.#disposed) return;
    this.#timer = this.#world.clock.after(this.#world.config.relistMs, () => {
      const done = (): void => this.#arm();
      this.relist().then(done, done);
    });
  }

  async #relist(): Promise<void> {
    const { runtime, config, log } = this.#world;
    const filter = { labelSelector: { [ownerNode]: config.nodeName } };
    try {
      const [sandboxes, containers] = await Promise.all([
        runtime.listPodSandboxes(filter),
        runtime.listContainers(filter),
      ]);
      const work: (() => Promise<unknown>)[] = [];
      for (const { id, state, labels } of sandboxes) {
        const uid = labels[podUid] ?? '';
        if (this.get(uid).sandboxes.find((known) => known.id === id)?.state !== state)
          work.push(() => this.refreshSandbox(uid, id));
      }
      for (const { id, state, labels } of containers) {
        const uid = labels[podUid] ?? '';
        const known = this.get(uid).containers.find((container) => container.id === id);
        if (known === undefined || rank[known.state] < rank[state]) work.push(() => this.refreshContainer(uid, id));
      }
      const there = new Set([...sandboxes, ...containers].map(({ id }) => id));
      for (const [id, uid] of this.#uidOf) if (!there.has(id)) work.push(() => this.#confirm(uid, id));
      await allOf(work);
      this.problem = undefined;
    } catch (error) {
      this.problem = errorText(error);
      log.warn('could not list what the container runtime has', { error: this.problem });
      throw error;
    }
  }

  /** What a list did not show may have been made since: only the runtime's own word removes it. */
  async #confirm(uid: string, id: string): Promise<void> {
    const known = this.get(uid);
    if (known.sandboxes.some((sandbox) => sandbox.id === id)) await this.refreshSandbox(uid, id);
    else await this.refreshContainer(uid, id);
  }

  async #onEvent(event: RuntimeEvent): Promise<void> {
    try {
      if (event.type === 'Resync') return await this.relist();
      const uid = this.#uidOf.get(event.id);
      // What this kubelet is making it sees by itself; what it never made is not its business.
      if (uid === undefined || event.type === 'Created') return;
      const { sandboxes, containers } = this.get(uid);
      const container = containers.find(({ id }) => id === event.id);
      if (container !== undefined) {
        if (event.type === 'Started' && container.state !== 'CONTAINER_CREATED') return;
        if (event.type === 'Stopped' && container.state === 'CONTAINER_EXITED') return;
        await this.refreshContainer(uid, event.id);
      } else if (sandboxes.some(({ id }) => id === event.id) && event.type !== 'Started') {
        await this.refreshSandbox(uid, event.id);
      }
    } catch (error) {
      this.#world.log.debug('could not look at what the runtime told of', { error: errorText(error) });
    }
  }

  async #takeContainer(uid: string, status: ContainerStatus): Promise<void> {
    const known = this.get(uid).containers.find(({ id }) => id === status.id);
    if (known !== undefined && rank[known.state] > rank[status.state]) return;
    const ended = status.state === 'CONTAINER_EXITED' && known?.state !== 'CONTAINER_EXITED';
    if (ended) await this.#listener.ended(uid, status);
    this.#set(uid, withContainer(this.get(uid), status), status.id);
  }

  #set(uid: string, runtime: PodRuntime, id: string): void {
    this.#pods.set(uid, runtime);
    this.#uidOf.set(id, uid);
    this.#listener.changed(uid);
  }
}

async function allOf(work: readonly (() => Promise<unknown>)[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = work[next++]; one !== undefined; one = work[next++]) await one();
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, work.length) }, worker));
}
