/** Where a container sees its volumes: mounts and block devices. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { forbidden, invalid, notFound, notSupported, required, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { VolumeMount } from '../../../upstream/types.ts';
import type { AnyContainer } from '../containers.ts';
import { checkDescendingPath } from './paths.ts';
import type { SpecContext } from './spec.ts';

export function checkMounts(errors: Errors, container: AnyContainer, path: FieldPath, { volumes }: SpecContext): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const points = new Set<string>();
  for (const [i, mount] of volumeMounts.entries()) {
    const { name, mountPath } = mount;
    const volume = volumes.get(name);
    if (name === '') errors.push(required(path.index(i).child('name')));
    if (volume === undefined) errors.push(notFound(path.index(i).child('name'), name));
    if (mountPath === '') errors.push(required(path.index(i).child('mountPath')));
    if (points.has(mountPath)) errors.push(invalid(path.index(i).child('mountPath'), mountPath, 'must be unique'));
    points.add(mountPath);
    for (const device of volumeDevices) {
      if (device.name === name)
        errors.push(invalid(path.index(i).child('name'), name, 'must not already exist in volumeDevices'));
      if (device.devicePath === mountPath)
        errors.push(
          invalid(path.index(i).child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'),
        );
    }
    // Upstream names the list here and not the mount.
    if (mount.subPath !== undefined) checkDescendingPath(errors, mount.subPath, path.child('subPath'));
    if (mount.subPathExpr !== undefined) {
      if (mount.subPath !== undefined)
        errors.push(
          invalid(
            path.index(i).child('subPathExpr'),
            mount.subPathExpr,
            'subPathExpr and subPath are mutually exclusive',
          ),
        );
      checkDescendingPath(errors, mount.subPathExpr, path.child('subPathExpr'));
    }
    if (mount.mountPropagation !== undefined)
      checkPropagation(errors, mount.mountPropagation, container, path.child('mountPropagation'));
    if (mount.recursiveReadOnly !== undefined) checkRecursiveReadOnly(errors, mount, path.child('recursiveReadOnly'));
  }
}

function checkPropagation(
  errors: Errors,
  propagation: string,
  { securityContext }: AnyContainer,
  path: FieldPath,
): void {
  const supported = ['Bidirectional', 'HostToContainer', 'None'];
  if (!supported.includes(propagation)) errors.push(notSupported(path, propagation, supported));
  if (propagation === 'Bidirectional' && securityContext?.privileged !== true)
    errors.push(forbidden(path, 'Bidirectional mount propagation is available only to privileged containers'));
}

function checkRecursiveReadOnly(
  errors: Errors,
  { recursiveReadOnly = '', readOnly, mountPropagation = 'None' }: DeepReadonly<VolumeMount>,
  path: FieldPath,
): void {
  const supported = ['Disabled', 'Enabled', 'IfPossible'];
  if (!supported.includes(recursiveReadOnly)) errors.push(notSupported(path, recursiveReadOnly, supported));
  else if (recursiveReadOnly !== 'Disabled') {
    if (readOnly !== true) errors.push(forbidden(path, 'may only be specified when readOnly is true'));
    if (mountPropagation !== 'None')
      errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  }
}

export function checkDevices(
  errors: Errors,
  { volumeDevices = [], volumeMounts = [] }: AnyContainer,
  path: FieldPath,
  { volumes }: SpecContext,
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, { name, devicePath }] of volumeDevices.entries()) {
    const at = path.index(i);
    const volume = volumes.get(name);
    if (name === '') errors.push(required(at.child('name')));
    if (names.has(name)) errors.push(invalid(at.child('name'), name, 'must be unique'));
    if (volume === undefined) errors.push(notFound(at.child('name'), name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined)
      errors.push(
        invalid(
          at.child('name'),
          name,
          'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
        ),
      );
    if (devicePath === '') errors.push(required(at.child('devicePath')));
    if (paths.has(devicePath)) errors.push(invalid(at.child('devicePath'), devicePath, 'must be unique'));
    if (devicePath.split('/').includes('..'))
      errors.push(invalid(at.child('devicePath'), devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    for (const mount of volumeMounts) {
      if (mount.name === name) errors.push(invalid(at.child('name'), name, 'must not already exist in volumeMounts'));
      if (mount.mountPath === devicePath)
        errors.push(invalid(at.child('devicePath'), devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name !== '') names.add(name);
  }
}
