/**
 * Gather, plan, apply. A plan is a value: what to do, decided by a pure function from one consistent view. It can be printed,
 * compared and explained; `apply.ts` carries it out.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { ApiError, KubeObject, Resource } from '../machinery/mod.ts';
import type { IndexFunction, InformerOptions, ObjectChange, ResourceView } from './informer.ts';
import type { DeleteOptions, ObjectKey, Patch } from './client.ts';

export type Action = (
  | {
      readonly do: 'create';
      readonly resource: Resource;
      readonly object: KubeObject;
      readonly subresource?: string;
      /** An object of that name is as good. */ readonly orExisting?: true;
    }
  | {
      readonly do: 'update';
      readonly resource: Resource;
      /** With its resourceVersion: if it changed meanwhile, the key is planned anew. */ readonly object: DeepReadonly<KubeObject>;
      readonly subresource?: string;
    }
  | {
      readonly do: 'patch';
      readonly resource: Resource;
      readonly key: ObjectKey;
      readonly patch: Patch;
      readonly subresource?: string;
    }
  | { readonly do: 'delete'; readonly resource: Resource; readonly key: ObjectKey; readonly options?: DeleteOptions }
  | {
      readonly do: 'deleteCollection';
      readonly resource: Resource;
      readonly namespace?: string;
      readonly options?: DeleteOptions;
    }
  | Look
  | Work
  | { readonly do: 'event'; readonly event: EventText }
) & {
  /** What follows from a failure: more actions (an event, a condition). The key is retried all the same. */
  readonly onError?: (error: ApiError) => readonly Action[];
  /** A refusal that is as good as success: then neither `onError` nor `onDone` follows, and the key is not retried. */
  readonly tolerates?: (error: ApiError) => boolean;
  /** What follows from success, e.g. the event that names the created object. */
  readonly onDone?: (object: DeepReadonly<KubeObject> | undefined) => readonly Action[];
};

/** Asks the API server itself, for the few decisions that a view, which may lag behind, must not be trusted with. */
export interface Look {
  readonly do: 'look';
  readonly at: readonly LookAt[];
  /** What follows from what is there: for each of `at`, in order, the objects found. */
  readonly onSeen: (found: readonly (readonly DeepReadonly<KubeObject>[])[]) => readonly Action[];
}

/** What a port has to do that takes time, e.g. to sign. The plan says what for; what follows is known when it is done. */
export interface Work {
  readonly do: 'work';
  readonly what: string;
  readonly work: () => Promise<readonly Action[]>;
}

/** One object by its key, or up to `limit` objects of a namespace. */
export interface LookAt {
  readonly resource: Resource;
  readonly key?: ObjectKey;
  readonly namespace?: string;
  readonly limit?: number;
}

/** An event to record; repeated ones are counted on the first, as upstream's recorder does. */
export interface EventText {
  readonly regarding: DeepReadonly<KubeObject>;
  /** A field of the object: `spec.containers{web}`. */
  readonly fieldPath?: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface Plan<M = unknown> {
  /** Carried out at the same time, in no order. */
  readonly actions: readonly Action[];
  /** Carries out 1, 2, 4, … of `actions` at a time and no more once one failed: what cannot work is not tried 500 times. */
  readonly slowStart?: true;
  /** Carried out after all of `actions` succeeded. */
  readonly after?: readonly Action[];
  /** Carried out instead of `after` when the API server refused one of `actions`. The key is retried all the same. */
  readonly otherwise?: (error: ApiError) => readonly Action[];
  /** Plan this key again at this time, even if nothing changes. */
  readonly wakeAtMs?: number;
  /**
   * Handed to the next planning of this key, once this plan was carried out: after a failure the next one knows what this one
   * knew. A plan without it forgets, and so does a restart: only for what may be lost.
   */
  readonly remember?: M;
}

export const nothing: Plan<never> = { actions: [] };

/** One resource that a controller reads, with the indexes that it needs. */
export interface Read<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly select?: InformerOptions;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** The keys to plan when an object of this resource changes; called with the new and with the previous state. */
  readonly wakes?: (object: DeepReadonly<T>, view: View, change: ObjectChange<T>) => readonly string[];
}

export type View = Readonly<Record<string, ResourceView<KubeObject>>>;
// oxlint-disable-next-line typescript/no-explicit-any -- each read keeps its own object type; `never` and `unknown` would lose it
export type Reads = Readonly<Record<string, Read<any>>>;
export type ViewOf<R extends Reads> = { readonly [K in keyof R]: R[K] extends Read<infer T> ? ResourceView<T> : never };

/** A resource that one may meet in any group: with what it can do. */
export type ServedResource = Resource & { readonly verbs: readonly string[] };

/** Every resource that the API server serves and keeps, each in its preferred version, and in one group of several. They come and go at run time. */
export interface ServedResources {
  readonly list: readonly ServedResource[];
  /** Calls back, never from within this call, after the list has changed. */
  subscribe(onChange: () => void): Disposable;
}

export interface Controller<R extends Reads = Reads, M = unknown> {
  readonly name: string;
  readonly reads: R;
  /** What is read besides of a resource that the API server serves, under the name of its group and plural, if anything. */
  readonly readsOf?: (resource: ServedResource) => Read<KubeObject> | undefined;
  /** How many keys are planned and applied at a time; 5 unless said otherwise, as upstream. */
  readonly concurrency?: number;
  /** How long a key rests after it was worked on, for plans that cost as much as their key has parts; 0 unless said otherwise. */
  readonly restMs?: number;
  /** Synchronous and pure: the same view, key, time and memory give the same plan. */
  plan(view: ViewOf<R>, key: string, now: number, remembered?: M): Plan<M>;
}

export function defineController<R extends Reads, M = unknown>(controller: Controller<R, M>): Controller<R, M> {
  return controller;
}

/** The read of a resource, with the types tied together. */
export function read<T extends KubeObject>(resource: Resource<T>, options: Omit<Read<T>, 'resource'> = {}): Read<T> {
  return { resource, ...options };
}
