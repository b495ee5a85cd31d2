/** PersistentVolume: storage that is there. What it is made of never changes. */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  nameColumn,
  parseQuantity,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { column, wideColumn } from '../columns.ts';
import type { PersistentVolume } from '../upstream/types.ts';
import { accessModesText, betaStorageClass, fractionWarning } from './persistent-volume/access-modes.ts';
import { volumeErrors, volumeUpdateErrors } from './persistent-volume/validation.ts';
import { warnOfTerm } from './pod-spec/node-labels.ts';
import { defaultStorage } from './pod-spec/volume-defaults.ts';

type ReadonlyVolume = DeepReadonly<PersistentVolume>;

const mountOptions = 'volume.beta.kubernetes.io/mount-options';

/** Sources that nothing can use any more, or soon. */
const deprecatedSources = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
] as const;

function warnings({ metadata: { annotations = {} }, spec = {} }: ReadonlyVolume): string[] {
  const found: string[] = [];
  const annotation = (key: string, message: string): void => {
    if (annotations[key] !== undefined) found.push(`metadata.annotations[${key}]: ${message}`);
  };
  annotation(betaStorageClass, 'deprecated since v1.8; use "storageClassName" attribute instead');
  annotation(mountOptions, 'deprecated since v1.31; use "mountOptions" attribute instead');
  if (spec.persistentVolumeReclaimPolicy === 'Recycle')
    found.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    );
  const terms = field('spec', 'nodeAffinity', 'required', 'nodeSelectorTerms');
  for (const [i, term] of (spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).entries())
    warnOfTerm(found, term, terms.index(i));
  for (const [source, message] of deprecatedSources)
    if (spec[source] !== undefined) found.push(`spec.${source}: ${message}`);
  const capacity = parseQuantity(spec.capacity?.['storage'] ?? '0');
  found.push(...fractionWarning(field('spec', 'capacity').key('storage'), capacity.milliValue(), capacity.toString()));
  return found;
}

const strategy: Strategy<PersistentVolume> = {
  defaults({ spec, status }) {
    if (status !== undefined) status.phase ??= 'Pending';
    if (spec === undefined) return;
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
    defaultStorage(spec);
  },
  prepareForCreate(draft, { now }) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(now) };
  },
  validate: volumeErrors,
  validateUpdate: volumeUpdateErrors,
  warnings,
  returnsDeleted: true,
};

const statusPart: UpdateStrategy<PersistentVolume> = {
  prepareForUpdate({ status }, old, { now }) {
    if (status === undefined || status.phase === old.status?.phase) return;
    const { lastPhaseTransitionTime: time } = status;
    if (time === undefined || time === old.status?.lastPhaseTransitionTime)
      status.lastPhaseTransitionTime = rfc3339(now);
  },
};

export const persistentVolumes = defineKind<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  shortNames: ['pv'],
  strategy,
  subresources: { status: { type: 'part', strategy: statusPart } },
  columns: [
    nameColumn(),
    column('Capacity', 'How large the volume is.', ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column('Access Modes', 'How the volume may be used.', ({ spec }) => accessModesText(spec?.accessModes)),
    column(
      'Reclaim Policy',
      'What becomes of the volume when its claim has gone.',
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    column('Status', 'Whether the volume is free, in use, or done.', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    ),
    column('Claim', 'The claim that has the volume.', ({ spec }) =>
      spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
    ),
    column(
      'StorageClass',
      'The class of storage that the volume is of.',
      ({ metadata, spec }) => metadata.annotations?.[betaStorageClass] ?? spec?.storageClassName ?? '',
    ),
    column(
      'VolumeAttributesClass',
      'The class of attributes that the volume has.',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    column('Reason', 'Why the volume is in its status.', ({ status }) => status?.reason ?? ''),
    ageColumn(),
    wideColumn(
      'VolumeMode',
      'Whether the volume has a file system or is a device.',
      ({ spec }) => spec?.volumeMode ?? '<unset>',
    ),
  ],
});
