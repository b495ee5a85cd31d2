/**
 * One client interface, two transports: in-process (no serialisation, shared objects) and HTTP. Both have the same semantics
 * and pass the same contract suite; nothing that uses a Client knows which one it has.
 */
import type { DeepReadonly, JsonObject } from '../base/mod.ts';
import type { KubeObject, Resource } from '../machinery/mod.ts';

export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** Write through this subresource: `status`, `scale`, or POST to `binding`, `eviction`, `token`. */
  readonly subresource?: string;
  /** What this write answers to, kept for the journey of an object. */
  readonly cause?: Cause;
}

/** Why a component wrote: itself, the key that it worked on, and the revision that it saw. */
export interface Cause {
  readonly component: string;
  readonly key: string;
  readonly revision: number;
}

export interface Patch {
  readonly type: 'json' | 'merge' | 'strategic';
  readonly body: unknown;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun?: boolean;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface List<T> {
  readonly items: readonly DeepReadonly<T>[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';
export interface WatchEvent<T> {
  readonly type: WatchEventType;
  readonly object: DeepReadonly<T>;
}

export interface WatchSink<T> {
  /** Events in order. `revision` says up to where the watch is complete after them; a bookmark has no events. */
  onEvents(events: readonly WatchEvent<T>[], revision: number): void;
  /** The watch is over; an ApiError `Expired` or `Gone` means that a new list is due. */
  onEnd(error: unknown): void;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Where to go on; the `resourceVersion` of a list or of the last event. */
  readonly resourceVersion: string;
}

/** Every method rejects with ApiError for what the server refused and HostError for what kept it from answering. */
export interface Client {
  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: { readonly subresource?: string },
  ): Promise<DeepReadonly<T>>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>>;
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, sink: WatchSink<T>): Disposable;
  /** With `subresource`, `object` is POSTed to that subresource of the object that its metadata names. */
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<DeepReadonly<T>>;
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<T>,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<DeepReadonly<T>>;
  /** The object that is being deleted (it has finalizers or a grace period), or undefined when it is gone. */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<DeepReadonly<T> | undefined>;
  deleteCollection<T extends KubeObject>(resource: Resource<T>, options?: ListOptions & DeleteOptions): Promise<void>;
  /** A request to any path, for discovery and health; the parsed JSON of the answer. */
  raw(method: string, path: string, body?: JsonObject): Promise<unknown>;
}
