/**
 * The pods that wait for a node. Those that can be tried are active; those that failed are unschedulable until something
 * happens that may help them, and then wait out their back-off (1 s, doubling, at most 10 s); gated ones must not be tried.
 *
 * What always holds: a pod is in exactly one place, by uid; a pod that is being tried stays known until it is bound, put back
 * or deleted; no pod waits for longer than five minutes without another try.
 */
import { jsonEqual, type Clock } from '../base/mod.ts';
import { Heap } from './heap.ts';
import type { PodInfo } from './pod-info.ts';

export type QueuePlace = 'active' | 'backoff' | 'failed' | 'unschedulable' | 'gated' | 'trying';

export interface QueuedPod {
  info: PodInfo;
  place: QueuePlace;
  /** How often it was taken out to be tried. */
  attempts: number;
  /** Since when it waits in its place, and the order within one instant. */
  addedMs: number;
  sequence: number;
  /** Before then it is not tried again, unless nobody else waits. */
  backoffUntilMs: number;
  /** The plugins that refused it. */
  rejectors: ReadonlySet<string>;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Negative: `a` goes first. */
  readonly compare: (a: QueuedPod, b: QueuedPod) => number;
  /** Why a pod must not be tried, if so. */
  readonly gate: (pod: PodInfo) => string | undefined;
  /** There is something to take out. */
  readonly onReady: () => void;
}

const backoffMinMs = 1000;
const backoffMaxMs = 10_000;
const unschedulableMaxMs = 300_000;
/** Pods that nobody in particular refused: any change may help them. */
export const nobody = '';

export class SchedulingQueue implements Disposable {
  readonly #options: QueueOptions;
  readonly #known = new Map<string, QueuedPod>();
  readonly #active: Heap<QueuedPod>;
  readonly #backoff = new Heap<QueuedPod>((a, b) => a.backoffUntilMs < b.backoffUntilMs);
  /** Pods whose last try failed for another reason than the pod itself: these wait in any case. */
  readonly #failed = new Heap<QueuedPod>((a, b) => a.backoffUntilMs < b.backoffUntilMs);
  /** Oldest first. */
  readonly #unschedulable = new Set<QueuedPod>();
  readonly #byRejector = new Map<string, Set<QueuedPod>>();
  #sequence = 0;
  #timer: Disposable | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #disposed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#active = new Heap((a, b) => (options.compare(a, b) || a.sequence - b.sequence) < 0);
  }

  /** How many pods wait in a place. */
  count(place: QueuePlace): number {
    let count = 0;
    for (const queued of this.#known.values()) if (queued.place === place) count++;
    return count;
  }

  get(uid: string): Readonly<QueuedPod> | undefined {
    return this.#known.get(uid);
  }

  /** Takes in a new pod, or what became of one that is known. */
  add(info: PodInfo): void {
    const known = this.#known.get(info.uid);
    if (known !== undefined) return this.#update(known, info);
    const queued: QueuedPod = {
      info,
      place: 'active',
      attempts: 0,
      addedMs: this.#options.clock.now(),
      sequence: this.#sequence++,
      backoffUntilMs: 0,
      rejectors: new Set(),
    };
    this.#known.set(info.uid, queued);
    this.#activate(queued);
  }

  delete(uid: string): void {
    const queued = this.#known.get(uid);
    if (queued === undefined) return;
    this.#leave(queued);
    this.#known.delete(uid);
  }

  get ready(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0;
  }

  /** The next pod to try. When nobody else waits, one whose back-off is not over yet. */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backoff.pop();
    if (queued === undefined) return undefined;
    queued.place = 'trying';
    queued.attempts += 1;
    return queued;
  }

  /** Puts back a pod that no node fits. */
  unschedulable(queued: QueuedPod, rejectors: ReadonlySet<string>): void {
    if (!this.#putBack(queued, 'unschedulable')) return;
    queued.rejectors = rejectors.size === 0 ? new Set([nobody]) : rejectors;
    this.#unschedulable.add(queued);
    for (const plugin of queued.rejectors) {
      const refused = this.#byRejector.get(plugin);
      if (refused === undefined) this.#byRejector.set(plugin, new Set([queued]));
      else refused.add(queued);
    }
    this.#arm();
  }

  /** Puts back a pod that fits but could not be bound. */
  retry(queued: QueuedPod): void {
    if (!this.#putBack(queued, 'failed')) return;
    this.#failed.push(queued);
    this.#arm();
  }

  /** The unschedulable pods that this plugin refused. */
  refusedBy(plugin: string): ReadonlySet<QueuedPod> {
    return this.#byRejector.get(plugin) ?? noPods;
  }

  /** Something happened that may help this unschedulable pod. */
  wake(queued: QueuedPod): void {
    if (queued.place !== 'unschedulable') return;
    this.#leave(queued);
    if (queued.backoffUntilMs <= this.#options.clock.now()) return this.#activate(queued);
    queued.place = 'backoff';
    this.#backoff.push(queued);
    this.#arm();
    this.#options.onReady();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #update(queued: QueuedPod, info: PodInfo): void {
    const before = queued.info.pod;
    const { place } = queued;
    // The order may hang on what changed.
    if (place === 'active') this.#active.delete(queued);
    queued.info = info;
    if (place === 'active') this.#active.push(queued);
    if (place === 'gated') return this.#activate(queued);
    const { spec, metadata } = info.pod;
    if (
      place === 'unschedulable' &&
      !(jsonEqual(before.spec, spec) && jsonEqual(before.metadata.labels, metadata.labels))
    )
      this.wake(queued);
  }

  #activate(queued: QueuedPod): void {
    if (this.#options.gate(queued.info) !== undefined) {
      queued.place = 'gated';
      return;
    }
    queued.place = 'active';
    queued.addedMs = this.#options.clock.now();
    this.#active.push(queued);
    this.#options.onReady();
  }

  /** False when the pod was deleted or bound while it was being tried. */
  #putBack(queued: QueuedPod, place: QueuePlace): boolean {
    if (this.#known.get(queued.info.uid) !== queued || queued.place !== 'trying') return false;
    queued.place = place;
    queued.addedMs = this.#options.clock.now();
    queued.sequence = this.#sequence++;
    queued.backoffUntilMs = queued.addedMs + Math.min(backoffMaxMs, backoffMinMs * 2 ** (queued.attempts - 1));
    return true;
  }

  #leave(queued: QueuedPod): void {
    this.#active.delete(queued);
    this.#backoff.delete(queued);
    this.#failed.delete(queued);
    if (!this.#unschedulable.delete(queued)) return;
    for (const plugin of queued.rejectors) {
      const refused = this.#byRejector.get(plugin);
      refused?.delete(queued);
      if (refused?.size === 0) this.#byRejector.delete(plugin);
    }
  }

  /** One timer, for whatever is due first. */
  #arm(): void {
    const [oldest] = this.#unschedulable;
    const dueMs = Math.min(
      this.#backoff.first?.backoffUntilMs ?? Number.POSITIVE_INFINITY,
      this.#failed.first?.backoffUntilMs ?? Number.POSITIVE_INFINITY,
      oldest === undefined ? Number.POSITIVE_INFINITY : oldest.addedMs + unschedulableMaxMs,
    );
    if (this.#disposed || dueMs >= this.#timerAtMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerAtMs = dueMs;
    const { clock } = this.#options;
    this.#timer = clock.after(Math.max(0, dueMs - clock.now()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#flush();
      this.#arm();
    });
  }

  #flush(): void {
    const nowMs = this.#options.clock.now();
    for (const heap of [this.#backoff, this.#failed]) {
      for (let { first } = heap; first !== undefined && first.backoffUntilMs <= nowMs; { first } = heap) {
        heap.delete(first);
        this.#activate(first);
      }
    }
    for (const queued of this.#unschedulable) {
      if (queued.addedMs + unschedulableMaxMs > nowMs) break;
      this.wake(queued);
    }
  }
}

const noPods: ReadonlySet<QueuedPod> = new Set();
