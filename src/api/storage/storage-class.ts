/** StorageClass. What it says about volumes never changes, because volumes may have been made from it. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, field, forbidden, nameColumn, type FieldError } from '../../machinery/mod.ts';
import { checkChoice, checkImmutable, checkOptionalChoice, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { warnOfNodeLabel } from '../core/pod-spec/node-labels.ts';
import type { StorageClass } from '../upstream/types.ts';
import { checkParameters, checkProvisioner, storageGroup } from './parameters.ts';
import { checkTopologies } from './topology.ts';

type ReadonlyClass = DeepReadonly<StorageClass>;

const isDefaultClass = 'storageclass.kubernetes.io/is-default-class';
const isDefaultClassBeta = 'storageclass.beta.kubernetes.io/is-default-class';

function classErrors(given: ReadonlyClass): Errors {
  const { provisioner, parameters, reclaimPolicy = '', volumeBindingMode, allowedTopologies } = given;
  const errors: Errors = [];
  checkProvisioner(errors, provisioner, 'provisioner');
  checkParameters(errors, parameters, 'parameters', false);
  if (reclaimPolicy !== '') checkOptionalChoice(errors, reclaimPolicy, ['Delete', 'Retain'], 'reclaimPolicy');
  checkChoice(errors, volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode');
  checkTopologies(errors, allowedTopologies ?? [], field('allowedTopologies'));
  return errors;
}

function classUpdateErrors(given: ReadonlyClass, old: ReadonlyClass): FieldError[] {
  const errors = classErrors(given);
  for (const name of ['parameters', 'provisioner', 'reclaimPolicy'] as const)
    if (!jsonEqual(given[name] ?? {}, old[name] ?? {}))
      errors.push(forbidden(name, `updates to ${name} are forbidden.`));
  checkImmutable(errors, given.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode');
  return errors;
}

function warnings({ allowedTopologies = [] }: ReadonlyClass): string[] {
  const found: string[] = [];
  for (const [i, { matchLabelExpressions = [] }] of allowedTopologies.entries())
    for (const [j, { key }] of matchLabelExpressions.entries())
      warnOfNodeLabel(
        found,
        key,
        field('allowedTopologies').index(i).child('matchLabelExpressions').index(j).child('key'),
      );
  return found;
}

function nameText({ metadata: { name = '', annotations } }: ReadonlyClass): string {
  const isDefault = annotations?.[isDefaultClass] === 'true' || annotations?.[isDefaultClassBeta] === 'true';
  return isDefault ? `${name} (default)` : name;
}

export const storageClasses = defineKind<StorageClass>({
  group: storageGroup,
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.StorageClass',
  listKind: 'StorageClassList',
  shortNames: ['sc'],
  strategy: {
    defaults(draft) {
      draft.reclaimPolicy ??= 'Delete';
      draft.volumeBindingMode ??= 'Immediate';
    },
    validate: classErrors,
    validateUpdate: classUpdateErrors,
    warnings,
    returnsDeleted: true,
  },
  columns: [
    { ...nameColumn(), cell: nameText },
    column('Provisioner', 'Who makes volumes of this class.', ({ provisioner }) => provisioner),
    column('ReclaimPolicy', 'What becomes of a volume that is released.', ({ reclaimPolicy = '' }) => reclaimPolicy),
    column(
      'VolumeBindingMode',
      'When volumes are made and bound.',
      ({ volumeBindingMode = '<unset>' }) => volumeBindingMode,
    ),
    column(
      'AllowVolumeExpansion',
      'Whether volumes can be made larger.',
      ({ allowVolumeExpansion = false }) => allowVolumeExpansion,
    ),
    ageColumn(),
  ],
});
