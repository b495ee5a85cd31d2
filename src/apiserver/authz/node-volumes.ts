/** What volumes have to do with a node: through the claims of its pods, and through what is attached to it. */
import {
  persistentVolumeClaims,
  persistentVolumes,
  volumeAttachments,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type VolumeAttachment,
} from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import type { Snapshot } from '../../store/mod.ts';

type Volume = DeepReadonly<PersistentVolume>;

/** `namespace/name` of the claim that holds a volume. */
export function claimOf(snapshot: Snapshot, volume: string): string | undefined {
  const found = snapshot.get(persistentVolumes.collection ?? '', volume)?.value as Volume | undefined;
  return found === undefined ? undefined : claimKey(found);
}

function claimKey({ spec }: Volume): string | undefined {
  const { namespace = '', name = '' } = spec?.claimRef ?? {};
  return name === '' ? undefined : `${namespace}/${name}`;
}

/** Whether the volume behind a claim, `namespace/name`, names this secret for kubelets to use. */
export function claimUsesSecret(snapshot: Snapshot, claim: string, secret: string): boolean {
  const found = snapshot.get(persistentVolumeClaims.collection ?? '', claim)?.value as
    | DeepReadonly<PersistentVolumeClaim>
    | undefined;
  const volume = snapshot.get(persistentVolumes.collection ?? '', found?.spec?.volumeName ?? '')?.value as
    | Volume
    | undefined;
  // A claim may say any volume's name; it is the volume that says whose it is.
  if (volume === undefined || claimKey(volume) !== claim) return false;
  return secretsOf(volume).includes(secret);
}

/** Those that are for the controllers of a driver are not among them. */
function secretsOf({ spec = {} }: Volume): string[] {
  const { azureFile, cephfs, cinder, csi, flexVolume, iscsi, rbd, scaleIO, storageos, claimRef } = spec;
  const references = [
    ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map((source) => source?.secretRef),
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
    azureFile && { name: azureFile.secretName, namespace: azureFile.secretNamespace },
  ];
  return references.flatMap((reference) => {
    const { name = '', namespace = '' } = reference ?? {};
    return name === '' ? [] : [`${namespace === '' ? (claimRef?.namespace ?? '') : namespace}/${name}`];
  });
}

export function isAttachedTo(snapshot: Snapshot, attachment: string, node: string): boolean {
  const found = snapshot.get(volumeAttachments.collection ?? '', attachment)?.value as
    | DeepReadonly<VolumeAttachment>
    | undefined;
  return found?.spec.nodeName === node;
}
