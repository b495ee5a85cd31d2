/** Annotations that mean something for a pod: most of them are what later became fields. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { forbidden, invalid, type FieldError, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { PodSpec, SeccompProfile } from '../../../upstream/types.ts';
import { visitContainers } from '../containers.ts';
import { checkDescendingPath } from './paths.ts';

export const mirrorPod = 'kubernetes.io/config.mirror';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
export const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
export const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
export const appArmorOfContainer = 'container.apparmor.security.beta.kubernetes.io/';

type Annotations = Readonly<Record<string, string>> | undefined;

export function checkPodAnnotations(
  errors: Errors,
  annotations: Annotations,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
): void {
  for (const key in annotations) checkOne(errors, [key, annotations[key] ?? ''], spec, path);
}

type Annotation = readonly [key: string, value: string];

function checkOne(errors: Errors, [key, value]: Annotation, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  if (key === mirrorPod && (spec.nodeName ?? '') === '')
    errors.push(invalid(path.key(key), value, 'must set spec.nodeName if mirror pod annotation is set'));
  else if (key === deletionCost && !isInt32(value))
    errors.push(invalid(path.key(key), value, 'must be a 32bit integer'));
  else if (key === seccompOfPod || key.startsWith(seccompOfContainer))
    checkSeccompProfile(errors, value, path.child(key));
  else if (key.startsWith(appArmorOfContainer)) {
    const name = key.slice(appArmorOfContainer.length);
    let found = false;
    visitContainers(spec, path, (container) => (found ||= container.name === name));
    if (!found) errors.push(invalid(path.key(key), name, 'container not found'));
    if (value !== '' && value !== 'runtime/default' && value !== 'unconfined' && !value.startsWith('localhost/'))
      errors.push(invalid(path.key(key), value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
  }
}

/** A canonical number: no plus sign, no leading zeros. */
function isInt32(text: string): boolean {
  if (!/^(?:0|-?[1-9][0-9]{0,9})$/.test(text)) return false;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31;
}

function checkSeccompProfile(errors: Errors, profile: string, path: FieldPath): void {
  if (profile === 'runtime/default' || profile === 'docker/default' || profile === 'unconfined') return;
  if (profile.startsWith('localhost/')) checkDescendingPath(errors, profile.slice('localhost/'.length), path);
  else errors.push(invalid(path, profile, 'must be a valid seccomp profile'));
}

/** Where the old annotation and the field are both given they must say the same. */
export function checkProfilesMatchAnnotations(
  errors: Errors,
  annotations: Annotations,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
): void {
  if (annotations === undefined) return;
  const ofPod = spec.securityContext;
  const annotation = annotations[seccompOfPod];
  const seccompOf = { what: 'seccomp', docker: true };
  const appArmorOf = { what: 'apparmor', docker: false };
  if (annotation !== undefined && ofPod?.seccompProfile !== undefined)
    errors.push(
      ...mismatches(annotation, ofPod.seccompProfile, seccompOf, path.child('securityContext', 'seccompProfile')),
    );
  visitContainers(spec, path, ({ name, securityContext }, at) => {
    const seccomp = annotations[seccompOfContainer + name];
    const own = securityContext?.seccompProfile;
    if (seccomp !== undefined && own !== undefined)
      errors.push(...mismatches(seccomp, own, seccompOf, at.child('securityContext', 'seccompProfile')));
    const appArmor = annotations[appArmorOfContainer + name];
    const profile = securityContext?.appArmorProfile ?? ofPod?.appArmorProfile;
    if (spec.os?.name !== 'windows' && appArmor !== undefined && profile !== undefined)
      errors.push(...mismatches(appArmor, profile, appArmorOf, at.child('securityContext', 'appArmorProfile')));
  });
}

interface ProfileSort {
  readonly what: string;
  /** Whether the runtime's default has the old name `docker/default` too. */
  readonly docker: boolean;
}

function mismatches(
  annotation: string,
  { type, localhostProfile }: DeepReadonly<SeccompProfile>,
  { what, docker }: ProfileSort,
  path: FieldPath,
): FieldError[] {
  const sameType =
    type === 'Unconfined'
      ? annotation === 'unconfined'
      : type === 'RuntimeDefault'
        ? annotation === 'runtime/default' || (docker && annotation === 'docker/default')
        : type !== 'Localhost' || annotation.startsWith('localhost/');
  if (!sameType) return [forbidden(path.child('type'), `${what} type in annotation and field must match`)];
  if (type !== 'Localhost' || annotation === `localhost/${localhostProfile ?? ''}`) return [];
  return [forbidden(path.child('localhostProfile'), `${what} profile in annotation and field must match`)];
}
