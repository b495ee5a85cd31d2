/** Which objects a pod uses: what a node may reach because the pod is on it, and what a pod of the node's own must not name. */
import type { Pod } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type PodVolume = NonNullable<NonNullable<ReadonlyPod['spec']>['volumes']>[number];
type Add = (resource: string, name: string | undefined) => void;

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** As `resource/namespace/name`. A pod that a node made up itself uses nothing. */
export function referencesOf(pod: ReadonlyPod): ReadonlySet<string> {
  const { metadata } = pod;
  const namespace = metadata.namespace ?? '';
  const found = new Set<string>([`pods/${namespace}/${metadata.name ?? ''}`]);
  if (metadata.annotations?.[mirrorAnnotation] !== undefined) return found;
  const add: Add = (resource, name) => {
    if (name !== undefined && name !== '') found.add(`${resource}/${namespace}/${name}`);
  };
  addFromSpec(pod, add);
  for (const volume of pod.spec?.volumes ?? []) {
    add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral !== undefined) add('persistentvolumeclaims', `${metadata.name ?? ''}-${volume.name}`);
  }
  for (const { name, resourceClaimName, resourceClaimTemplateName } of pod.spec?.resourceClaims ?? []) {
    add('resourceclaims', resourceClaimName);
    if (resourceClaimTemplateName !== undefined) add('resourceclaims', generatedClaim(pod, name));
  }
  add('resourceclaims', pod.status?.extendedResourceClaimStatus?.resourceClaimName);
  return found;
}

/** The claim that was made from a template, once it was. */
function generatedClaim({ status }: ReadonlyPod, entry: string): string | undefined {
  return status?.resourceClaimStatuses?.find(({ name }) => name === entry)?.resourceClaimName;
}

/** The account, and the secrets and config maps of containers and volumes. */
function addFromSpec({ spec }: ReadonlyPod, add: Add): void {
  add('serviceaccounts', spec?.serviceAccountName);
  for (const { name } of spec?.imagePullSecrets ?? []) add('secrets', name);
  for (const volume of spec?.volumes ?? []) addVolume(volume, add);
  for (const { env = [], envFrom = [] } of [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ]) {
    for (const { valueFrom } of env) {
      add('secrets', valueFrom?.secretKeyRef?.name);
      add('configmaps', valueFrom?.configMapKeyRef?.name);
    }
    for (const { secretRef, configMapRef } of envFrom) {
      add('secrets', secretRef?.name);
      add('configmaps', configMapRef?.name);
    }
  }
}

function addVolume(volume: PodVolume, add: Add): void {
  add('secrets', volume.secret?.secretName);
  add('configmaps', volume.configMap?.name);
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    add('secrets', secret?.name);
    add('configmaps', configMap?.name);
  }
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos } = volume;
  add('secrets', azureFile?.secretName);
  for (const source of [cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos])
    add('secrets', source?.secretRef?.name);
  add('secrets', csi?.nodePublishSecretRef?.name);
}

/** What of a volume is in the API, and what upstream calls it. */
const volumeSources: readonly (readonly [keyof PodVolume, string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
];
const projectedSources = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
] as const;

/** The first sort of object in the API that a pod names; undefined for a pod that can do without the API. */
export function referencedApi(pod: ReadonlyPod): string | undefined {
  const used = new Set<string>();
  addFromSpec(pod, (resource, name) => {
    if (name !== undefined && name !== '') used.add(resource);
  });
  const plain = ['serviceaccounts', 'secrets', 'configmaps'].find((resource) => used.has(resource));
  if (plain !== undefined) return plain;
  if ((pod.spec?.resourceClaims ?? []).length > 0) return 'resourceclaims';
  for (const volume of pod.spec?.volumes ?? []) {
    const source = volumeSources.find(([name]) => volume[name] !== undefined);
    if (source !== undefined) return source[1];
    for (const projected of volume.projected?.sources ?? []) {
      const found = projectedSources.find(([name]) => projected[name] !== undefined);
      if (found !== undefined) return found[1];
    }
  }
  return undefined;
}
