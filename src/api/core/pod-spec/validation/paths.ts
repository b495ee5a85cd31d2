/** Paths inside of volumes: they must not lead out. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { invalid, required, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { KeyToPath } from '../../../upstream/types.ts';

export function checkNoBacksteps(errors: Errors, target: string, path: FieldPath): void {
  if (target.includes('..') && target.split('/').includes('..'))
    errors.push(invalid(path, target, "must not contain '..'"));
}

/** Relative, and never upwards. */
export function checkDescendingPath(errors: Errors, target: string, path: FieldPath): void {
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'));
  checkNoBacksteps(errors, target, path);
}

/** A name that the kubelet does not need itself: those that start with `..` are its own. */
export function checkFreePath(errors: Errors, target: string, path: FieldPath): void {
  checkDescendingPath(errors, target, path);
  if (target.startsWith('..') && !target.startsWith('../'))
    errors.push(invalid(path, target, "must not start with '..'"));
}

export function checkFileMode(errors: Errors, mode: number | undefined, path: FieldPath): void {
  if (mode !== undefined && (mode > 0o777 || mode < 0))
    errors.push(invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
}

/** Where one key of a ConfigMap or of a Secret is put. */
export function checkKey(errors: Errors, { key, path: target, mode }: DeepReadonly<KeyToPath>, path: FieldPath): void {
  if (key === '') errors.push(required(path.child('key')));
  if (target === '') errors.push(required(path.child('path')));
  checkFreePath(errors, target, path.child('path'));
  checkFileMode(errors, mode, path.child('mode'));
}
