/**
 * The scheduler as a component: informers feed the state and the queue, cycles decide, decisions are carried out.
 *
 * What always holds: a cycle is synchronous and sees the effect of every cycle before it; bindings run beside it, a bounded
 * number at a time; whatever fails comes back to the queue.
 */
import { namespaces, nodes, pods, type Namespace, type Node, type Pod } from '../api/mod.ts';
import { AssertionError, errorText, TerminalError, type Clock, type DeepReadonly, type Log } from '../base/mod.ts';
import type { Client, EventRecorder, Informer, InformerCache, ObjectChange } from '../client/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import { tookEffect } from './binding-outcome.ts';
import { ClusterState } from './cluster-state.ts';
import type { ChangeKind, ClusterChange, Failure, Plugin, Profile } from './framework.ts';
import { fitFailureText } from './message.ts';
import { Peers } from './peers.ts';
import { PodInfo } from './pod-info.ts';
import { preempt, type Preemption } from './preempt.ts';
import { defaultPlugins } from './plugins/all.ts';
import { SchedulingQueue, nobody, type QueuedPod } from './queue.ts';
import { reportFailure } from './report.ts';
import { schedule, type Decision } from './schedule.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly cache: InformerCache;
  /** Records as `default-scheduler`. */
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose pods to schedule and how; upstream's default profile unless said otherwise. */
  readonly profiles?: readonly Profile[];
  /** Hears of every decision, for explaining. */
  readonly onDecision?: (decision: Decision) => void;
}

export const defaultProfile: Profile = { schedulerName: 'default-scheduler', plugins: defaultPlugins };

/** Other work gets its turn after so many cycles, or after so long. */
const cyclesAtOnceMax = 64;
const turnMs = 4;
/** Decisions that are being carried out at a time: bindings, reports, preemptions. No cycle begins beyond that. */
const inFlightMax = 256;

/** A plugin refused the pod on the node that was chosen. */
class Refused {
  readonly failure: Failure;
  constructor(failure: Failure) {
    this.failure = failure;
  }
}

export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #wokenBy = new Map<ChangeKind, Set<Plugin>>();
  readonly #state: ClusterState;
  readonly #queue: SchedulingQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #namespaces: Informer<Namespace>;
  readonly #peers: Peers;
  readonly #subscriptions: Disposable[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #namespacesRevision = 0;
  #nextStart = 0;
  #running = false;
  #turn: Disposable | undefined;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    const { cache, clock, profiles = [defaultProfile] } = options;
    this.#options = options;
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    for (const { plugin } of profiles.flatMap((profile) => profile.plugins)) {
      for (const kind of plugin.wokenBy ?? [])
        this.#wokenBy.set(kind, (this.#wokenBy.get(kind) ?? new Set()).add(plugin));
    }
    this.#nodes = cache.informer(nodes);
    this.#pods = cache.informer(pods);
    this.#namespaces = cache.informer(namespaces);
    this.#peers = new Peers(cache);
    this.#state = new ClusterState({
      namespaceLabels: (name) => this.#namespaces.get(name)?.metadata.labels,
      namespacesRevision: () => this.#namespacesRevision,
      peers: (pod) => this.#peers.of(pod),
    });
    const sort = profiles
      .flatMap((profile) => profile.plugins)
      .find(({ plugin }) => plugin.queueSort !== undefined)?.plugin;
    this.#queue = new SchedulingQueue({
      clock,
      compare: (a, b) => sort?.queueSort?.(a, b) ?? 0,
      gate: (pod) => this.#gate(pod),
      onReady: () => this.#run(),
    });
  }

  /** Starts once it knows all nodes and pods. */
  async start(): Promise<this> {
    await Promise.all([
      this.#nodes.reached(0),
      this.#pods.reached(0),
      this.#namespaces.reached(0),
      this.#peers.synced(),
    ]);
    if (this.#stopped) return this;
    this.#subscriptions.push(
      this.#namespaces.subscribe(() => void (this.#namespacesRevision += 1)),
      this.#nodes.subscribe((changes) => {
        for (const change of changes) this.#onNode(change);
      }),
      this.#pods.subscribe((changes) => {
        for (const change of changes) this.#onPod(change);
      }),
    );
    return this;
  }

  /** Takes nothing more up and resolves when what is being carried out is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#stopping.abort(new TerminalError('the scheduler is being stopped'));
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#queue[Symbol.dispose]();
    this.#turn?.[Symbol.dispose]();
    await Promise.all(this.#inFlight);
  }

  #onNode({ key, object }: ObjectChange<Node>): void {
    for (const change of this.#state.setNode(key, object)) this.#wake(change);
  }

  #onPod({ object, previous }: ObjectChange<Pod>): void {
    if (previous !== undefined && previous.metadata.uid !== object?.metadata.uid) this.#podGone(previous);
    if (object === undefined) return;
    if (isOver(object)) return this.#podGone(object);
    if ((object.spec?.nodeName ?? '') !== '') return this.#podPlaced(object);
    if (object.metadata.deletionTimestamp !== undefined) return this.#podGone(object);
    if (!this.#profiles.has(object.spec?.schedulerName ?? '')) return;
    const info = new PodInfo(object);
    const nominated = object.status?.nominatedNodeName ?? '';
    if (this.#state.placed(info.uid) === undefined) {
      if (nominated !== '') this.#state.nominate(info, nominated);
      else if ((previous?.status?.nominatedNodeName ?? '') !== '') this.#state.unnominate(info.uid);
    }
    this.#queue.add(info);
  }

  #podPlaced(pod: DeepReadonly<Pod>): void {
    const uid = pod.metadata.uid ?? '';
    this.#queue.delete(uid);
    this.#state.unnominate(uid);
    for (const change of this.#state.place(new PodInfo(pod))) this.#wake(change);
  }

  #podGone({ metadata: { uid = '' } }: DeepReadonly<Pod>): void {
    this.#queue.delete(uid);
    this.#state.unnominate(uid);
    for (const change of this.#state.remove(uid)) this.#wake(change);
  }

  #gate(pod: PodInfo): string | undefined {
    for (const { plugin } of this.#profiles.get(pod.schedulerName)?.plugins ?? []) {
      const reason = plugin.preEnqueue?.(pod);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Brings back the pods that a change may help. */
  #wake(change: ClusterChange): void {
    for (const queued of this.#queue.refusedBy(nobody)) this.#queue.wake(queued);
    for (const plugin of this.#wokenBy.get(change.kind) ?? []) {
      for (const queued of this.#queue.refusedBy(plugin.name))
        if (this.#helps(plugin, queued.info, change)) this.#queue.wake(queued);
    }
  }

  #helps(plugin: Plugin, pod: PodInfo, change: ClusterChange): boolean {
    if (plugin.mayHelp !== undefined) return plugin.mayHelp(pod, change, this.#state);
    const filter = plugin.preFilter?.(pod, this.#state);
    if (filter === undefined) return true;
    if ('refused' in filter || filter.only?.has(change.node.name) === false) return false;
    return filter.check?.(change.node) === undefined;
  }

  #run(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    // Whoever made a pod ready finishes first what it is doing.
    void Promise.resolve().then(() => this.#takeTurn());
  }

  #takeTurn(): void {
    const { clock } = this.#options;
    const endMs = clock.monotonic() + turnMs;
    for (let cycle = 0; cycle < cyclesAtOnceMax && this.#inFlight.size < inFlightMax && !this.#stopped; cycle++) {
      const queued = this.#queue.pop();
      if (queued === undefined) break;
      this.#cycle(queued);
      if (clock.monotonic() >= endMs) break;
    }
    this.#running = this.#queue.ready && this.#inFlight.size < inFlightMax && !this.#stopped;
    if (this.#running) this.#turn = clock.after(0, () => this.#takeTurn());
  }

  #cycle(queued: QueuedPod): void {
    const pod = queued.info;
    const profile = this.#profiles.get(pod.schedulerName);
    if (profile === undefined) return;
    const nodeCount = this.#state.nodes.length;
    const decision = schedule({
      pod,
      snapshot: this.#state,
      profile,
      attempt: queued.attempts,
      start: this.#nextStart,
    });
    this.#nextStart = nodeCount === 0 ? 0 : (this.#nextStart + decision.evaluated) % nodeCount;
    this.#options.onDecision?.(decision);
    const { nodeName } = decision;
    if (nodeName === undefined) return this.#onUnschedulable(queued, decision);
    this.#state.assume(pod, nodeName);
    this.#track(this.#bind(queued, profile, nodeName));
  }

  #onUnschedulable(queued: QueuedPod, { rejectors, message, preemption, clearNomination }: Decision): void {
    const pod = queued.info;
    this.#options.log.debug('no node fits', { pod: pod.key, message });
    this.#queue.unschedulable(queued, rejectors);
    if (clearNomination) this.#state.unnominate(pod.uid);
    if (preemption !== undefined) this.#track(this.#preempt({ pod, ...preemption }));
    const nominate = preemption === undefined ? (clearNomination ? '' : undefined) : preemption.nodeName;
    this.#track(reportFailure(this.#options, { pod, reason: 'Unschedulable', message, nominate }));
  }

  async #preempt(preemption: Preemption): Promise<void> {
    const { pod, nodeName } = preemption;
    const displaced = this.#state.nominated(nodeName).filter(({ priority }) => priority < pod.priority);
    for (const { uid } of displaced) this.#state.unnominate(uid);
    this.#state.nominate(pod, nodeName);
    await preempt(this.#options, preemption, displaced);
  }

  async #bind(queued: QueuedPod, { plugins }: Profile, nodeName: string): Promise<void> {
    const pod = queued.info;
    const { client, events, log } = this.#options;
    const reserved: Plugin[] = [];
    let step = '';
    try {
      for (const { plugin } of plugins) {
        reserved.push(plugin);
        refuse(plugin.reserve?.(pod, nodeName));
      }
      for (const { plugin } of plugins) {
        const permission = await plugin.permit?.(pod, nodeName);
        if (permission !== undefined && 'refused' in permission) refuse(permission.refused);
      }
      const binding = { client, cause: { component: 'scheduler', key: pod.key, revision: this.#pods.revision } };
      for (const { plugin } of plugins) await plugin.preBind?.(pod, nodeName, binding);
      for (const { plugin } of plugins) {
        step = `running Bind plugin "${plugin.name}": `;
        await plugin.bind?.(pod, nodeName, binding);
      }
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const { clock } = this.#options;
      const asking = { client, clock, signal: this.#stopping.signal };
      if (step === '' || !(await tookEffect(asking, { pod: pod.pod, nodeName, error }))) {
        for (const plugin of reserved.toReversed()) plugin.unreserve?.(pod, nodeName);
        return this.#onBindingFailed(queued, nodeName, { error, step });
      }
    }
    log.debug('bound', { pod: pod.key, node: nodeName });
    await events.record({
      regarding: pod.pod,
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.key} to ${nodeName}`,
    });
  }

  async #onBindingFailed(
    queued: QueuedPod,
    nodeName: string,
    { error, step }: { readonly error: unknown; readonly step: string },
  ): Promise<void> {
    const pod = queued.info;
    for (const change of this.#state.forget(pod.uid)) this.#wake(change);
    if (error instanceof Refused) {
      const { failure } = error;
      this.#queue.unschedulable(queued, new Set([failure.plugin]));
      const message = fitFailureText({ nodeCount: 1, failures: new Map([[nodeName, failure]]) });
      return reportFailure(this.#options, { pod, reason: 'Unschedulable', message, nominate: '' });
    }
    this.#queue.retry(queued);
    // Nobody is left to be told.
    if (isApiError(error, 'NotFound')) return;
    this.#options.log.warn('could not bind', { pod: pod.key, node: nodeName, error: errorText(error) });
    await reportFailure(this.#options, {
      pod,
      reason: 'SchedulerError',
      message: step + errorText(error),
      nominate: '',
    });
  }

  #track(work: Promise<void>): void {
    this.#inFlight.add(work);
    void work.finally(() => {
      this.#inFlight.delete(work);
      if (this.#queue.ready) this.#run();
    });
  }
}

function refuse(failure: Failure | undefined): void {
  // oxlint-disable-next-line typescript/only-throw-error -- it never leaves this file
  if (failure !== undefined) throw new Refused(failure);
}

/** A pod that is over holds nothing any more. */
function isOver({ status }: DeepReadonly<Pod>): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
