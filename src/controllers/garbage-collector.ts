/**
 * Garbage collector: what lost its last owner goes. The graph of owners is nothing but two lookups: an owner by what a
 * reference says of it, and dependents by an index over the owners' uids.
 *
 * What always holds: nothing is deleted because a view does not know its owner: the API server is asked first, and an object
 * of the owner's name with another uid is not the owner; a deletion names the uid and the revision that were judged; an
 * object with one owner that stays is only freed of those that are gone.
 */
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type IndexFunction,
  type LookAt,
  type ObjectChange,
  type Plan,
  type Reads,
  type View,
} from '../client/mod.ts';
import {
  groupResource,
  keyOf,
  parseApiVersion,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../machinery/mod.ts';

type ReadObject = DeepReadonly<KubeObject>;
type Reference = DeepReadonly<OwnerReference>;

/** An object with its resource. */
interface Item {
  readonly resource: Resource;
  readonly object: ReadObject;
}

/** What the graph is made of. */
interface Graph {
  readonly view: View;
  /** By group and kind: `apps/Deployment`. */
  readonly byKind: ReadonlyMap<string, Resource>;
  /** References to owners that the API server did not know, the latest of them: no uid comes back. */
  readonly absent: Set<string>;
}

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';
/** As upstream. */
const absentMax = 500;
/** An owner that the API server knows and our view does not should be in it by then. */
const lookAgainMs = 30_000;

const byOwner: IndexFunction<KubeObject> = ({ metadata }) => (metadata?.ownerReferences ?? []).map(({ uid }) => uid);

export const garbageCollector = defineController<Reads>({
  name: 'garbage-collector-controller',
  reads: {},
  readsOf: (resource) =>
    resource.plural !== 'events' && ['delete', 'list', 'watch', 'patch'].every((verb) => resource.verbs.includes(verb))
      ? read<KubeObject>(resource, {
          indexes: { owners: byOwner },
          wakes: (object, view, change) => wakes(graphOf(view), { resource, object }, change),
        })
      : undefined,
  concurrency: 20,
  plan(view, key, now) {
    const graph = graphOf(view as View);
    const item = itemOf(graph, key);
    return item === undefined ? nothing : plan(graph, item, now);
  },
});

/** A view stays the same for as long as the same resources are read. */
const graphs = new WeakMap<View, Graph>();

function graphOf(view: View): Graph {
  let graph = graphs.get(view);
  if (graph !== undefined) return graph;
  const resources = Object.values(view).map(({ resource }): [string, Resource] => [
    `${resource.group}/${resource.kind}`,
    resource,
  ]);
  graphs.set(view, (graph = { view, byKind: new Map(resources), absent: new Set() }));
  return graph;
}

function idOf({ resource, object }: Item): string {
  return `${groupResource(resource)} ${keyOf(object)}`;
}

function itemOf({ view }: Graph, id: string): Item | undefined {
  const space = id.indexOf(' ');
  const name = id.slice(0, space);
  const objects = view[name];
  const object = objects?.get(id.slice(space + 1));
  return objects === undefined || object === undefined ? undefined : { resource: objects.resource, object };
}

/** The object itself where it has owners or waits for us; its dependents when it goes; an owner that waits for it. */
function wakes(graph: Graph, item: Item, { object, previous }: ObjectChange<KubeObject>): readonly string[] {
  if (object !== undefined && previous !== undefined && jsonEqual(ties(object), ties(previous))) return [];
  const ids: string[] = [];
  const { ownerReferences = [], uid } = item.object.metadata ?? {};
  const waits = isDeleting(item.object) && (has(item.object, orphanFinalizer) || has(item.object, foregroundFinalizer));
  if (ownerReferences.length > 0 || waits) ids.push(idOf(item));
  if (object === undefined || waits) ids.push(...dependentsOf(graph, uid).map(idOf));
  for (const reference of ownerReferences) {
    const owner = ownerIn(graph, item, reference);
    if (owner !== undefined && isWaiting(owner.object)) ids.push(idOf(owner));
  }
  return ids;
}

function ties({ metadata }: ReadObject): unknown {
  return [metadata?.uid, metadata?.deletionTimestamp !== undefined, metadata?.finalizers, metadata?.ownerReferences];
}

function plan(graph: Graph, item: Item, now: number): Plan {
  const { object } = item;
  if (isDeleting(object)) {
    if (has(object, orphanFinalizer)) return orphan(graph, item);
    if (!has(object, foregroundFinalizer)) return nothing;
    const blocked = dependentsOf(graph, object.metadata?.uid).some((dependent) =>
      referencesTo(dependent.object, object.metadata?.uid).some(
        ({ blockOwnerDeletion }) => blockOwnerDeletion === true,
      ),
    );
    return blocked ? nothing : { actions: [withoutFinalizer(item, foregroundFinalizer)] };
  }
  const references = object.metadata?.ownerReferences ?? [];
  const unseen = references.filter((reference) => ownerIn(graph, item, reference) === undefined);
  const waiting = references.filter((reference) => isWaiting(ownerIn(graph, item, reference)?.object));
  const lost = unseen.filter((reference) => graph.absent.has(absence(item, reference)));
  if (lost.length === unseen.length) return { actions: collect(graph, item, lost, waiting) };
  const at = unseen.map((reference) => lookAt(graph, item, reference));
  // A kind that is not served cannot be asked for: nobody knows whether such an owner is there.
  const known = at.filter((look) => look !== undefined);
  const look: Action = {
    do: 'look',
    at: known,
    onSeen: (found) => {
      const owners = new Map(known.map((where, i) => [where, found[i]?.[0]]));
      const gone = unseen.filter((reference, i) => {
        const where = at[i];
        return where !== undefined && owners.get(where)?.metadata?.uid !== reference.uid;
      });
      for (const reference of gone) remember(graph.absent, absence(item, reference));
      const late = unseen.filter((reference, i) => {
        const owner = at[i] === undefined ? undefined : owners.get(at[i]);
        return owner?.metadata?.uid === reference.uid && isWaiting(owner);
      });
      return collect(graph, item, gone, [...waiting, ...late]);
    },
  };
  return known.length === 0
    ? { actions: collect(graph, item, [], waiting) }
    : { actions: [look], wakeAtMs: now + lookAgainMs };
}

/** What becomes of an object of whose owners some are gone and some wait for their dependents to go. */
function collect(
  graph: Graph,
  item: Item,
  gone: readonly Reference[],
  waiting: readonly Reference[],
): readonly Action[] {
  const { metadata } = item.object;
  const lost = new Set([...gone, ...waiting].map(({ uid }) => uid));
  const references = metadata?.ownerReferences ?? [];
  if (references.length === 0 || lost.size === 0) return [];
  const solid = references.filter(({ uid }) => !lost.has(uid));
  if (solid.length > 0) return [metadataPatch(item, { ownerReferences: solid })];
  const dependents = dependentsOf(graph, metadata?.uid);
  if (waiting.length > 0 && dependents.length > 0) {
    // In a circle of objects that wait for each other nobody would ever go: this one stops blocking its owners.
    const circle =
      dependents.some(({ object }) => isWaiting(object)) &&
      references.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true);
    if (circle)
      return [
        {
          ...metadataPatch(item, {
            ownerReferences: references.map((reference) => ({ ...reference, blockOwnerDeletion: false })),
          }),
          onDone: () => [deletion(item, 'Foreground', false)],
        },
      ];
    return [deletion(item, 'Foreground')];
  }
  return [
    deletion(
      item,
      has(item.object, orphanFinalizer)
        ? 'Orphan'
        : has(item.object, foregroundFinalizer)
          ? 'Foreground'
          : 'Background',
    ),
  ];
}

function orphan(graph: Graph, item: Item): Plan {
  const { uid } = item.object.metadata ?? {};
  const freed = dependentsOf(graph, uid).map((dependent) =>
    metadataPatch(dependent, {
      ownerReferences: (dependent.object.metadata?.ownerReferences ?? []).filter((reference) => reference.uid !== uid),
    }),
  );
  return { actions: freed, after: [withoutFinalizer(item, orphanFinalizer)] };
}

function deletion(
  { resource, object }: Item,
  propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  unchanged = true,
): Action {
  const { namespace, name = '', uid = '', resourceVersion = '' } = object.metadata ?? {};
  return {
    do: 'delete',
    resource,
    key: { namespace, name },
    options: { propagationPolicy, uid, ...(unchanged ? { resourceVersion } : {}) },
  };
}

function withoutFinalizer(item: Item, finalizer: string): Action {
  return metadataPatch(item, {
    finalizers: (item.object.metadata?.finalizers ?? []).filter((name) => name !== finalizer),
  });
}

/** Changes metadata of exactly the object that was judged. */
function metadataPatch(
  { resource, object }: Item,
  change: { readonly ownerReferences?: readonly Reference[]; readonly finalizers?: readonly string[] },
): Action {
  const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {};
  return {
    do: 'patch',
    resource,
    key: { namespace, name },
    patch: { type: 'merge', body: { metadata: { uid, resourceVersion, ...change } } },
    tolerates: (error) => error.reason === 'NotFound',
  };
}

function dependentsOf({ view }: Graph, uid: string | undefined): readonly Item[] {
  if (uid === undefined) return [];
  const items: Item[] = [];
  for (const objects of Object.values(view))
    for (const object of objects.index('owners', uid)) items.push({ resource: objects.resource, object });
  return items;
}

function referencesTo({ metadata }: ReadObject, uid: string | undefined): readonly Reference[] {
  return (metadata?.ownerReferences ?? []).filter((reference) => reference.uid === uid);
}

/** The owner, if the view has it. */
function ownerIn(graph: Graph, item: Item, reference: Reference): Item | undefined {
  const where = lookAt(graph, item, reference);
  if (where?.key === undefined) return undefined;
  const { resource } = where;
  const object = graph.view[groupResource(resource)]?.get(
    where.key.namespace === undefined ? where.key.name : `${where.key.namespace}/${where.key.name}`,
  );
  return object?.metadata?.uid === reference.uid ? { resource, object } : undefined;
}

/** Where the kinds of the group `extensions` are now; old references still name it. */
const movedTo = ['apps', 'networking.k8s.io', 'policy'];

/** Where the owner of a reference is: in the dependent's own namespace, or in none. */
function lookAt({ byKind }: Graph, { object }: Item, { apiVersion, kind, name }: Reference): LookAt | undefined {
  const { group } = parseApiVersion(apiVersion);
  const groups = group === 'extensions' ? [group, ...movedTo] : [group];
  const resource = groups.map((one) => byKind.get(`${one}/${kind}`)).find((found) => found !== undefined);
  // What has no namespace cannot be owned by what has one: such a reference leads nowhere.
  if (resource === undefined || (resource.namespaced && object.metadata?.namespace === undefined)) return undefined;
  const namespace = resource.namespaced ? object.metadata?.namespace : undefined;
  return { resource, key: { namespace, name } };
}

/** What is not there: an owner as a dependent names it, where that dependent would have it. */
function absence({ object }: Item, { apiVersion, kind, name, uid }: Reference): string {
  return [object.metadata?.namespace ?? '', apiVersion, kind, name, uid].join(' ');
}

function remember(absent: Set<string>, what: string): void {
  const [oldest] = absent;
  if (absent.size >= absentMax && oldest !== undefined) absent.delete(oldest);
  absent.add(what);
}

function has({ metadata }: ReadObject, finalizer: string): boolean {
  return metadata?.finalizers?.includes(finalizer) === true;
}

function isDeleting({ metadata }: ReadObject): boolean {
  return (metadata?.deletionTimestamp ?? '') !== '';
}

/** Being deleted, and waiting for its dependents. */
function isWaiting(object: ReadObject | undefined): boolean {
  return object !== undefined && isDeleting(object) && has(object, foregroundFinalizer);
}
