/**
 * Claims, volumes and classes of volume attributes are not gone while somebody uses them: as long as they carry a finalizer
 * their deletion waits, and it is taken away when the deletion was asked for and nobody uses them any more.
 */
import { persistentVolumeClaims, persistentVolumes, pods, volumeAttributesClasses } from '../api/mod.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { defineController, nothing, read, type Action, type Plan } from '../client/mod.ts';
import { controllerOf, isApiError, keyOf, objectKey, type KubeObject, type Resource } from '../machinery/mod.ts';

type ReadPod = DeepReadonly<Pod>;
type ReadObject = DeepReadonly<KubeObject>;

const claimFinalizer = 'kubernetes.io/pvc-protection';
const volumeFinalizer = 'kubernetes.io/pv-protection';
const classFinalizer = 'kubernetes.io/vac-protection';

export const claimProtection = defineController({
  name: 'persistentvolumeclaim-protection-controller',
  reads: {
    claims: read(persistentVolumeClaims, { wakes: (claim) => [keyOf(claim)] }),
    pods: read(pods, {
      indexes: { claims: claimsOf },
      wakes: (pod, _view, { object }) => (object === undefined || isShutDown(pod) ? claimsOf(pod) : []),
    }),
  },
  plan(view, key) {
    const claim = view.claims.get(key);
    if (claim === undefined) return nothing;
    if (!isLeaving(claim, claimFinalizer)) return added(persistentVolumeClaims, claim, claimFinalizer);
    if (view.pods.index('claims', key).some((pod) => usesClaim(pod, claim))) return nothing;
    // A view may not have the pod yet that was scheduled a moment ago.
    const namespace = claim.metadata.namespace ?? '';
    const look: Action = {
      do: 'look',
      at: [{ resource: pods, namespace }],
      onSeen: ([found = []]) =>
        found.some((pod) => usesClaim(pod as ReadPod, claim))
          ? []
          : removed(persistentVolumeClaims, claim, claimFinalizer),
    };
    return { actions: [look] };
  },
});

/** Keys of the claims that a pod names, or that are made for it. */
function claimsOf({ metadata, spec }: ReadPod): readonly string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim =
      persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${metadata.name}-${name}`);
    return claim === undefined ? [] : [objectKey(metadata.namespace, claim)];
  });
}

/** Pods that are not scheduled do not count: with a claim that is going away none is started. */
function usesClaim(pod: ReadPod, claim: DeepReadonly<PersistentVolumeClaim>): boolean {
  if ((pod.spec?.nodeName ?? '') === '') return false;
  const { name = '' } = claim.metadata;
  return (pod.spec?.volumes ?? []).some(
    ({ name: volume, persistentVolumeClaim, ephemeral }) =>
      persistentVolumeClaim?.claimName === name ||
      (ephemeral !== undefined &&
        !isShutDown(pod) &&
        `${pod.metadata.name}-${volume}` === name &&
        controllerOf(claim)?.uid === pod.metadata.uid),
  );
}

/** Its node has stopped it, or nobody waits for that. */
function isShutDown({ metadata }: ReadPod): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
}

export const volumeProtection = defineController({
  name: 'persistentvolume-protection-controller',
  reads: { volumes: read(persistentVolumes, { wakes: (volume) => [keyOf(volume)] }) },
  plan(view, key) {
    const volume = view.volumes.get(key);
    if (volume === undefined) return nothing;
    if (!isLeaving(volume, volumeFinalizer)) return added(persistentVolumes, volume, volumeFinalizer);
    return volume.status?.phase === 'Bound'
      ? nothing
      : { actions: removed(persistentVolumes, volume, volumeFinalizer) };
  },
});

export const volumeAttributesClassProtection = defineController({
  name: 'volumeattributesclass-protection-controller',
  reads: {
    classes: read(volumeAttributesClasses, { wakes: (one) => [keyOf(one)] }),
    claims: read(persistentVolumeClaims, {
      indexes: { classes: classesOfClaim },
      wakes: (claim, _view, { previous }) => classesLeft(previous, claim, classesOfClaim),
    }),
    volumes: read(persistentVolumes, {
      indexes: { classes: classesOfVolume },
      wakes: (volume, _view, { previous }) => classesLeft(previous, volume, classesOfVolume),
    }),
  },
  plan(view, key) {
    const one = view.classes.get(key);
    if (one === undefined) return nothing;
    if (!isLeaving(one, classFinalizer)) return added(volumeAttributesClasses, one, classFinalizer);
    const used = view.claims.index('classes', key).length > 0 || view.volumes.index('classes', key).length > 0;
    return used ? nothing : { actions: removed(volumeAttributesClasses, one, classFinalizer) };
  },
});

function classesOfClaim({ spec, status }: DeepReadonly<PersistentVolumeClaim>): readonly string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return [...new Set(names.flatMap((name) => (name === undefined || name === '' ? [] : [name])))];
}

function classesOfVolume({ spec }: DeepReadonly<PersistentVolume>): readonly string[] {
  const { volumeAttributesClassName: name = '' } = spec ?? {};
  return name === '' ? [] : [name];
}

/** Classes of before and of now: one of those that are not named any more may be free. */
function classesLeft<T>(
  previous: T | undefined,
  now: T,
  classesOf: (object: T) => readonly string[],
): readonly string[] {
  return previous === undefined ? [] : [...classesOf(previous), ...classesOf(now)];
}

export function isLeaving({ metadata }: ReadObject, finalizer: string): boolean {
  return metadata?.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(finalizer);
}

/** The finalizer for what is not about to go and lacks it: made before there was the admission plugin, or without it. */
function added(resource: Resource, object: ReadObject, finalizer: string): Plan<never> {
  const { deletionTimestamp, finalizers = [] } = object.metadata ?? {};
  if (deletionTimestamp !== undefined || finalizers.includes(finalizer)) return nothing;
  return { actions: [update(resource, object, [...finalizers, finalizer])] };
}

export function removed(resource: Resource, object: ReadObject, finalizer: string): readonly Action[] {
  return [
    update(
      resource,
      object,
      (object.metadata?.finalizers ?? []).filter((other) => other !== finalizer),
    ),
  ];
}

function update(resource: Resource, object: ReadObject, finalizers: readonly string[]): Action {
  return {
    do: 'update',
    resource,
    object: { ...object, metadata: { ...object.metadata, finalizers } },
    tolerates: (error) => isApiError(error, 'NotFound'),
  };
}
