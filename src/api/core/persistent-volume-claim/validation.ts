/** What is asked of a claim, and what of it may change: its size while it is bound, and its class of attributes. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  field,
  forbidden,
  invalid,
  labelSelectorErrors,
  nameIsDns1123Label,
  notSupported,
  parseQuantity,
  qualifiedNameErrors,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../../checks.ts';
import { differences } from '../../differences.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, TypedObjectReference } from '../../upstream/types.ts';
import { betaStorageClass, checkAccessModes, volumeModes } from '../persistent-volume/access-modes.ts';
import { isNativeResource } from '../pod-spec/resources.ts';
import { checkQuantity } from '../pod-spec/validation/resources.ts';

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type ReadonlySpec = DeepReadonly<PersistentVolumeClaimSpec>;

const specPath = field('spec');
const sizePath = field('spec', 'resources', 'requests', 'storage');
const attributesPath = field('spec', 'volumeAttributesClassName');

interface ClaimOptions {
  /** A group that was there already may be anything. */
  readonly anyDataSourceGroup?: boolean;
  readonly anySelectorValue?: boolean;
}

/** What is wrong with the specification of a claim. */
export function checkClaimSpec(
  errors: Errors,
  spec: ReadonlySpec,
  path: FieldPath,
  { anyDataSourceGroup = false, anySelectorValue = false }: ClaimOptions = {},
): void {
  const { accessModes = [], resources = {}, storageClassName = '', volumeMode, dataSource, dataSourceRef } = spec;
  const { volumeAttributesClassName: attributes = '' } = spec;
  if (accessModes.length === 0) errors.push(required(path.child('accessModes'), 'at least 1 access mode is required'));
  errors.push(...labelSelectorErrors(spec.selector, path.child('selector'), { allowInvalidValues: anySelectorValue }));
  checkAccessModes(errors, accessModes, path.child('accessModes'));
  const size = resources.requests?.['storage'];
  const at = path.child('resources').key('storage');
  if (size === undefined) errors.push(required(at));
  else if (parseQuantity(size).sign <= 0) errors.push(invalid(at, size, 'must be greater than zero'));
  else checkQuantity(errors, 'storage', parseQuantity(size), at);
  if (storageClassName !== '')
    report(errors, path.child('storageClassName'), storageClassName, dns1123SubdomainErrors(storageClassName));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode))
    errors.push(notSupported(path.child('volumeMode'), volumeMode, volumeModes));
  if (dataSource !== undefined) checkDataSource(errors, dataSource, path.child('dataSource'), anyDataSourceGroup);
  if (dataSourceRef !== undefined)
    checkDataSource(errors, dataSourceRef, path.child('dataSourceRef'), anyDataSourceGroup);
  if (dataSource !== undefined && dataSourceRef !== undefined) {
    // What is said to be wrong with the specification is the path of its field.
    const why =
      (dataSourceRef.namespace ?? '') !== ''
        ? 'may not be specified when dataSourceRef.namespace is specified'
        : jsonEqual(dataSource, { ...dataSourceRef, namespace: undefined })
          ? undefined
          : 'must match dataSourceRef';
    if (why !== undefined) errors.push(invalid(path, path.child('dataSource').toString(), why));
  }
  if (attributes !== '')
    report(errors, path.child('volumeAttributesClassName'), attributes, dns1123SubdomainErrors(attributes));
}

/** A group that is not named is kept as null. */
type DataSource = Omit<DeepReadonly<TypedObjectReference>, 'apiGroup'> & { readonly apiGroup?: string | null };

function checkDataSource(
  errors: Errors,
  { name, kind, apiGroup: group, namespace = '' }: DataSource,
  path: FieldPath,
  anyGroup: boolean,
): void {
  const apiGroup = group ?? '';
  if (name === '') errors.push(required(path.child('name')));
  if (kind === '') errors.push(required(path.child('kind')));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup !== '' && !anyGroup) report(errors, path.child('apiGroup'), apiGroup, dns1123SubdomainErrors(apiGroup));
  if (namespace !== '') report(errors, path.child('namespace'), namespace, nameIsDns1123Label(namespace, false));
}

export function claimErrors({ spec = {} }: ReadonlyClaim): FieldError[] {
  const errors: Errors = [];
  checkClaimSpec(errors, spec, specPath);
  return errors;
}

export function claimUpdateErrors(claim: ReadonlyClaim, old: ReadonlyClaim): FieldError[] {
  const { spec = {} } = claim;
  const { spec: before = {} } = old;
  const errors: Errors = [];
  checkClaimSpec(errors, spec, specPath, {
    anyDataSourceGroup: [before.dataSource, before.dataSourceRef].some(
      (source) => typeof source?.apiGroup === 'string',
    ),
    anySelectorValue: labelSelectorErrors(before.selector, specPath).length > 0,
  });
  checkSpecChange(errors, claim, old);
  const size = parseQuantity(spec.resources?.requests?.['storage'] ?? '0');
  const sizeBefore = parseQuantity(before.resources?.requests?.['storage'] ?? '0');
  const capacity = parseQuantity(old.status?.capacity?.['storage'] ?? '0');
  // Who asked for more than can be had may ask for less again, but never for less than what there is.
  if (size.compare(sizeBefore) < 0 && size.compare(capacity) <= 0)
    errors.push(forbidden(sizePath, 'field can not be less than status.capacity'));
  checkImmutable(errors, spec.volumeMode, before.volumeMode, 'volumeMode');
  const { volumeAttributesClassName: attributes } = spec;
  // A class that the volume has had cannot be taken from it, only replaced.
  if (old.status?.currentVolumeAttributesClassName !== undefined && attributes !== before.volumeAttributesClassName) {
    const when = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
    if (attributes === undefined) errors.push(forbidden(attributesPath, `update to nil ${when}`));
    else if (attributes === '') errors.push(forbidden(attributesPath, `update to empty string ${when}`));
  }
  return errors;
}

/** The class of storage may be filled in later: in its field what the annotation says, or anything where nothing was said. */
function checkSpecChange(errors: Errors, claim: ReadonlyClaim, old: ReadonlyClaim): void {
  const { spec = {}, metadata, status } = claim;
  const { spec: before = {} } = old;
  const annotated = metadata.annotations?.[betaStorageClass];
  const annotatedBefore = old.metadata.annotations?.[betaStorageClass];
  const filledIn = spec.storageClassName !== undefined && before.storageClassName === undefined;
  const fromAnnotation =
    filledIn &&
    annotatedBefore !== undefined &&
    spec.storageClassName === annotatedBefore &&
    (annotated === undefined || annotated === annotatedBefore);
  if (!fromAnnotation && (annotated ?? '') !== (annotatedBefore ?? ''))
    checkImmutable(errors, annotated ?? '', annotatedBefore ?? '', field('metadata', 'annotations', betaStorageClass));
  const fromNothing = filledIn && (annotatedBefore === undefined || spec.storageClassName === annotatedBefore);
  const bound = status?.phase === 'Bound';
  const { storageClassName: className, volumeAttributesClassName: attributes, resources, ...rest } = spec;
  const now = {
    ...rest,
    storageClassName: fromAnnotation || fromNothing ? before.storageClassName : className,
    volumeAttributesClassName: bound ? before.volumeAttributesClassName : attributes,
    resources:
      bound && resources?.requests !== undefined
        ? { ...resources, requests: { ...resources.requests, storage: before.resources?.requests?.['storage'] } }
        : resources,
  };
  const was = { ...before, volumeName: (before.volumeName ?? '') === '' ? spec.volumeName : before.volumeName };
  if (!jsonEqual(now, was))
    errors.push(
      forbidden(
        specPath,
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${differences('io.k8s.api.core.v1.PersistentVolumeClaimSpec', was, now)}`,
      ),
    );
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort();

function checkResourceKey(errors: Errors, name: string, path: FieldPath): boolean {
  const problems = qualifiedNameErrors(name);
  report(errors, path, name, problems);
  if (problems.length > 0) return false;
  if (!isNativeResource(name) || name === 'storage') return true;
  errors.push(notSupported(path, name, ['storage']));
  return false;
}

export function claimStatusErrors({ spec, status = {} }: ReadonlyClaim): FieldError[] {
  const errors: Errors = [];
  if ((spec?.accessModes ?? []).length === 0) errors.push(required('Spec.accessModes'));
  const { capacity, allocatedResources, allocatedResourceStatuses } = status;
  for (const name in capacity) checkAmount(errors, capacity[name] ?? '0', field('status', 'capacity').key(name));
  const statusesPath = field('status', 'allocatedResourceStatuses');
  for (const name in allocatedResourceStatuses) {
    checkResourceKey(errors, name, statusesPath);
    if (!resizeStatuses.includes(allocatedResourceStatuses[name] ?? ''))
      errors.push(notSupported(statusesPath, name, resizeStatuses));
  }
  const allocatedPath = field('status', 'allocatedResources');
  for (const name in allocatedResources) {
    const amount = allocatedResources[name] ?? '0';
    if (!checkResourceKey(errors, name, allocatedPath)) continue;
    const at = allocatedPath.key(name);
    if (parseQuantity(amount).value() < 0) checkAmount(errors, amount, at);
    else checkQuantity(errors, 'storage', parseQuantity(amount), at);
  }
  return errors;
}

/** An amount of bytes: not less than none. */
export function checkAmount(errors: Errors, text: string, path: FieldPath): void {
  const quantity = parseQuantity(text);
  if (quantity.value() < 0) errors.push(invalid(path, quantity.value(), 'must be a valid resource quantity'));
}
