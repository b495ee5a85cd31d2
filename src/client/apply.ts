/**
 * Runs controllers: keys come in from informers, each key is planned from the current view, and the plan is carried out.
 *
 * What always holds: a key is worked on once at a time; it is planned again only when the view holds everything that its last
 * plan wrote (so a plan never repeats what it just did); a failure brings the key back after a while, a conflict at once.
 */
import { AssertionError, errorText, TerminalError, type Clock, type DeepReadonly, type Log } from '../base/mod.ts';
import { groupResource, isApiError, objectKey, type KubeObject, type Resource } from '../machinery/mod.ts';
import type { Client } from './client.ts';
import type { EventRecorder } from './events.ts';
import type { Informer, InformerCache } from './informer.ts';
import type { Action, Controller, Look, Plan, Read, Reads, ServedResources, ViewOf, Work } from './plan.ts';
import { WorkQueue } from './queue.ts';

export interface ControllerWorld {
  readonly client: Client;
  readonly cache: InformerCache;
  readonly resources: ServedResources;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of every plan that does something, for tracing and explaining. */
  readonly onPlan?: (controller: string, key: string, plan: Plan) => void;
}

/** Writes that one plan has in flight at a time. */
const inFlightMax = 64;

/** Until when a view must have caught up with what a plan did, by the name of group and plural. */
interface Written {
  readonly revisions: Map<string, number>;
  /** What is gone for good; a deletion has no revision to wait for. */
  readonly gone: { readonly resource: string; readonly key: string; readonly uid: string }[];
}

/** One resource that is read: its view, and the subscription that wakes keys. */
interface Reading {
  /** The name of group and plural. */
  readonly id: string;
  readonly read: Read<KubeObject>;
  readonly informer: Informer<KubeObject>;
  subscription?: Disposable | undefined;
}

export class ControllerRun<R extends Reads> implements AsyncDisposable {
  readonly #controller: Controller<R>;
  readonly #world: ControllerWorld;
  readonly #readings = new Map<string, Reading>();
  readonly #queue: WorkQueue;
  readonly #remembered = new Map<string, unknown>();
  readonly #stopped = Promise.withResolvers<void>();
  #view: ViewOf<R> = {} as ViewOf<R>;
  #resources: Disposable | undefined;

  constructor(controller: Controller<R>, world: ControllerWorld) {
    this.#controller = controller;
    this.#world = world;
    for (const [name, read] of this.#wanted()) this.#readings.set(name, this.#open(read));
    this.#queue = new WorkQueue({
      clock: world.clock,
      concurrency: controller.concurrency ?? 5,
      restMs: controller.restMs ?? 0,
      work: (key) => this.#work(key),
    });
  }

  /** Starts once every view is complete: a plan must not take what has not been listed yet for missing. */
  async start(): Promise<this> {
    await Promise.all([...this.#readings.values()].map(({ informer }) => informer.reached(0)));
    this.#showViews();
    for (const reading of this.#readings.values()) this.#subscribe(reading);
    if (this.#controller.readsOf !== undefined) this.#resources = this.#world.resources.subscribe(() => this.#follow());
    return this;
  }

  /** What is to be read now: what the controller names, and what it reads of every resource that is served. */
  #wanted(): Map<string, Read<KubeObject>> {
    const { reads, readsOf } = this.#controller;
    const wanted = new Map<string, Read<KubeObject>>(Object.entries(reads));
    if (readsOf === undefined) return wanted;
    for (const resource of this.#world.resources.list) {
      const read = readsOf(resource);
      if (read !== undefined) wanted.set(groupResource(resource), read);
    }
    return wanted;
  }

  #open(read: Read<KubeObject>): Reading {
    const informer = this.#world.cache.informer<KubeObject>(read.resource, read.select);
    for (const [index, values] of Object.entries(read.indexes ?? {})) informer.addIndex(index, values);
    return { id: groupResource(read.resource), read, informer };
  }

  #subscribe(reading: Reading): void {
    const { wakes } = reading.read;
    if (wakes === undefined) return;
    reading.subscription = reading.informer.subscribe((changes) => {
      // What both states of an object wake is planned once.
      const keys = new Set<string>();
      for (const change of changes)
        for (const object of [change.object, change.previous])
          if (object !== undefined) for (const key of wakes(object, this.#view, change)) keys.add(key);
      for (const key of keys) this.#queue.add(key);
    });
  }

  #showViews(): void {
    const complete = [...this.#readings].filter(([, { informer }]) => informer.synced);
    this.#view = Object.fromEntries(complete.map(([name, { informer }]) => [name, informer])) as unknown as ViewOf<R>;
  }

  /** Takes up resources that have come, once their views are complete, and leaves those that have gone. */
  #follow(): void {
    const wanted = this.#wanted();
    for (const [name, reading] of this.#readings) {
      if (wanted.get(name)?.resource.version === reading.read.resource.version) continue;
      reading.subscription?.[Symbol.dispose]();
      this.#readings.delete(name);
      this.#world.cache.release(reading.read.resource);
    }
    this.#showViews();
    for (const [name, read] of wanted) if (!this.#readings.has(name)) void this.#takeUp(name, read);
  }

  async #takeUp(name: string, read: Read<KubeObject>): Promise<void> {
    const reading = this.#open(read);
    this.#readings.set(name, reading);
    await reading.informer.reached(0);
    if (this.#readings.get(name) !== reading) return;
    this.#showViews();
    this.#subscribe(reading);
  }

  /** Plans this key again, e.g. from outside of the watched resources. */
  wake(key: string): void {
    this.#queue.add(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#resources?.[Symbol.dispose]();
    for (const { subscription } of this.#readings.values()) subscription?.[Symbol.dispose]();
    this.#readings.clear();
    this.#stopped.resolve();
    await this.#queue[Symbol.asyncDispose]();
  }

  async #work(key: string): Promise<void> {
    const { onPlan } = this.#world;
    const plan = this.#plan(key);
    if (plan === undefined) return;
    if (plan.wakeAtMs !== undefined) this.#queue.addAt(key, plan.wakeAtMs);
    if (plan.actions.length === 0 && (plan.after ?? []).length === 0) return this.#remember(key, plan);
    onPlan?.(this.#controller.name, key, plan);
    const written: Written = { revisions: new Map(), gone: [] };
    try {
      await this.#carryOut(plan, key, written);
      this.#remember(key, plan);
    } catch (error) {
      this.#report(key, error);
      throw error;
    } finally {
      // Whoever stops does not wait for views, which may need time that does not pass any more.
      await Promise.race([this.#seen(written), this.#stopped.promise]);
    }
  }

  /** Undefined: there is nothing to plan until the object changes, e.g. because its selector means nothing. */
  #plan(key: string): Plan | undefined {
    try {
      return this.#controller.plan(this.#view, key, this.#world.clock.now(), this.#remembered.get(key));
    } catch (error) {
      this.#report(key, error);
      if (error instanceof TerminalError) return undefined;
      throw error;
    }
  }

  #report(key: string, error: unknown): void {
    if (error instanceof AssertionError) return;
    const { log } = this.#world;
    const fields = { controller: this.#controller.name, key, error: errorText(error) };
    if (isApiError(error, 'Conflict')) log.debug('changed meanwhile, planning again', fields);
    else log.warn('could not plan, or carry out the plan', fields);
  }

  #remember(key: string, { remember }: Plan): void {
    if (remember === undefined) this.#remembered.delete(key);
    else this.#remembered.set(key, remember);
  }

  async #carryOut(plan: Plan, key: string, written: Written): Promise<void> {
    try {
      if (plan.slowStart === true) await this.#applySlowly(plan.actions, key, written);
      else await this.#applyAll(plan.actions, key, written);
    } catch (error) {
      if (isApiError(error)) await this.#applyAll(plan.otherwise?.(error) ?? [], key, written);
      throw error;
    }
    await this.#applyAll(plan.after ?? [], key, written);
  }

  /** Waits until the views hold what was written, so that the next plan starts from it. */
  async #seen({ revisions, gone }: Written): Promise<void> {
    // Most plans find nothing to do, and some controllers read everything.
    if (revisions.size === 0 && gone.length === 0) return;
    for (const { id, read, informer } of this.#readings.values()) {
      const revision = revisions.get(id);
      if (revision !== undefined && read.select === undefined) await informer.reached(revision);
      for (const deleted of gone) if (deleted.resource === id) await informer.gone(deleted.key, deleted.uid);
    }
  }

  async #applySlowly(actions: readonly Action[], key: string, written: Written): Promise<void> {
    for (let start = 0, size = 1; start < actions.length; start += size, size *= 2) {
      await this.#applyAll(actions.slice(start, start + size), key, written);
    }
  }

  async #applyAll(actions: readonly Action[], key: string, written: Written): Promise<void> {
    let next = 0;
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (let action = actions[next++]; action !== undefined; action = actions[next++]) {
        try {
          await this.#apply(action, key, written);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlightMax, actions.length) }, worker));
    const [failure] = failures;
    if (failure instanceof Error) throw failure;
  }

  async #apply(action: Action, key: string, written: Written): Promise<void> {
    let object: DeepReadonly<KubeObject> | undefined;
    const doomed = action.do === 'delete' ? this.#doomed(action) : undefined;
    try {
      if (action.do === 'look') return await this.#carryOn(await this.#look(action), key, written);
      if (action.do === 'work') return await this.#carryOn(await action.work(), key, written);
      object = await this.#write(action, key);
      if (doomed !== undefined && object === undefined) written.gone.push(doomed);
    } catch (error) {
      if (action.do === 'create' && action.orExisting === true && isApiError(error, 'AlreadyExists')) return;
      if (action.do === 'delete' && isApiError(error, 'NotFound'))
        return void (doomed !== undefined && written.gone.push(doomed));
      if (!isApiError(error)) throw error;
      if (action.tolerates?.(error) === true) return;
      await this.#carryOn(action.onError?.(error) ?? [], key, written);
      throw error;
    }
    if (action.do !== 'event' && object !== undefined) {
      const id = groupResource(action.resource);
      written.revisions.set(
        id,
        Math.max(written.revisions.get(id) ?? 0, Number(object.metadata?.resourceVersion ?? 0)),
      );
    }
    await this.#carryOn(action.onDone?.(object) ?? [], key, written);
  }

  /** What a deletion is about to remove from a view. */
  #doomed({ resource, key, options }: Extract<Action, { do: 'delete' }>): Written['gone'][number] | undefined {
    const id = groupResource(resource);
    const doomed = objectKey(key.namespace, key.name);
    const uid = options?.uid ?? this.#shown(id, doomed)?.metadata?.uid;
    return uid === undefined ? undefined : { resource: id, key: doomed, uid };
  }

  #shown(id: string, key: string): DeepReadonly<KubeObject> | undefined {
    for (const reading of this.#readings.values()) if (reading.id === id) return reading.informer.get(key);
    return undefined;
  }

  async #carryOn(actions: readonly Action[], key: string, written: Written): Promise<void> {
    for (const action of actions) await this.#apply(action, key, written);
  }

  async #look({ at, onSeen }: Look): Promise<readonly Action[]> {
    const { client } = this.#world;
    const found = at.map(async ({ resource, key, namespace, limit }): Promise<readonly DeepReadonly<KubeObject>[]> => {
      try {
        if (key !== undefined) return [await client.get(resource, key)];
        return (await client.list(resource, { namespace, ...(limit === undefined ? {} : { limit }) })).items;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return [];
        throw error;
      }
    });
    return onSeen(await Promise.all(found));
  }

  #write(action: Exclude<Action, Look | Work>, key: string): Promise<DeepReadonly<KubeObject> | undefined> {
    const { client, events } = this.#world;
    if (action.do === 'event') return events.record(action.event).then(() => undefined);
    const resource: Resource = action.resource;
    if (action.do === 'delete') return client.delete(resource, action.key, action.options);
    if (action.do === 'deleteCollection')
      return client
        .deleteCollection(resource, { namespace: action.namespace, ...action.options })
        .then(() => undefined);
    const cause = {
      component: this.#controller.name,
      key,
      revision: this.#readings.values().next().value?.informer.revision ?? 0,
    };
    const options = {
      cause,
      ...(action.subresource === undefined ? {} : { subresource: action.subresource }),
    };
    if (action.do === 'create') return client.create(resource, action.object, options);
    if (action.do === 'update') return client.update(resource, action.object, options);
    return client.patch(resource, action.key, action.patch, options);
  }
}
