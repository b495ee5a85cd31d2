/** The defaults of volumes. A volume that names no source is an empty directory. */
import type {
  DownwardAPIVolumeFile,
  PersistentVolumeSpec,
  ProjectedVolumeSource,
  Volume,
} from '../../upstream/types.ts';
import { defaultPullPolicy } from './image.ts';

/** 0644. */
const fileMode = 0o644;

export function defaultVolume(volume: Volume): void {
  let sources = 0;
  for (const key in volume) if (key !== 'name') sources += 1;
  if (sources === 0) volume.emptyDir = {};
  const { secret, configMap, downwardAPI, projected, hostPath, ephemeral, image } = volume;
  if (secret !== undefined) secret.defaultMode ??= fileMode;
  if (configMap !== undefined) configMap.defaultMode ??= fileMode;
  if (downwardAPI !== undefined) {
    downwardAPI.defaultMode ??= fileMode;
    defaultFiles(downwardAPI.items);
  }
  if (projected !== undefined) defaultProjected(projected);
  if (hostPath !== undefined) hostPath.type ??= '';
  if (ephemeral?.volumeClaimTemplate?.spec !== undefined)
    ephemeral.volumeClaimTemplate.spec.volumeMode ??= 'Filesystem';
  if (image !== undefined) image.pullPolicy ??= defaultPullPolicy(image.reference ?? '');
  defaultStorage(volume);
}

function defaultFiles(files: readonly DownwardAPIVolumeFile[] | undefined): void {
  for (const { fieldRef } of files ?? []) if (fieldRef !== undefined) fieldRef.apiVersion ??= 'v1';
}

function defaultProjected(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= fileMode;
  for (const { downwardAPI, serviceAccountToken, podCertificate } of projected.sources ?? []) {
    defaultFiles(downwardAPI?.items);
    if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
    if (podCertificate !== undefined) podCertificate.maxExpirationSeconds ??= 86400;
  }
}

/** Volumes of storage systems, all of them old: as a pod names them or as a PersistentVolume does. */
export function defaultStorage({
  iscsi,
  rbd,
  azureDisk,
  scaleIO,
}: Pick<Volume | PersistentVolumeSpec, 'iscsi' | 'rbd' | 'azureDisk' | 'scaleIO'>): void {
  if (iscsi !== undefined) iscsi.iscsiInterface ??= 'default';
  if (rbd !== undefined) {
    rbd.pool ??= 'rbd';
    rbd.user ??= 'admin';
    rbd.keyring ??= '/etc/ceph/keyring';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ??= 'ThinProvisioned';
    scaleIO.fsType ??= 'xfs';
  }
}
