/**
 * Records events about objects as upstream's recorder does: the same event again is counted on the first one, many similar
 * ones are combined, and an object that never stops is cut off. Recording never fails its caller: an event that cannot be
 * written is dropped with a log line.
 */
import { errorText, rfc3339, type Clock, type DeepReadonly, type Log } from '../base/mod.ts';
import { isApiError, type KubeObject, type Resource } from '../machinery/mod.ts';
import type { Client } from './client.ts';
import type { EventText } from './plan.ts';

const events: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

interface CoreEvent extends KubeObject {
  readonly reason: string;
  readonly message: string;
}

interface Known {
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastMs: number;
}

interface Bucket {
  tokens: number;
  lastMs: number;
}

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

const rememberedMax = 4096;
const similarMax = 10;
const similarWindowMs = 600_000;
const burst = 25;
const refillMs = 300_000;

export class EventRecorder {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #source: EventSource;
  readonly #known = new Map<string, Promise<Known | undefined>>();
  readonly #similar = new Map<string, Similar>();
  readonly #buckets = new Map<string, Bucket>();
  #recorded: number;

  constructor(world: { readonly client: Client; readonly clock: Clock; readonly log: Log }, source: EventSource) {
    this.#client = world.client;
    this.#clock = world.clock;
    this.#log = world.log;
    this.#source = source;
    // Recorders count from different numbers: two that speak of one object in one millisecond name their events differently.
    this.#recorded = Array.from(source.component).reduce(
      (hash, char) => (hash * 31 + char.charCodeAt(0)) % 1_000_000,
      7,
    );
  }

  async record(text: EventText): Promise<void> {
    const { regarding, type, reason, fieldPath = '' } = text;
    const object = reference(regarding, fieldPath);
    // Whatever happens to an object in between, it is the same object.
    const identity = JSON.stringify({ ...object, resourceVersion: '' });
    if (!this.#allowed(JSON.stringify({ ...object, resourceVersion: '', fieldPath: '' }))) return;
    const about = JSON.stringify([identity, type, reason]);
    const { message, id } = this.#combined(about, text.message);
    // One write after the other: the second must find what the first one has made.
    const written = this.#write(this.#known.get(id), this.#event(text, object, message));
    remember(this.#known, id, written);
    await written;
  }

  async #write(before: Promise<Known | undefined> | undefined, event: CoreEvent): Promise<Known | undefined> {
    const known = await before;
    try {
      const counted = known && (await this.#count(known, event.message));
      if (counted !== undefined) return counted;
      const { metadata } = await this.#client.create(events, event);
      return { name: metadata?.name ?? '', namespace: metadata?.namespace ?? '', count: 1 };
    } catch (error) {
      const { reason, message } = event;
      this.#log.debug('could not record an event', { reason, message, error: errorText(error) });
      return known;
    }
  }

  /** Counts the event on the one that is there; undefined when that one is gone. */
  async #count({ name, namespace, count }: Known, message: string): Promise<Known | undefined> {
    const body = { count: count + 1, message, lastTimestamp: rfc3339(this.#clock.now()) };
    try {
      await this.#client.patch(events, { name, namespace }, { type: 'merge', body });
      return { name, namespace, count: count + 1 };
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  #event({ regarding, type, reason }: EventText, involvedObject: object, message: string): CoreEvent {
    const now = this.#clock.now();
    const namespace = regarding.metadata?.namespace ?? 'default';
    // Nanoseconds, of which the clock knows the milliseconds; what is below tells events of one millisecond apart.
    this.#recorded = (this.#recorded + 1) % 1_000_000;
    const suffix = (BigInt(Math.trunc(now)) * 1_000_000n + BigInt(this.#recorded)).toString(16);
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${regarding.metadata?.name ?? ''}.${suffix}`, namespace },
      involvedObject,
      reason,
      message: message.slice(0, 1024),
      source: this.#source,
      firstTimestamp: rfc3339(now),
      lastTimestamp: rfc3339(now),
      count: 1,
      type,
      reportingComponent: this.#source.component,
      reportingInstance: this.#source.host ?? '',
    };
    return event;
  }

  /** A token bucket for each object. */
  #allowed(object: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(object) ?? { tokens: burst, lastMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.lastMs) / refillMs);
    bucket.lastMs = now;
    remember(this.#buckets, object, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** The message, and what it is counted under: similar ones beyond a number all are one. */
  #combined(about: string, message: string): { readonly message: string; readonly id: string } {
    const now = this.#clock.now();
    let similar = this.#similar.get(about);
    if (similar === undefined || now - similar.lastMs > similarWindowMs) similar = { messages: new Set(), lastMs: now };
    similar.lastMs = now;
    remember(this.#similar, about, similar);
    const isKnown = similar.messages.has(message);
    if (!isKnown && similar.messages.size >= similarMax)
      return { message: `(combined from similar events): ${message}`, id: about };
    similar.messages.add(message);
    return { message, id: `${about}${message}` };
  }
}

/** Puts the newest last and forgets the oldest beyond the bound. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= rememberedMax) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

function reference({ kind = '', apiVersion = '', metadata }: DeepReadonly<KubeObject>, fieldPath: string): object {
  return {
    kind,
    ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    apiVersion,
    resourceVersion: metadata?.resourceVersion ?? '',
    ...(fieldPath === '' ? {} : { fieldPath }),
  };
}
