/**
 * Who owns which fields of an object, kept with every write, and server-side apply, which rests on it. Behaviour and texts are
 * those of upstream's field manager.
 *
 * - Whoever changes a field owns it from then on, and those who owned it do not any more.
 * - Whoever applies owns exactly what the configuration mentions. To apply another value to what somebody else owns is a
 *   conflict, which is refused or forced. What was applied last time and is not any more is removed, if nobody else owns it.
 *
 * Entries are in the version in which their manager wrote, so objects are converted to it; an entry of a version that is not
 * served any more is dropped.
 */
import { isJsonObject, jsonEqual, rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { parseApiVersion, type KubeObject } from '../meta.ts';
import { ApiError } from '../status.ts';
import { compare } from './compare.ts';
import { ConflictError, type Conflict } from './conflict.ts';
import {
  difference,
  fieldSet,
  intersection,
  isEmptySet,
  noFields,
  remembering,
  union,
  withNamedFields,
  type FieldSet,
} from './field-set.ts';
import { appliedFields, TypedError } from './fields-of.ts';
import {
  capUpdates,
  isEqual,
  isReset,
  isSame,
  managedEntry,
  readEntries,
  reconciled,
  sortedEntries,
  withFields,
  withoutEmpty,
  type Identity,
  type ManagedEntry,
} from './managed-entry.ts';
import { merge } from './merge.ts';
import type { MergeType } from './merge-type.ts';
import { removeFields } from './remove.ts';
import { validateTyped } from './validate.ts';

/** The versions of a kind, for entries that were written in another one than the request. */
export interface Versions {
  /** Undefined: not served. */
  typeOf(apiVersion: string): MergeType | undefined;
  /** The object, which says its apiVersion, in another version that is served. */
  convert(object: JsonObject, apiVersion: string): Promise<JsonObject>;
}

/** A write, as far as the ownership of fields depends on it. */
export interface FieldWrite {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty: the main resource. */
  readonly subresource: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Takes out the fields that this way of writing does not write: the status on the main resource. */
  readonly without: (set: FieldSet) => FieldSet;
  readonly versions: Versions;
  /** What an object of the kind is before anything is set. */
  readonly empty: JsonObject;
}

type Entries = readonly ManagedEntry[];
type Live = DeepReadonly<KubeObject>;

/** These never belong to anybody. */
const never = fieldSet(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
);

const withoutUnowned = remembering((fields) => difference(fields, never));

/**
 * The managed fields of `next`, which is about to replace `live` (the empty object when it is created). Both are in the version
 * of the write. Undefined: nobody's fields are tracked. Never refuses anything: where fields cannot be told, the entries stay
 * as they are. A promise only if an object must be converted.
 */
export function updateFields(
  live: Live,
  next: Live,
  write: FieldWrite,
): Entries | undefined | Promise<Entries | undefined> {
  const before = entriesBefore(live, next, write.subresource !== '');
  // An object that is not tracked stays so until somebody applies.
  if (before.length === 0 && (live.metadata?.uid ?? '') !== '') return undefined;
  try {
    // The entries themselves are in both, but nobody owns them.
    const change = new Change(live as JsonObject, next as JsonObject, write);
    const preparing = change.prepare(before);
    return preparing === undefined
      ? asBefore(change, before, write)
      : updatedLater(preparing, change, { before, live, write });
  } catch (error) {
    return asTheyAre(live, error);
  }
}

interface Update extends Changes {
  readonly before: Entries;
  readonly write: FieldWrite;
  readonly after: Entries | undefined;
}

/** By kind, and no longer than the server that it belongs to. */
const lastUpdates = new WeakMap<Versions, Update>();

/**
 * What follows from a change of which all is known in one version. Objects that are written alike, one after the other, get
 * the same entries, as values in memory: most of what is written at once is.
 */
function asBefore(change: Change, before: Entries, write: FieldWrite): Entries | undefined {
  const { changed, removed } = change.own;
  const last = lastUpdates.get(write.versions);
  if (last !== undefined && last.before === before && last.changed === changed && last.removed === removed)
    if (isSameWrite(last.write, write)) return last.after;
  const after = afterUpdate(change, before, write);
  lastUpdates.set(write.versions, { before, changed, removed, write, after });
  return after;
}

function isSameWrite(a: FieldWrite, b: FieldWrite): boolean {
  return (
    a.manager === b.manager &&
    a.subresource === b.subresource &&
    a.apiVersion === b.apiVersion &&
    Math.floor(a.now / 1000) === Math.floor(b.now / 1000)
  );
}

async function updatedLater(
  preparing: Promise<void>,
  change: Change,
  { before, live, write }: { readonly before: Entries; readonly live: Live; readonly write: FieldWrite },
): Promise<Entries | undefined> {
  try {
    await preparing;
    return afterUpdate(change, before, write);
  } catch (error) {
    return asTheyAre(live, error);
  }
}

function asTheyAre({ metadata }: Live, error: unknown): Entries | undefined {
  if (error instanceof TypedError || error instanceof ApiError) return metadata?.managedFields as Entries | undefined;
  throw error;
}

/** A client may set the entries of the main resource; what is not valid, or left out, counts as not sent. */
function entriesBefore(live: Live, next: Live, isSubresource: boolean): Entries {
  const sent = next.metadata?.managedFields;
  const stored = live.metadata?.managedFields;
  if (!isSubresource && sent !== stored) {
    if (isReset(sent)) return [];
    const read = readEntries(sent);
    if (read !== undefined && read.length > 0) return sharedWith(read, readEntries(stored) ?? []);
  }
  return readEntries(stored) ?? [];
}

/** Most clients send back what they got: then it is what is stored, and not another copy of it. */
function sharedWith(sent: Entries, stored: Entries): Entries {
  const shared = sent.map((entry) => stored.find((known) => isEqual(entry, known)) ?? entry);
  return shared.length === stored.length && shared.every((entry, i) => entry === stored[i]) ? stored : shared;
}

function withoutEntries(object: Live): JsonObject {
  if (object.metadata?.managedFields === undefined) return object as JsonObject;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Undefined: there are none. */
function afterUpdate(change: Change, before: Entries, write: FieldWrite): Entries | undefined {
  const entries = before.length === 0 ? before : change.settle(before).entries;
  const taken = withoutUnowned(change.own.changed);
  const after = isEmptySet(taken) ? entries : withOwner(entries, taken, write);
  return after.length === 0 ? undefined : sortedEntries(capUpdates(after));
}

/** The entries with one that says that the manager owns the fields. */
function withOwner(
  entries: Entries,
  taken: FieldSet,
  { manager, apiVersion, subresource, now }: FieldWrite,
): readonly ManagedEntry[] {
  const identity: Identity = {
    manager: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion,
    subresource,
  };
  const previous = entries.find((entry) => isSame(entry, identity));
  const fields = previous === undefined ? taken : union(taken, previous.fieldsV1);
  const others = previous === undefined ? entries : entries.filter((entry) => entry !== previous);
  return [...others, managedEntry(identity, fields, rfc3339(now))];
}

/** What one write changed, in one version. */
interface Changes {
  /** What was added or has another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

/** What one write does to the fields of others, told in each manager's version. */
class Change {
  readonly #live: JsonObject;
  readonly #next: JsonObject;
  readonly #write: FieldWrite;
  /** In the version of the write, which both objects have. */
  readonly own: Changes;
  /** In other versions. */
  #known: Map<string, Changes> | undefined;

  constructor(live: JsonObject, next: JsonObject, write: FieldWrite) {
    this.#live = live;
    this.#next = next;
    this.#write = write;
    this.own = this.#between(live, next, typeAt(write));
  }

  /** Finds out what changed in the versions of these entries, which `settle` needs; undefined: that is known. */
  prepare(entries: Entries): Promise<void> | undefined {
    return entries.every(({ apiVersion }) => this.#in(apiVersion) !== undefined) ? undefined : this.#find(entries);
  }

  #in(apiVersion: string): Changes | undefined {
    return apiVersion === this.#write.apiVersion ? this.own : this.#known?.get(apiVersion);
  }

  async #find(entries: Entries): Promise<void> {
    for (const { apiVersion } of entries) {
      const type = this.#write.versions.typeOf(apiVersion);
      if (type !== undefined && this.#in(apiVersion) === undefined)
        (this.#known ??= new Map()).set(apiVersion, await this.#at(apiVersion, type));
    }
  }

  /** The entries without what changed, and for each what that took from it. */
  settle(all: Entries): { readonly entries: Entries; readonly conflicts: readonly Conflict[] } {
    const entries: ManagedEntry[] = [];
    const conflicts: Conflict[] = [];
    let same = true;
    for (const entry of all) {
      const { apiVersion } = entry;
      const type = this.#write.versions.typeOf(apiVersion);
      const changes = this.#in(apiVersion);
      if (type === undefined || changes === undefined) {
        same = false;
        continue;
      }
      const before = reconciled(entry, type);
      const lost = intersection(before.fieldsV1, changes.changed);
      if (!isEmptySet(lost)) conflicts.push({ entry: before, fields: lost });
      const after = withFields(before, difference(difference(before.fieldsV1, lost), changes.removed));
      same &&= after === entry;
      entries.push(after);
    }
    return { entries: same ? all : withoutEmpty(entries), conflicts };
  }

  async #at(apiVersion: string, type: MergeType): Promise<Changes> {
    const { versions } = this.#write;
    const live = await versions.convert(this.#live, apiVersion);
    const next = await versions.convert(this.#next, apiVersion);
    return this.#between(live, next, type);
  }

  #between(live: JsonObject, next: JsonObject, type: MergeType): Changes {
    const { without } = this.#write;
    const { added, modified, removed } = compare(live, next, type);
    return { changed: without(union(modified, added)), removed: without(removed) };
  }
}

/** Undefined: the version is not served. */
async function inVersion(
  object: JsonObject,
  apiVersion: string,
  { versions }: FieldWrite,
): Promise<JsonObject | undefined> {
  if (object['apiVersion'] === apiVersion) return object;
  return versions.typeOf(apiVersion) === undefined ? undefined : versions.convert(object, apiVersion);
}

export interface Applied {
  /** In the version of the write, not yet read as an object of its kind: emptied values may be null. */
  readonly object: JsonObject;
  readonly entries: Entries;
}

/** Throws ApiError: Conflict, BadRequest, and upstream's bare error for what does not fit the type. */
export async function applyFields(live: Live, config: JsonObject, write: FieldWrite, force: boolean): Promise<Applied> {
  const type = typeAt(write);
  const metadata = config['metadata'];
  if (isJsonObject(metadata) && Array.isArray(metadata['managedFields']))
    throw ApiError.badRequest('metadata.managedFields must be nil');
  fit('patch', config, type);
  try {
    return await appliedTo(live, config, write, force);
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    // What is stored need not fit: an item without its key, say. That is rare, and so looked for only now.
    fit('live', withoutEntries(live), type);
    // Of an item that was applied and is not any more somebody else may own a part, but not the key.
    throw new ApiError('Unknown', `failed to compare objects: ${error.message}`);
  }
}

function fit(which: 'patch' | 'live', object: JsonObject, type: MergeType): void {
  try {
    validateTyped(object, type);
  } catch (error) {
    if (error instanceof TypedError)
      throw new ApiError('Unknown', `failed to create typed ${which} object (${describe(object)}): ${error.message}`);
    throw error;
  }
}

async function appliedTo(live: Live, config: JsonObject, write: FieldWrite, force: boolean): Promise<Applied> {
  const type = typeAt(write);
  const stored = readEntries(live.metadata?.managedFields) ?? [];
  const current = withoutEntries(live);
  const before = stored.length > 0 ? stored : beforeFirstApply(current, write);
  const { manager, apiVersion, subresource, now, without } = write;
  const identity: Identity = { manager, operation: 'Apply', apiVersion, subresource };
  const last = before.find((entry) => isSame(entry, identity));
  const fields = without(appliedFields(config, type));
  const own = managedEntry(identity, fields, last?.time);
  const others = before.filter((entry) => entry !== last);
  const object = await prune(merge(current, config, type), last, [...others, own], write);
  const change = new Change(current, object, write);
  await change.prepare(others);
  const { entries, conflicts } = change.settle(others);
  if (conflicts.length > 0 && !force) throw new ConflictError(conflicts);
  const changed = !jsonEqual(current, object);
  const kept = managedEntry(identity, withoutUnowned(fields), changed ? rfc3339(now) : own.time);
  return { object, entries: sortedEntries(withoutEmpty([...entries, kept])) };
}

function typeAt({ versions, apiVersion }: FieldWrite): MergeType {
  const type = versions.typeOf(apiVersion);
  if (type === undefined) throw ApiError.badRequest(`no corresponding type for ${apiVersion}`);
  return type;
}

/** `namespace/name; group/version, Kind=kind`. */
function describe(object: JsonObject): string {
  const { apiVersion = '', kind = '' } = object as KubeObject;
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const { group, version } = parseApiVersion(apiVersion);
  return `${textOf(metadata['namespace'])}/${textOf(metadata['name'])}; ${group}/${version}, Kind=${kind}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whoever wrote what is there before anybody was tracked is one manager. */
function beforeFirstApply(live: JsonObject, write: FieldWrite): Entries {
  return afterUpdate(new Change(write.empty, live, write), [], { ...write, manager: 'before-first-apply' }) ?? [];
}

/**
 * The merged object without what the manager applied last time and does not apply now. Stays what somebody else owns, and what
 * was not applied but hangs in something that was: it would have nothing to hang in, so neither goes.
 */
async function prune(
  merged: JsonObject,
  last: ManagedEntry | undefined,
  entries: Entries,
  write: FieldWrite,
): Promise<JsonObject> {
  if (last === undefined || isEmptySet(last.fieldsV1)) return merged;
  const lastType = write.versions.typeOf(last.apiVersion);
  const base = await inVersion(merged, last.apiVersion, write);
  if (lastType === undefined || base === undefined) return merged;
  const lastFields = withNamedFields(reconciled(last, lastType).fieldsV1, lastType);
  let pruned = removeFields(base, lastFields, lastType);
  let whole = base;
  for (const [apiVersion, owned] of ownedByVersion(entries, last.apiVersion)) {
    const type = write.versions.typeOf(apiVersion);
    const wholeThere = await inVersion(whole, apiVersion, write);
    const prunedThere = await inVersion(pruned, apiVersion, write);
    if (type === undefined || wholeThere === undefined || prunedThere === undefined) continue;
    const stays = union(withNamedFields(appliedFields(prunedThere, type), type), withNamedFields(owned, type));
    const goes = difference(withNamedFields(appliedFields(wholeThere, type), type), stays);
    whole = wholeThere;
    pruned = removeFields(wholeThere, goes, type);
  }
  const prunedBack = await inVersion(pruned, last.apiVersion, write);
  const wholeBack = await inVersion(base, last.apiVersion, write);
  if (prunedBack === undefined || wholeBack === undefined) return merged;
  const missing = difference(
    withNamedFields(appliedFields(wholeBack, lastType), lastType),
    withNamedFields(appliedFields(prunedBack, lastType), lastType),
  );
  const result = removeFields(wholeBack, intersection(missing, lastFields), lastType);
  return (await inVersion(result, write.apiVersion, write)) ?? merged;
}

/** What is owned in each version, the given one first: converting must not fail for want of what is put back there. */
function ownedByVersion(entries: Entries, first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, noFields]]);
  for (const { apiVersion, fieldsV1 } of entries)
    owned.set(apiVersion, union(owned.get(apiVersion) ?? noFields, fieldsV1));
  return owned;
}
