/**
 * The edge between what is stored and what a kind's hooks and clients see, for kinds that are not stored as they are shown
 * (`Kind.storedForm`). Showing an object may need a webhook: then `ready` waits for it, once for many objects, and what it
 * made is kept for as long as entry and kind live. Everything after it is synchronous.
 */
import { assert, type DeepReadonly, type JsonObject } from '../base/mod.ts';
import type { Kind, KubeObject } from '../machinery/mod.ts';
import type { Entry } from '../store/mod.ts';
import { stamp } from './stamp.ts';

interface Shown {
  readonly object: KubeObject;
  bytes?: Uint8Array;
}

const shownByKind = new WeakMap<Kind, WeakMap<Entry, Shown>>();

function shownOf(kind: Kind): WeakMap<Entry, Shown> {
  let shown = shownByKind.get(kind);
  if (shown === undefined) shownByKind.set(kind, (shown = new WeakMap()));
  return shown;
}

/**
 * Makes entries ready to be shown; undefined when they are. Throws or rejects with ApiError where a conversion fails, and
 * then it is tried again the next time.
 */
export function ready(kind: Kind, entries: readonly Entry[]): Promise<void> | undefined {
  const { storedForm: form } = kind;
  if (form === undefined) return undefined;
  const shown = shownOf(kind);
  const missing = entries.filter((entry) => !form.isShown(entry.value, entry.written) && !shown.has(entry));
  if (missing.length === 0) return undefined;
  const made = form.show(missing.map(({ value }) => value));
  const keep = (objects: readonly KubeObject[]): void => {
    for (const [i, entry] of missing.entries()) {
      const object = objects[i];
      assert(object !== undefined, 'as many objects are shown as were stored');
      shown.set(entry, { object });
    }
  };
  if (made instanceof Promise) return made.then(keep);
  keep(made);
  return undefined;
}

/** The end of an entry is shown as the entry was, which has to be ready: then so is its end. */
export function showEnd(kind: Kind, end: Entry, last: Entry): void {
  const { storedForm: form } = kind;
  if (form === undefined || form.isShown(end.value, end.written) || shownOf(kind).has(end)) return;
  const object = stamp(shownObject(kind, last) as JsonObject, end.revision) as KubeObject;
  shownOf(kind).set(end, { object });
}

/** An entry that is ready, or whose kind never waits, as its kind shows it. */
export function shownObject(kind: Kind, entry: Entry): DeepReadonly<KubeObject> {
  const { storedForm: form } = kind;
  if (form === undefined || form.isShown(entry.value, entry.written)) return entry.value;
  return shownEntry(kind, entry).object;
}

const encoder = new TextEncoder();

export function shownBytes(kind: Kind, entry: Entry): Uint8Array {
  const { storedForm: form } = kind;
  if (form === undefined || form.isShown(entry.value, entry.written)) return entry.bytes;
  const shown = shownEntry(kind, entry);
  return (shown.bytes ??= encoder.encode(JSON.stringify(shown.object)));
}

function shownEntry(kind: Kind, entry: Entry): Shown {
  const waiting = ready(kind, [entry]);
  const shown = shownOf(kind).get(entry);
  assert(waiting === undefined && shown !== undefined, 'an entry is made ready before it is shown');
  return shown;
}

/** An object as it goes into the store. */
export function kept(kind: Kind, object: KubeObject): JsonObject | Promise<JsonObject> {
  return (kind.storedForm?.keep(object) ?? object) as JsonObject | Promise<JsonObject>;
}
