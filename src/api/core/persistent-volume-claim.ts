/**
 * PersistentVolumeClaim: storage that somebody wants. Where its content comes from is said twice, in the field that old
 * clients know and in the one that can name anything; both say the same.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, field, nameColumn, parseQuantity, type Strategy } from '../../machinery/mod.ts';
import { column, wideColumn } from '../columns.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../upstream/types.ts';
import { accessModesText, betaStorageClass, fractionWarning } from './persistent-volume/access-modes.ts';
import { claimErrors, claimStatusErrors, claimUpdateErrors } from './persistent-volume-claim/validation.ts';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;

/** What the old field could always name: claims, and snapshots of volumes. */
function isKnownSource({
  kind,
  apiGroup: group,
}: {
  readonly kind: string;
  readonly apiGroup?: string | null;
}): boolean {
  const apiGroup = group ?? '';
  return (
    (kind === 'PersistentVolumeClaim' && apiGroup === '') ||
    (kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')
  );
}

function syncDataSources(
  spec: PersistentVolumeClaimSpec,
  old: DeepReadonly<PersistentVolumeClaimSpec> | undefined,
): void {
  // Sources in other namespaces are behind a feature that is off.
  if ((spec.dataSourceRef?.namespace ?? '') !== '' && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  const { dataSource, dataSourceRef } = spec;
  const inUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (dataSourceRef !== undefined) {
    if (dataSource !== undefined || (dataSourceRef.namespace ?? '') !== '') return;
    const { namespace: _, ...local } = dataSourceRef;
    spec.dataSource = local;
  } else if (dataSource !== undefined) {
    if (inUse || isKnownSource(dataSource)) spec.dataSourceRef = { ...dataSource };
    else delete spec.dataSource;
  }
}

function warnings({ metadata, spec = {} }: ReadonlyClaim): string[] {
  const found: string[] = [];
  if (metadata.annotations?.[betaStorageClass] !== undefined)
    found.push(
      `metadata.annotations[${betaStorageClass}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  for (const list of ['requests', 'limits'] as const) {
    const text = spec.resources?.[list]?.['storage'] ?? '0';
    const quantity = parseQuantity(text);
    found.push(
      ...fractionWarning(field('spec', 'resources', list).key('storage'), quantity.milliValue(), quantity.toString()),
    );
  }
  return found;
}

const strategy: Strategy<PersistentVolumeClaim> = {
  defaults({ spec, status }) {
    if (status !== undefined) status.phase ??= 'Pending';
    if (spec !== undefined) spec.volumeMode ??= 'Filesystem';
  },
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' };
    if (draft.spec !== undefined) syncDataSources(draft.spec, undefined);
  },
  prepareForUpdate(draft, old) {
    if (draft.spec !== undefined) syncDataSources(draft.spec, old.spec);
  },
  validate: claimErrors,
  validateUpdate: claimUpdateErrors,
  warnings,
  returnsDeleted: true,
};

const isBound = ({ spec }: ReadonlyClaim): boolean => (spec?.volumeName ?? '') !== '';

export const persistentVolumeClaims = defineKind<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  shortNames: ['pvc'],
  strategy,
  subresources: { status: { type: 'part', strategy: { validateUpdate: claimStatusErrors } } },
  columns: [
    nameColumn(),
    column('Status', 'Whether the claim has its volume.', ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
    ),
    column('Volume', 'The volume that the claim has.', ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', 'How large the volume is.', (claim) =>
      isBound(claim) ? (claim.status?.capacity?.['storage'] ?? '0') : '',
    ),
    column('Access Modes', 'How the volume may be used.', (claim) =>
      isBound(claim) ? accessModesText(claim.status?.accessModes) : '',
    ),
    column(
      'StorageClass',
      'The class of storage that is wanted.',
      ({ metadata, spec }) => metadata.annotations?.[betaStorageClass] ?? spec?.storageClassName ?? '',
    ),
    column(
      'VolumeAttributesClass',
      'The class of attributes that is wanted.',
      ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    ),
    ageColumn(),
    wideColumn(
      'VolumeMode',
      'Whether the volume has a file system or is a device.',
      ({ spec }) => spec?.volumeMode ?? '<unset>',
    ),
  ],
});
