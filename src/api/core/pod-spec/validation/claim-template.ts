/** The template of a PersistentVolumeClaim inside of a pod. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { annotationKeyErrors } from './annotation-keys.ts';
import {
  dns1123SubdomainErrors,
  forbidden,
  invalid,
  labelSelectorErrors,
  labelsErrors,
  notSupported,
  parseQuantity,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { report, type Errors } from '../../../checks.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '../../../upstream/types.ts';
import { checkQuantity } from './resources.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

export function checkClaimTemplate(
  errors: Errors,
  { metadata = {}, spec }: DeepReadonly<PersistentVolumeClaimTemplate>,
  path: FieldPath,
): void {
  const meta = path.child('metadata');
  errors.push(
    ...labelsErrors(metadata.labels, meta.child('labels')),
    ...annotationKeyErrors(metadata.annotations, meta.child('annotations')),
  );
  for (const name in metadata)
    if (name !== 'labels' && name !== 'annotations' && name !== 'creationTimestamp')
      errors.push(forbidden(meta.child(name), 'cannot be set for an Ephemeral Volume Claim Template'));
  checkClaimSpec(errors, spec, path.child('spec'));
}

/** What is wrong with the specification of a claim. */
function checkClaimSpec(errors: Errors, spec: DeepReadonly<PersistentVolumeClaimSpec>, path: FieldPath): void {
  const {
    accessModes: modes = [],
    resources = {},
    storageClassName,
    volumeMode,
    dataSource,
    dataSourceRef,
    volumeAttributesClassName: attributes,
  } = spec;
  if (modes.length === 0) errors.push(required(path.child('accessModes'), 'at least 1 access mode is required'));
  errors.push(...labelSelectorErrors(spec.selector, path.child('selector')));
  for (const mode of modes)
    if (!accessModes.includes(mode)) errors.push(notSupported(path.child('accessModes'), mode, accessModes));
  if (
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  )
    errors.push(forbidden(path.child('accessModes'), 'may not use ReadWriteOncePod with other access modes'));
  const size = resources.requests?.['storage'];
  const at = path.child('resources').key('storage');
  if (size === undefined) errors.push(required(at));
  else if (parseQuantity(size).sign <= 0) errors.push(invalid(at, size, 'must be greater than zero'));
  else checkQuantity(errors, 'storage', parseQuantity(size), at);
  if (storageClassName !== undefined && storageClassName !== '')
    report(errors, path.child('storageClassName'), storageClassName, dns1123SubdomainErrors(storageClassName));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode))
    errors.push(notSupported(path.child('volumeMode'), volumeMode, volumeModes));
  if (dataSource !== undefined) checkDataSource(errors, dataSource, path.child('dataSource'));
  if (dataSourceRef !== undefined) checkDataSource(errors, dataSourceRef, path.child('dataSourceRef'));
  if (attributes !== undefined && attributes !== '')
    report(errors, path.child('volumeAttributesClassName'), attributes, dns1123SubdomainErrors(attributes));
}

function checkDataSource(
  errors: Errors,
  { name, kind, apiGroup: group }: { readonly name: string; readonly kind: string; readonly apiGroup?: string | null },
  path: FieldPath,
): void {
  const apiGroup = group ?? '';
  if (name === '') errors.push(required(path.child('name')));
  if (kind === '') errors.push(required(path.child('kind')));
  if (apiGroup !== '') report(errors, path.child('apiGroup'), apiGroup, dns1123SubdomainErrors(apiGroup));
  else if (kind !== 'PersistentVolumeClaim')
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
}
