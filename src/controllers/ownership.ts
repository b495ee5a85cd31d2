/**
 * Who manages what. A controller's dependents are found through two indexes: those that name it as their controller, by its
 * uid, and those without a controller, by namespace.
 *
 * What always holds: an object with a controller is never taken from it; an orphan is adopted only if the selector matches,
 * it is not going away, and the API server itself says that the owner is still there; what does not match is let go.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Action, IndexFunction, ResourceView } from '../client/mod.ts';
import {
  type ApiError,
  controllerOf,
  controllerReference,
  isApiError,
  keyOf,
  labelSelectorFromSpec,
  objectKey,
  parseApiVersion,
  SelectorError,
  type KubeObject,
  type LabelSelector,
  type LabelSelectorSpec,
  type Resource,
} from '../machinery/mod.ts';

type ReadObject = DeepReadonly<KubeObject>;

const byController: IndexFunction<KubeObject> = (object) => {
  const owner = controllerOf(object);
  return owner === undefined ? [`orphans ${object.metadata?.namespace ?? ''}`] : [owner.uid];
};

/** The indexes to read dependents with. */
export const ownershipIndexes = { controller: byController };

export function controlledBy<T extends KubeObject>(
  view: ResourceView<T>,
  uid: string | undefined,
): readonly DeepReadonly<T>[] {
  return uid === undefined ? [] : view.index('controller', uid);
}

function orphansIn<T extends KubeObject>(
  view: ResourceView<T>,
  namespace: string | undefined,
): readonly DeepReadonly<T>[] {
  return view.index('controller', `orphans ${namespace ?? ''}`);
}

export interface Claims<T> {
  /** The owner's, by reference and by selector. */
  readonly claimed: readonly DeepReadonly<T>[];
  /** Adoptions and releases. Where there are any they come first: everything else is planned from what they lead to. */
  readonly actions: readonly Action[];
}

/** `claimable` says which objects are adopted or let go at all; others stay with whom they are. */
export function claim<T extends KubeObject>(
  owner: ReadObject,
  selector: LabelSelector,
  dependents: {
    readonly resource: Resource<T>;
    readonly view: ResourceView<T>;
    readonly claimable?: (object: DeepReadonly<T>) => boolean;
  },
  ownerResource: Resource,
): Claims<T> {
  const { view, claimable = () => true } = dependents;
  const resource = dependents.resource as Resource;
  const deleting = isDeleted(owner);
  const claimed: DeepReadonly<T>[] = [];
  const actions: Action[] = [];
  for (const object of controlledBy(view, owner.metadata?.uid)) {
    const { labels } = object.metadata ?? {};
    if (selector.matches(labels)) claimed.push(object);
    else if (!deleting && claimable(object)) actions.push(release(resource, object, owner));
  }
  if (deleting) return { claimed, actions };
  const orphans = orphansIn(view, owner.metadata?.namespace).filter(
    (object) => !isDeleted(object) && selector.matches(object.metadata?.labels) && claimable(object),
  );
  if (orphans.length > 0) actions.push(adoptAll(resource, orphans, owner, ownerResource));
  return { claimed, actions };
}

function isDeleted(object: ReadObject): boolean {
  return (object.metadata?.deletionTimestamp ?? '') !== '';
}

/** Adopts once the API server has confirmed that the owner is the one we know and stays. */
function adoptAll(
  resource: Resource,
  orphans: readonly ReadObject[],
  owner: ReadObject,
  ownerResource: Resource,
): Action {
  const { namespace, name = '', uid } = owner.metadata ?? {};
  return {
    do: 'look',
    at: [{ resource: ownerResource, key: { namespace, name } }],
    onSeen: (found) => {
      const current = found[0]?.[0];
      if (current === undefined || current.metadata?.uid !== uid || isDeleted(current)) return [];
      return orphans.map((orphan) => adopt(resource, orphan, owner));
    },
  };
}

function adopt(resource: Resource, orphan: ReadObject, owner: ReadObject): Action {
  const { namespace, name = '', uid } = orphan.metadata ?? {};
  const body = { metadata: { ownerReferences: [controllerReference(owner)], uid } };
  return { do: 'patch', resource, key: { namespace, name }, patch: { type: 'strategic', body }, tolerates: isGone };
}

function release(resource: Resource, object: ReadObject, owner: ReadObject): Action {
  const { namespace, name = '', uid } = object.metadata ?? {};
  const body = { metadata: { ownerReferences: [{ $patch: 'delete', uid: owner.metadata?.uid }], uid } };
  return { do: 'patch', resource, key: { namespace, name }, patch: { type: 'strategic', body }, tolerates: isGone };
}

/** Not there any more, or another object of that name. */
function isGone(error: ApiError): boolean {
  return isApiError(error, 'NotFound', 'Invalid', 'Conflict');
}

/** Whether an owner's selector finds an object. One that means nothing finds nothing. */
export function selects(spec: LabelSelectorSpec | undefined, { metadata }: ReadObject): boolean {
  try {
    return labelSelectorFromSpec(spec).matches(metadata?.labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

/** The key of an object's controller, if that is of this kind. */
export function controllerToWake(
  object: ReadObject,
  owners: { readonly kind: string; readonly group: string },
): readonly string[] {
  const controller = controllerOf(object);
  if (controller?.kind !== owners.kind || parseApiVersion(controller.apiVersion).group !== owners.group) return [];
  return [objectKey(object.metadata?.namespace, controller.name)];
}

/** The keys of the owners that an object concerns: its controller of that kind, or, for an orphan, all that would adopt it. */
export function ownersToWake<T extends KubeObject>(
  object: ReadObject,
  owners: {
    readonly kind: string;
    readonly group: string;
    readonly view: ResourceView<T>;
    readonly selects: (owner: DeepReadonly<T>, object: ReadObject) => boolean;
  },
): readonly string[] {
  if (controllerOf(object) !== undefined) return controllerToWake(object, owners);
  return owners.view
    .list(object.metadata?.namespace)
    .filter((owner) => owners.selects(owner, object))
    .map((owner) => keyOf(owner));
}

/** The API server refused because the namespace is going away: nothing that a controller should report or retry for. */
export function isNamespaceTerminating(error: ApiError): boolean {
  return error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
}
