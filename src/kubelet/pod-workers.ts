/**
 * The engine: gathers what is known of a pod, has it planned, and starts what the plan says as operations. An operation
 * that ends has the pod planned again, so nothing waits longer than it must and nothing is polled.
 *
 * What always holds: planning a pod is synchronous and happens once at a time; an operation is started only by a plan that
 * saw it was not under way; a pod is forgotten only when neither the API nor the runtime has it any more.
 */
import { AssertionError, errorText } from '../base/mod.ts';
import { pods } from '../api/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import { WorkQueue } from '../client/mod.ts';
import { Backoff } from './backoff.ts';
import { ContainerFailure } from './failure.ts';
import { killContainer } from './container-kill.ts';
import { podGarbage } from './garbage.ts';
import { notesOf, podFromLabels } from './labels.ts';
import { endOf, planPod, restartKey, type PodAction } from './plan.ts';
import { podLogDirectory } from './paths.ts';
import { isTerminalPhase, uidOf, type PodView } from './pod.ts';
import { newMemory, type PodFacts, type PodFailure } from './pod-facts.ts';
import type { PodRecord } from './pod-record.ts';
import { PodVolumes } from './pod-volumes.ts';
import type { WorkerParts } from './worker-parts.ts';
import { latest } from './runtime-state.ts';
import { podAddresses } from './status.ts';
import { podEvent, type KubeletWorld } from './world.ts';

/** Planning costs well under a millisecond; this bounds how many pods are planned in one turn. */
const plansAtOnce = 64;
/** Between attempts to set volumes up, as upstream. */
const volumesAgainMinMs = 500;
const volumesAgainMaxMs = 122_000;

export class PodWorkers implements AsyncDisposable {
  readonly #world: KubeletWorld;
  readonly #parts: WorkerParts;
  readonly #records = new Map<string, PodRecord>();
  readonly #restartDelays = new Backoff();
  readonly #volumeDelays = new Backoff(volumesAgainMinMs, volumesAgainMaxMs);
  readonly #queue: WorkQueue;

  constructor(world: KubeletWorld, parts: WorkerParts) {
    this.#world = world;
    this.#parts = parts;
    this.#queue = new WorkQueue({ clock: world.clock, concurrency: plansAtOnce, work: (uid) => this.#work(uid) });
  }

  records(): Iterable<PodRecord> {
    return this.#records.values();
  }

  get(uid: string): PodRecord | undefined {
    return this.#records.get(uid);
  }

  wake(uid: string): void {
    if (this.#records.has(uid)) this.#queue.add(uid);
  }

  /** All pods again, e.g. when the network has become ready. */
  wakeAll(): void {
    for (const uid of this.#records.keys()) this.#queue.add(uid);
  }

  /** The API has this pod in this state. */
  update(pod: PodView): void {
    const uid = uidOf(pod);
    const record = this.#records.get(uid);
    if (record === undefined) {
      const startTime = pod.status?.startTime;
      this.#add(pod, startTime === undefined ? this.#world.clock.now() : Date.parse(startTime));
    } else {
      if (PodVolumes.followsPod(pod) && metadataChanged(record.pod, pod)) record.volumesStale = true;
      record.pod = pod;
    }
    this.#queue.add(uid);
  }

  /** The API has the pod no longer. */
  remove(pod: PodView): void {
    const record = this.#records.get(uidOf(pod));
    if (record === undefined) return;
    record.pod = pod;
    record.removed = true;
    this.#queue.add(record.uid);
  }

  /** The runtime has something of a pod that the API does not know: it has to end. */
  adoptOrphan(uid: string): void {
    const labels = this.#parts.watch.labelsOf(uid);
    if (labels === undefined || this.#records.has(uid)) return;
    const [container] = this.#parts.watch.get(uid).containers;
    const graceSeconds = container === undefined ? undefined : notesOf(container.annotations).gracePeriodSeconds;
    this.#add(podFromLabels(labels, this.#world.config.nodeName, graceSeconds), this.#world.clock.now()).removed = true;
    this.#queue.add(uid);
  }

  /** What a volume of the pod shows has changed. */
  volumesChanged(uid: string): void {
    const record = this.#records.get(uid);
    if (record === undefined) return;
    record.volumesStale = true;
    // What is missing may be there now: the next attempt need not wait.
    if (typeof record.memory.volumes === 'object') record.memory.volumes = 'needed';
    for (const [name, problem] of record.memory.problems) {
      if (problem.reason === 'CreateContainerConfigError')
        record.memory.problems.set(name, { ...problem, againAtMs: 0 });
    }
    this.#queue.add(uid);
  }

  /** Ends a pod for a reason of the node's. */
  fail(uid: string, failure: PodFailure): void {
    const record = this.#records.get(uid);
    if (record === undefined || record.memory.failure !== undefined) return;
    record.memory.failure = failure;
    podEvent(this.#world, record.pod, { type: 'Warning', ...failure });
    this.#queue.add(uid);
  }

  /** Removes what pods have replaced. */
  collectGarbage(): void {
    for (const record of this.#records.values()) this.#collect(record);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue[Symbol.asyncDispose]();
    for (const { doing } of this.#records.values())
      for (const [name, { abort }] of doing) if (name.startsWith('image:')) abort.abort();
  }

  #add(pod: PodView, startedAtMs: number): PodRecord {
    const uid = uidOf(pod);
    const record: PodRecord = {
      uid,
      pod,
      removed: false,
      memory: newMemory(startedAtMs),
      doing: new Map(),
      sandboxConfig: undefined,
      status: undefined,
      volumesStale: false,
    };
    this.#records.set(uid, record);
    return record;
  }

  async #work(uid: string): Promise<void> {
    const record = this.#records.get(uid);
    if (record === undefined || !this.#parts.synced()) return;
    if (!record.memory.admitted) this.#admit(record);
    const facts = this.facts(record);
    const plan = planPod(facts);
    record.status = plan.status;
    this.#parts.prober.sync(record.pod, facts.runtime, {
      podIP: podAddresses(facts)[0] ?? '',
      ending: record.memory.terminatingSinceMs !== undefined,
      isStarting: (container) => record.doing.has(`start:${container}`),
    });
    if (!record.removed) this.#parts.writer.report(record.pod, plan.status);
    for (const action of plan.actions) this.#start(record, action);
    if (plan.wakeAtMs !== undefined) this.#queue.addAt(uid, plan.wakeAtMs);
    this.#keepVolumesFresh(record);
    await Promise.resolve();
  }

  /** What is known of the pod, as plans see it. */
  facts(record: PodRecord): PodFacts {
    const { watch, prober, messages, hostIPs, networkProblem, runtimeName } = this.#parts;
    return {
      pod: withStatus(record),
      removed: record.removed,
      runtime: watch.get(record.uid),
      memory: record.memory,
      doing: record.doing,
      probes: prober,
      messages,
      restartDelays: this.#restartDelays,
      networkProblem: networkProblem(),
      hostIPs: hostIPs(),
      runtimeName: runtimeName(),
      now: this.#world.clock.now(),
    };
  }

  #admit(record: PodRecord): void {
    const { pod, memory, uid } = record;
    const ending = record.removed || pod.metadata.deletionTimestamp !== undefined || isTerminalPhase(pod.status?.phase);
    const known = this.#parts.watch.get(uid).containers.length > 0 || pod.status?.phase === 'Running';
    if (ending || memory.failure !== undefined) return;
    const others = [...this.#records.values()].filter(
      (other) => other.uid !== uid && other.memory.admitted && !other.memory.tornDown,
    );
    const refused = known
      ? undefined
      : this.#parts.admit(
          pod,
          others.map((other) => withStatus(other)),
        );
    memory.admitted = refused === undefined;
    memory.failure = refused;
    if (refused !== undefined) podEvent(this.#world, pod, { type: 'Warning', ...refused });
  }

  #keepVolumesFresh(record: PodRecord): void {
    const { memory, doing, uid } = record;
    if (memory.volumes !== 'ready' || memory.terminatingSinceMs !== undefined || doing.has('volumes')) return;
    const renewAtMs = this.#parts.volumes.renewAtMs(uid);
    const due = renewAtMs !== undefined && renewAtMs <= this.#world.clock.now();
    if (record.volumesStale || due) this.#start(record, { do: 'mountVolumes' });
    else if (renewAtMs !== undefined) this.#queue.addAt(uid, renewAtMs);
  }

  #start(record: PodRecord, action: PodAction): void {
    switch (action.do) {
      case 'fail':
        record.memory.failure = { reason: action.reason, message: action.message };
        podEvent(this.#world, record.pod, { reason: action.reason, message: action.message });
        return this.#queue.add(record.uid);
      case 'beginTermination':
        record.memory.terminatingSinceMs = this.#world.clock.now();
        return this.#queue.add(record.uid);
      case 'cancel':
        return record.doing.get(action.operation)?.abort.abort();
      case 'networkNotReady':
        return podEvent(this.#world, record.pod, {
          type: 'Warning',
          reason: 'NetworkNotReady',
          message: `network is not ready: ${action.problem}`,
        });
      case 'backOff': {
        const { name } = action.target.container;
        record.memory.problems.set(name, {
          reason: 'CrashLoopBackOff',
          message: action.message,
          againAtMs: action.againAtMs,
        });
        const message = `Back-off restarting failed container ${name} in pod ${record.pod.metadata.name}_${record.pod.metadata.namespace}(${record.uid})`;
        podEvent(this.#world, record.pod, { type: 'Warning', reason: 'BackOff', message, target: action.target });
        return this.#queue.add(record.uid);
      }
      default:
        return this.#startOperation(record, action);
    }
  }

  #startOperation(
    record: PodRecord,
    action: Exclude<PodAction, { do: 'fail' | 'beginTermination' | 'cancel' | 'networkNotReady' | 'backOff' }>,
  ): void {
    const { world, parts } = { world: this.#world, parts: this.#parts };
    switch (action.do) {
      case 'mountVolumes':
        return this.#run(record, 'volumes', () => this.#mountVolumes(record));
      case 'runSandbox':
        return this.#run(record, 'sandbox', () => parts.sandboxes.run(record, action.attempt));
      case 'stopSandbox':
        return this.#run(record, `stop:${action.id}`, () => parts.sandboxes.stop(record, action.id, action.changed));
      case 'ensureImage':
        return this.#run(record, `image:${action.target.container.name}`, (signal) =>
          this.#ensureImage(record, action, signal),
        );
      case 'startContainer':
        return this.#run(record, `start:${action.target.container.name}`, (signal) =>
          this.#startContainer(record, action, signal),
        );
      case 'killContainer': {
        const name = `kill:${action.container.id}`;
        record.doing.get(name)?.abort.abort();
        const deadlineMs = world.clock.now() + action.graceSeconds * 1000;
        return this.#run(
          record,
          name,
          (signal) => killContainer(world, parts.watch, record, { ...action, signal }),
          deadlineMs,
        );
      }
      case 'tearDown':
        return this.#run(record, 'tearDown', () => this.#tearDown(record));
      case 'deleteFromApi':
        return this.#run(record, 'deleteFromApi', () => this.#deleteFromApi(record));
      case 'forget':
        return this.#run(record, 'forget', () => this.#forget(record));
    }
  }

  /** Carries an operation out; whatever comes of it, the pod is planned again, after a failure a little later. */
  #run(record: PodRecord, name: string, work: (signal: AbortSignal) => Promise<void>, deadlineMs?: number): void {
    const operation = { abort: new AbortController(), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    record.doing.set(name, operation);
    const done = (): void => {
      if (record.doing.get(name) === operation) record.doing.delete(name);
    };
    work(operation.abort.signal).then(
      () => {
        done();
        this.#queue.add(record.uid);
      },
      (error: unknown) => {
        if (error instanceof AssertionError) throw error;
        this.#world.log.warn('an operation on a pod failed', {
          pod: record.pod.metadata.name,
          operation: name,
          error: errorText(error),
        });
        // The operation stays under way until its time to be tried again, so that no plan repeats it before.
        this.#world.clock.after(operationAgainMs, () => {
          done();
          this.#queue.add(record.uid);
        });
      },
    );
  }

  async #mountVolumes(record: PodRecord): Promise<void> {
    const { pod, memory } = record;
    const again = memory.volumes === 'ready';
    record.volumesStale = false;
    const facts = this.facts(record);
    try {
      await this.#parts.volumes.setUp(
        pod,
        { podIPs: podAddresses(facts), hostIPs: facts.hostIPs },
        this.#parts.allocatable(),
      );
      memory.volumes = 'ready';
      this.#volumeDelays.reset(record.uid);
    } catch (error) {
      const message = errorText(error);
      podEvent(this.#world, pod, { type: 'Warning', reason: 'FailedMount', message });
      const now = this.#world.clock.now();
      this.#volumeDelays.next(record.uid, now, now);
      const againAtMs = now + this.#volumeDelays.delayMs(record.uid);
      // Containers that run keep what they have until it can be brought up to date.
      if (!again) memory.volumes = { problem: message, againAtMs };
      else this.#queue.addAt(record.uid, againAtMs);
    }
  }

  async #ensureImage(
    record: PodRecord,
    { target }: Extract<PodAction, { do: 'ensureImage' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { memory, pod } = record;
    const { name } = target.container;
    try {
      memory.images.set(name, await this.#parts.images.ensure(pod, target, signal));
    } catch (error) {
      if (signal.aborted) return;
      this.#problem(record, name, error);
    }
  }

  async #startContainer(
    record: PodRecord,
    { target, sandbox, attempt }: Extract<PodAction, { do: 'startContainer' }>,
    signal: AbortSignal,
  ): Promise<void> {
    const { memory, pod } = record;
    const { name } = target.container;
    const before = latest(this.#parts.watch.get(record.uid), name);
    if (before !== undefined) this.#restartDelays.next(restartKey(pod, target), endOf(before), this.#world.clock.now());
    try {
      record.sandboxConfig ??= await this.#parts.sandboxes.config(pod, sandbox.metadata.attempt);
      await this.#parts.starter.start(record, { target, sandbox, attempt, signal }, record.sandboxConfig);
      memory.problems.delete(name);
    } catch (error) {
      this.#problem(record, name, error);
    } finally {
      // The next run asks again: the image may be gone by then, or its policy wants a newer one.
      memory.images.delete(name);
    }
    if (attempt > 1) this.#collect(record);
  }

  #problem({ memory, pod }: PodRecord, name: string, error: unknown): void {
    const failure =
      error instanceof ContainerFailure ? error : new ContainerFailure('RunContainerError', errorText(error));
    this.#world.log.info('a container could not be started', {
      pod: pod.metadata.name,
      container: name,
      reason: failure.code,
      error: failure.message,
    });
    memory.problems.set(name, {
      reason: failure.code,
      message: failure.message,
      againAtMs: this.#world.clock.now() + failure.againAfterMs,
    });
  }

  #collect(record: PodRecord): void {
    const { runtime } = this.#world;
    const { uid, doing } = record;
    const { containers, sandboxes } = podGarbage(this.#parts.watch.get(uid));
    if (containers.length + sandboxes.length === 0 || doing.has('collect')) return;
    this.#run(record, 'collect', async () => {
      for (const { id } of containers) {
        await runtime.removeContainer(id);
        this.#parts.messages.delete(id);
        this.#parts.watch.removed(uid, id);
      }
      for (const { id } of sandboxes) {
        await runtime.removePodSandbox(id);
        this.#parts.watch.removed(uid, id);
      }
    });
  }

  async #tearDown({ uid, memory }: PodRecord): Promise<void> {
    await Promise.all([this.#parts.volumes.tearDown(uid), this.#world.host.cgroups.remove(uid)]);
    memory.tornDown = true;
  }

  async #deleteFromApi(record: PodRecord): Promise<void> {
    const { pod, uid } = record;
    await this.#parts.writer.flush(uid);
    try {
      await this.#world.client.delete(
        pods,
        { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' },
        { gracePeriodSeconds: 0, uid },
      );
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
      record.removed = true;
    }
  }

  async #forget(record: PodRecord): Promise<void> {
    const { uid, pod } = record;
    const { runtime, host, config } = this.#world;
    const { containers, sandboxes } = this.#parts.watch.get(uid);
    await Promise.all(containers.map(({ id }) => runtime.removeContainer(id)));
    await Promise.all(sandboxes.map(({ id }) => runtime.removePodSandbox(id)));
    if ((pod.metadata.name ?? '') !== '') await host.files.removeTree(podLogDirectory(config, pod));
    this.#records.delete(uid);
    for (const { id } of [...containers, ...sandboxes]) {
      this.#parts.messages.delete(id);
      this.#parts.watch.removed(uid, id);
    }
    this.#parts.prober.forgetPod(uid);
    this.#parts.images.forgetPod(uid);
    this.#parts.writer.forgetPod(uid);
  }
}

const operationAgainMs = 1_000;

/** The pod with the newest status, which the API may not have yet; conditions of others are those of the API. */
function withStatus({ pod, status }: PodRecord): PodView {
  if (status === undefined) return pod;
  const own = new Set(status.conditions?.map(({ type }) => type));
  const conditions = [
    ...(pod.status?.conditions ?? []).filter(({ type }) => !own.has(type)),
    ...(status.conditions ?? []),
  ];
  return { ...pod, status: { ...pod.status, ...status, conditions } };
}

function metadataChanged(a: PodView, b: PodView): boolean {
  return (
    JSON.stringify([a.metadata.labels, a.metadata.annotations]) !==
    JSON.stringify([b.metadata.labels, b.metadata.annotations])
  );
}
