/**
 * Namespace: when one is deleted, everything in it goes first, then the namespace.
 *
 * What always holds: pods go before what they may still need; the finalizer `kubernetes` is taken away only after the API
 * server itself, not a view, has said of every resource that nothing is left; until then the conditions say what is.
 */
import { jsonEqual, rfc3339, type DeepReadonly } from '../base/mod.ts';
import { events, namespaces, pods, type Namespace, type NamespaceCondition } from '../api/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Plan,
  type Reads,
  type ResourceView,
  type View,
} from '../client/mod.ts';
import { type ApiError, type KubeObject, type Resource } from '../machinery/mod.ts';

type ReadNamespace = DeepReadonly<Namespace>;

/** Where nothing tells us of a change, we look again. */
const lookAgainMs = 15_000;
const finalizer = 'kubernetes';

/** What is left of one resource in a namespace. */
interface Content {
  readonly resource: Resource;
  readonly objects: readonly DeepReadonly<KubeObject>[];
}

export const namespaceController = defineController({
  name: 'namespace-controller',
  reads: {
    '/': read(namespaces, { wakes: (namespace) => (isTerminating(namespace) ? [namespace.metadata.name ?? ''] : []) }),
  } as Reads,
  // Events come and go in great numbers: they are only looked at in the end.
  readsOf: (resource) =>
    resource.namespaced &&
    resource.plural !== events.plural &&
    ['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb))
      ? read<KubeObject>(resource, {
          wakes: ({ metadata }, view) =>
            isTerminating(view['/']?.get(metadata?.namespace ?? '')) ? [metadata?.namespace ?? ''] : [],
        })
      : undefined,
  concurrency: 10,
  plan(view, key, now) {
    const namespace = (view['/'] as ResourceView<Namespace>).get(key);
    if (namespace === undefined || !isTerminating(namespace) || !(namespace.spec?.finalizers ?? []).includes(finalizer))
      return nothing;
    const watched = Object.values(view as View).filter(({ resource }) => resource.namespaced);
    const contents = watched
      .map((objects): Content => ({ resource: objects.resource, objects: objects.list(key) }))
      .filter(({ objects }) => objects.length > 0);
    if (contents.length > 0) return { ...removeContents(namespace, contents, now), wakeAtMs: now + lookAgainMs };
    const deletable = [...watched.map(({ resource }) => resource), events];
    return { actions: [finalizeIfEmpty(namespace, deletable)], wakeAtMs: now + lookAgainMs };
  },
});

function isTerminating(namespace: DeepReadonly<KubeObject> | undefined): boolean {
  return (namespace?.metadata?.deletionTimestamp ?? '') !== '';
}

function removeContents(namespace: ReadNamespace, contents: readonly Content[], now: number): Plan {
  const ofPods = contents.filter(({ resource }) => resource.group === '' && resource.plural === pods.plural);
  const due = ofPods.length > 0 ? ofPods : contents;
  const left = due.filter(({ objects }) => objects.some((object) => !isTerminating(object)));
  const told = statusChange(namespace, conditionsOf(contents, undefined), now);
  const failed = (error: ApiError): readonly Action[] =>
    statusChange(namespace, conditionsOf(contents, error.message), now);
  return {
    actions: left.flatMap((content) => deletionOf(namespace, content)),
    after: left.length > 0 ? [] : told,
    otherwise: failed,
  };
}

function deletionOf({ metadata }: ReadNamespace, { resource, objects }: Content): readonly Action[] {
  const namespace = metadata.name ?? '';
  const options = { propagationPolicy: 'Background' } as const;
  if (resource.verbs?.includes('deletecollection') === true)
    return [{ do: 'deleteCollection', resource, namespace, options }];
  return objects.map(({ metadata: { name = '' } = {} }): Action => ({
    do: 'delete',
    resource,
    key: { namespace, name },
    options,
  }));
}

/** Asks for one object of every resource; only where there is none the namespace may go. */
function finalizeIfEmpty(namespace: ReadNamespace, resources: readonly Resource[]): Action {
  const name = namespace.metadata.name ?? '';
  return {
    do: 'look',
    at: resources.map((resource) => ({ resource, namespace: name, limit: 1 })),
    onSeen: (found) => {
      const contents = resources
        .map((resource, i): Content => ({ resource, objects: found[i] ?? [] }))
        .filter(({ objects }) => objects.length > 0);
      if (contents.length > 0) return contents.flatMap((content) => deletionOf(namespace, content));
      const finalizers = (namespace.spec?.finalizers ?? []).filter((other) => other !== finalizer);
      return [
        {
          do: 'update',
          resource: namespaces,
          subresource: 'finalize',
          object: { ...namespace, spec: { ...namespace.spec, finalizers } },
        },
      ];
    },
  };
}

interface ConditionText {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

function conditionsOf(contents: readonly Content[], failure: string | undefined): readonly ConditionText[] {
  const remaining = contents
    .map(({ resource, objects }) => `${resource.plural}.${resource.group} has ${objects.length} resource instances`)
    .toSorted();
  const holders = new Map<string, number>();
  for (const { objects } of contents)
    for (const { metadata } of objects)
      for (const name of metadata?.finalizers ?? []) holders.set(name, (holders.get(name) ?? 0) + 1);
  const finalizers = [...holders].map(([name, count]) => `${name} in ${count} resource instances`).toSorted();
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    failure === undefined
      ? {
          type: 'NamespaceDeletionContentFailure',
          status: 'False',
          reason: 'ContentDeleted',
          message: 'All content successfully deleted, may be waiting on finalization',
        }
      : {
          type: 'NamespaceDeletionContentFailure',
          status: 'True',
          reason: 'ContentDeletionFailed',
          message: `Failed to delete all resource types, ${contents.length} remaining: ${failure}`,
        },
    remaining.length === 0
      ? {
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        }
      : {
          type: 'NamespaceContentRemaining',
          status: 'True',
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${remaining.join(', ')}`,
        },
    finalizers.length === 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        },
  ];
}

function statusChange(namespace: ReadNamespace, texts: readonly ConditionText[], now: number): readonly Action[] {
  const before = namespace.status?.conditions ?? [];
  const told = texts.map((text): NamespaceCondition => {
    const old = before.find(({ type }) => type === text.type);
    const lastTransitionTime = old?.status === text.status ? (old.lastTransitionTime ?? rfc3339(now)) : rfc3339(now);
    return { type: text.type, status: text.status, lastTransitionTime, reason: text.reason, message: text.message };
  });
  const conditions = [...before.filter(({ type }) => !texts.some((text) => text.type === type)), ...told];
  if (jsonEqual(before, conditions)) return [];
  return [
    {
      do: 'update',
      resource: namespaces,
      subresource: 'status',
      object: { ...namespace, status: { ...namespace.status, conditions } } as ReadNamespace,
    },
  ];
}
