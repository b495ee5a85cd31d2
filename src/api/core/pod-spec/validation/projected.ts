/** Volumes that are put together from other objects and from the pod itself. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { forbidden, invalid, required, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, VolumeProjection } from '../../../upstream/types.ts';
import { checkFieldRef, checkResourceFieldRef, volumeFields } from './env.ts';
import { checkFileMode, checkFreePath, checkKey } from './paths.ts';

export function checkFiles(
  errors: Errors,
  files: readonly DeepReadonly<DownwardAPIVolumeFile>[] | undefined,
  path: FieldPath,
): void {
  for (const { path: target, fieldRef, resourceFieldRef, mode } of files ?? []) {
    if (target === '') errors.push(required(path.child('path')));
    checkFreePath(errors, target, path.child('path'));
    if (fieldRef !== undefined) {
      checkFieldRef(errors, fieldRef, volumeFields, path.child('fieldRef'));
      if (resourceFieldRef !== undefined)
        errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    } else if (resourceFieldRef !== undefined)
      checkResourceFieldRef(errors, resourceFieldRef, path.child('resourceFieldRef'), true);
    else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    checkFileMode(errors, mode, path.child('mode'));
  }
}

export function checkProjected(
  errors: Errors,
  { defaultMode, sources }: DeepReadonly<ProjectedVolumeSource>,
  path: FieldPath,
): void {
  checkFileMode(errors, defaultMode, path.child('defaultMode'));
  const target: Target = { volume: path, paths: new Set() };
  for (const [i, source] of (sources ?? []).entries()) {
    const at = path.child('sources').index(i);
    checkProjection(errors, source, at, target);
    if (Object.keys(source).length > 1)
      errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  }
}

const tokenSecondsMin = 10 * 60;
const tokenSecondsMax = 2 ** 32;

interface Target {
  /** The path of the whole volume, which upstream blames for paths that are taken. */
  readonly volume: FieldPath;
  readonly paths: Set<string>;
}

function checkProjection(
  errors: Errors,
  source: DeepReadonly<VolumeProjection>,
  path: FieldPath,
  { volume, paths }: Target,
): void {
  const take = (target: string, blamed: string): void => {
    if (target === '') return;
    if (paths.has(target)) errors.push(invalid(volume, blamed, 'conflicting duplicate paths'));
    paths.add(target);
  };
  for (const name of ['secret', 'configMap'] as const) {
    const projection = source[name];
    if (projection === undefined) continue;
    if ((projection.name ?? '') === '') errors.push(required(path.child(name).child('name')));
    for (const [i, item] of (projection.items ?? []).entries()) {
      checkKey(errors, item, path.child(name).child('items').index(i));
      take(item.path, projection.name ?? '');
    }
  }
  if (source.downwardAPI !== undefined) {
    checkFiles(errors, source.downwardAPI.items, path.child('downwardAPI'));
    for (const file of source.downwardAPI.items ?? []) take(file.path, file.path);
  }
  if (source.serviceAccountToken !== undefined) {
    const { expirationSeconds: seconds = 0, path: target } = source.serviceAccountToken;
    const at = path.child('serviceAccountToken').child('expirationSeconds');
    if (seconds < tokenSecondsMin) errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > tokenSecondsMax)
      errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
    if (target === '') errors.push(required(volume.child('path')));
    else checkFreePath(errors, target, volume.child('path'));
  }
}
