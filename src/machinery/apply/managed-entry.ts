/**
 * The entries of `metadata.managedFields`: which manager owns which fields, from which kind of operation, in which version.
 * Entries are immutable and shared from one revision of an object to the next.
 *
 * An entry is known by its manager, operation and subresource, and for updates by its apiVersion too: whoever applies has
 * one entry, whatever version was applied last.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import { goQuote } from '../go-text.ts';
import type { ManagedFieldsEntry } from '../meta.ts';
import { equalSets, isEmptySet, parseFieldSet, union, type FieldSet } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { reconcileSet } from './remove.ts';

/** In the order of Go's struct, as it is written. */
export interface ManagedEntry {
  readonly manager?: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

type Sent = DeepReadonly<ManagedFieldsEntry>;

/** Who writes, without what is written. */
export type Identity = Pick<ManagedEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

export function isSame(a: Identity, b: Identity): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

export function isEqual(a: ManagedEntry, b: ManagedEntry): boolean {
  return (
    a === b || (isSame(a, b) && a.apiVersion === b.apiVersion && a.time === b.time && equalSets(a.fieldsV1, b.fieldsV1))
  );
}

export function managedEntry(
  { manager = '', operation, apiVersion, subresource = '' }: Identity,
  fieldsV1: FieldSet,
  time: string | undefined,
): ManagedEntry {
  // Step by step, in the order of Go's struct: this is on the path of every write.
  const entry: { -readonly [K in keyof ManagedEntry]?: ManagedEntry[K] } = manager === '' ? {} : { manager };
  entry.operation = operation;
  entry.apiVersion = apiVersion;
  if (time !== undefined) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = fieldsV1;
  if (subresource !== '') entry.subresource = subresource;
  return entry as ManagedEntry;
}

export function withFields(entry: ManagedEntry, fieldsV1: FieldSet): ManagedEntry {
  return entry.fieldsV1 === fieldsV1 ? entry : { ...entry, fieldsV1 };
}

/** Upstream's text for an entry's identity; it decides the order in some places. */
export function identityText({ manager = '', operation, apiVersion, subresource = '' }: Identity): string {
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}

/** Why entries are not valid; undefined if they are. */
export function entriesProblem(entries: readonly Sent[] | undefined): string | undefined {
  for (const [i, entry] of (entries ?? []).entries()) {
    const problem = entryProblem(entry, i);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function entryProblem({ operation, apiVersion = '', fieldsType = '', fieldsV1 }: Sent, i: number): string | undefined {
  if (operation !== 'Apply' && operation !== 'Update') return 'operation must be `Apply` or `Update`';
  if (apiVersion === '') return 'apiVersion must not be empty';
  if (fieldsType === '') return `missing fieldsType in managed fields entry ${i}`;
  if (fieldsType !== 'FieldsV1') return `invalid fieldsType ${goQuote(fieldsType)} in managed fields entry ${i}`;
  if (knownSets.has(fieldsV1 as object) || parseFieldSet(fieldsV1) !== undefined) return undefined;
  return `error decoding versioned set in managed fields entry ${i}`;
}

const noEntries: readonly ManagedEntry[] = [];

/** Entries as somebody sent or stored them; undefined if they are not valid. */
export function readEntries(entries: readonly Sent[] | undefined): readonly ManagedEntry[] | undefined {
  if (entries === undefined) return noEntries;
  const read: ManagedEntry[] = [];
  let asSent = true;
  for (const entry of entries) {
    const { operation, apiVersion = '', fieldsType } = entry;
    if (operation !== 'Apply' && operation !== 'Update') return undefined;
    if (apiVersion === '' || fieldsType !== 'FieldsV1') return undefined;
    const fieldsV1 = knownSets.has(entry.fieldsV1 as object)
      ? (entry.fieldsV1 as FieldSet)
      : parseFieldSet(entry.fieldsV1);
    if (fieldsV1 === undefined) return undefined;
    const valid = (fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 }) as ManagedEntry;
    const place = read.findIndex((other) => isSame(valid, other));
    asSent &&= place < 0 && fieldsV1 === entry.fieldsV1;
    // A repeated entry replaces the one before.
    if (place >= 0) read[place] = valid;
    else read.push(valid);
  }
  return asSent ? (entries as readonly ManagedEntry[]) : read;
}

/** The sets that are canonical and have the form of a type. Most sets are looked at again and again. */
const knownSets = new WeakMap<object, MergeType>();

/** The entry with a set that suits its type as it is now. */
export function reconciled(entry: ManagedEntry, type: MergeType): ManagedEntry {
  if (knownSets.get(entry.fieldsV1) === type) return entry;
  const fieldsV1 = reconcileSet(entry.fieldsV1, type);
  knownSets.set(fieldsV1, type);
  return withFields(entry, fieldsV1);
}

/** `[]` or one empty entry: the client wants to have no managed fields. */
export function isReset(entries: readonly Sent[] | undefined): boolean {
  if (entries === undefined || entries.length > 1) return false;
  const [only] = entries;
  return only === undefined || Object.values(only).every((value) => value === undefined);
}

/** Sorted as upstream does: appliers first, then the oldest first. */
export function sortedEntries(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  for (let i = 1; i < entries.length; i++) {
    const [before, after] = [entries[i - 1], entries[i]];
    if (before !== undefined && after !== undefined && compareEntries(before, after) > 0)
      return entries.toSorted(compareEntries);
  }
  return entries;
}

function compareEntries(a: ManagedEntry, b: ManagedEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager ?? '', b.manager ?? '') ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

const updateManagersMax = 10;
const ancient = 'ancient-changes';

/** With more entries of updates than are kept, the oldest of each version become one. */
export function capUpdates(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  if (entries.length <= updateManagersMax) return entries;
  const updates = entries.filter(({ operation }) => operation === 'Update');
  const oldest = updates.toSorted(
    (a, b) => compareText(a.time ?? '', b.time ?? '') || compareText(identityText(a), identityText(b)),
  );
  let count = updates.length;
  const kept = new Set(entries);
  const firsts = new Map<string, ManagedEntry>();
  for (const entry of oldest) {
    if (count <= updateManagersMax) break;
    const { apiVersion, fieldsV1, time } = entry;
    const first = firsts.get(apiVersion);
    const identity: Identity = { manager: ancient, operation: 'Update', apiVersion };
    if (first === undefined) firsts.set(apiVersion, entry);
    if (first === undefined || isSame(entry, identity)) continue;
    const base = [...kept].find((other) => isSame(other, identity)) ?? first;
    kept.delete(base);
    kept.delete(entry);
    kept.add(managedEntry(identity, union(fieldsV1, base.fieldsV1), time));
    count--;
  }
  return [...kept];
}

/** Whether two lists differ in nothing but times. */
export function sameButTimes(a: readonly Sent[], b: readonly Sent[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((entry) =>
    b.some(
      (other) =>
        entry === other ||
        (isSame(entry as ManagedEntry, other as ManagedEntry) &&
          entry.apiVersion === other.apiVersion &&
          equalSets(entry.fieldsV1 as FieldSet, other.fieldsV1 as FieldSet)),
    ),
  );
}

export function withoutEmpty(entries: readonly ManagedEntry[]): readonly ManagedEntry[] {
  return entries.some(({ fieldsV1 }) => isEmptySet(fieldsV1))
    ? entries.filter(({ fieldsV1 }) => !isEmptySet(fieldsV1))
    : entries;
}
