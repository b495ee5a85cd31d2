/**
 * Writes the status of pods to the API. What always holds: one write of a pod at a time, always the newest status; what
 * changes in quick succession is written together, but what others wait for (phase, readiness, errors) goes at once.
 */
import { errorText, jsonEqual, type DeepReadonly } from '../base/mod.ts';
import { pods, type PodStatus } from '../api/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import { WorkQueue } from '../client/mod.ts';
import { uidOf, type PodView } from './pod.ts';
import { statusPatch } from './status-patch.ts';
import type { KubeletWorld } from './world.ts';

interface Entry {
  pod: PodView;
  wanted: DeepReadonly<PodStatus>;
  /** What the API has, as far as known, and at which revision. */
  written: DeepReadonly<PodStatus>;
  revision: number;
  readonly waiting: (() => void)[];
}

/** How long small changes wait for others: about the time that a container takes to start. */
const gatherMs = 200;

export class StatusWriter implements AsyncDisposable {
  readonly #world: Pick<KubeletWorld, 'client' | 'clock' | 'log' | 'config'>;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: WorkQueue;

  constructor(world: Pick<KubeletWorld, 'client' | 'clock' | 'log' | 'config'>) {
    this.#world = world;
    this.#queue = new WorkQueue({
      clock: world.clock,
      concurrency: 16,
      work: (uid) => this.#write(uid),
      retryMinMs: 100,
      retryMaxMs: 10_000,
    });
  }

  /** `pod` is the API's newest state of it. */
  report(pod: PodView, wanted: DeepReadonly<PodStatus>): void {
    const uid = uidOf(pod);
    let entry = this.#entries.get(uid);
    if (entry === undefined) this.#entries.set(uid, (entry = { pod, wanted, written: {}, revision: -1, waiting: [] }));
    entry.pod = pod;
    // Others write too: a pod that was called not ready while its node was silent is ready again only by our word.
    if (revisionOf(pod) > entry.revision) {
      entry.written = pod.status ?? {};
      entry.revision = revisionOf(pod);
    }
    if (jsonEqual(entry.wanted, wanted) && statusPatch(uid, entry.written, wanted) === undefined) return;
    entry.wanted = wanted;
    if (isUrgent(entry.written, wanted)) this.#queue.add(uid);
    else this.#queue.addAt(uid, this.#world.clock.now() + gatherMs);
  }

  /** Resolves when the newest status is written, or can no longer be. */
  flush(uid: string): Promise<void> {
    const entry = this.#entries.get(uid);
    if (entry === undefined || statusPatch(uid, entry.written, entry.wanted) === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      entry.waiting.push(resolve);
      this.#queue.add(uid);
    });
  }

  forgetPod(uid: string): void {
    this.#entries.get(uid)?.waiting.forEach((resolve) => resolve());
    this.#entries.delete(uid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
  }

  async #write(uid: string): Promise<void> {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    const { wanted, pod, revision: sentAt } = entry;
    const body = statusPatch(uid, entry.written, wanted);
    if (body !== undefined) {
      try {
        const key = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
        const cause = {
          component: 'kubelet',
          key: `${key.namespace}/${key.name}`,
          revision: revisionOf(pod),
        };
        const answer = await this.#world.client.patch(
          pods,
          key,
          { type: 'strategic', body },
          { subresource: 'status', fieldManager: 'kubelet', cause },
        );
        const revision = revisionOf(answer);
        // A server that changed nothing takes this status for what it has.
        if (revision <= sentAt) entry.written = { ...entry.written, ...wanted };
        else if (revision > entry.revision) Object.assign(entry, { written: answer.status ?? {}, revision });
      } catch (error) {
        // Gone, or another pod has the name by now: nobody wants this status any more.
        if (!isApiError(error, 'NotFound', 'Conflict')) {
          this.#world.log.warn('could not write the status of a pod', {
            pod: pod.metadata.name,
            error: errorText(error),
          });
          entry.written = entry.pod.status ?? {};
          throw error;
        }
        entry.written = wanted;
      }
    }
    // Newer, or the answer tells that somebody else had written meanwhile.
    if (!jsonEqual(entry.wanted, wanted) || statusPatch(uid, entry.written, wanted) !== undefined)
      return this.#queue.add(uid);
    for (const resolve of entry.waiting.splice(0)) resolve();
  }
}

function revisionOf({ metadata }: PodView): number {
  return Number(metadata.resourceVersion ?? 0);
}

/** What other components and people wait for. */
function isUrgent(from: DeepReadonly<PodStatus>, to: DeepReadonly<PodStatus>): boolean {
  if (from.phase !== to.phase && to.phase !== 'Pending') return true;
  const readyOf = ({ conditions }: DeepReadonly<PodStatus>): string | undefined =>
    conditions?.find(({ type }) => type === 'Ready')?.status;
  if (from.containerStatuses !== undefined && readyOf(from) !== readyOf(to)) return true;
  const reasons = ({ containerStatuses = [] }: DeepReadonly<PodStatus>): string =>
    containerStatuses
      .map(({ state, restartCount }) => `${state?.waiting?.reason ?? state?.terminated?.reason}/${restartCount}`)
      .join();
  return from.containerStatuses !== undefined && reasons(from) !== reasons(to);
}
