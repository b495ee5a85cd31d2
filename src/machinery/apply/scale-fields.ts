/**
 * The scale subresource is an object of its own kind, `autoscaling/v1` Scale, but its one field belongs to the object behind it.
 * So the entries that own the replicas there are shown as owning `.spec.replicas` of the Scale while that is written, and what
 * became of them is brought back.
 */
import { difference, fieldSet, hasPath, isEmptySet, union, type ElementPath } from './field-set.ts';
import { isSame, managedEntry, sortedEntries, withFields, type ManagedEntry } from './managed-entry.ts';

const scaleVersion = 'autoscaling/v1';
const scalePath: ElementPath = ['f:spec', 'f:replicas'];
const scaleFields = fieldSet(scalePath);

/** Where each version of a kind has its replicas; undefined: the version is not served. */
export type ReplicasPath = (apiVersion: string) => ElementPath | undefined;

export function toScaleEntries(entries: readonly ManagedEntry[], pathIn: ReplicasPath): readonly ManagedEntry[] {
  const owners = entries.filter(({ apiVersion, fieldsV1 }) => {
    const path = pathIn(apiVersion);
    return path !== undefined && hasPath(fieldsV1, path);
  });
  return sortedEntries(
    owners.map((entry) => managedEntry({ ...entry, apiVersion: scaleVersion }, scaleFields, entry.time)),
  );
}

/** The entries of the object after its Scale was written in the version `apiVersion` of the object. */
export function fromScaleEntries(
  parent: readonly ManagedEntry[],
  scale: readonly ManagedEntry[],
  apiVersion: string,
  pathIn: ReplicasPath,
): readonly ManagedEntry[] {
  const result: ManagedEntry[] = [];
  const left = new Set(scale.filter(({ fieldsV1 }) => hasPath(fieldsV1, scalePath)));
  for (const entry of parent) {
    const path = pathIn(entry.apiVersion);
    if (path === undefined) continue;
    const still = hasPath(entry.fieldsV1, path) ? scaleEntryOf(entry, left) : entry;
    if (still !== undefined && still !== entry) left.delete(still);
    const fields = still === undefined ? difference(entry.fieldsV1, fieldSet(path)) : entry.fieldsV1;
    if (!isEmptySet(fields)) result.push(withFields(entry, fields));
  }
  const path = pathIn(apiVersion);
  for (const entry of path === undefined ? [] : left) addOwner(result, { ...entry, apiVersion }, fieldSet(path ?? []));
  return sortedEntries(result);
}

/** The entry of the Scale that an entry of the object was shown as, if it still owns the replicas. */
function scaleEntryOf(entry: ManagedEntry, scale: ReadonlySet<ManagedEntry>): ManagedEntry | undefined {
  const asShown = { ...entry, apiVersion: scaleVersion };
  return [...scale].find(
    (other) => isSame(asShown, other) && (entry.operation === 'Apply' || entry.time === other.time),
  );
}

/** Upstream gives a new owner by way of the Scale no time. */
function addOwner(entries: ManagedEntry[], owner: ManagedEntry, fields: ManagedEntry['fieldsV1']): void {
  const place = entries.findIndex((entry) => isSame(entry, owner));
  const before = entries[place];
  if (before === undefined) entries.push(managedEntry(owner, fields, undefined));
  else entries[place] = withFields(before, union(before.fieldsV1, fields));
}
