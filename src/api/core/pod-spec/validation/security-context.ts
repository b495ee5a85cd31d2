/** Security contexts of pods and of containers, with the profiles that both may name. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  duplicate,
  groupIdErrors,
  invalid,
  notSupported,
  required,
  tooLong,
  userIdErrors,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkOptionalChoice, report, type Errors } from '../../../checks.ts';
import { internalForm } from '../../../internal-form.ts';
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '../../../upstream/types.ts';
import { checkDescendingPath } from './paths.ts';
import { checkWindowsOptions } from './windows.ts';

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const profilePathLengthMax = 4095;
const sysctlLengthMax = 253;
const sysctlFormat = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const sysctlName = new RegExp(sysctlFormat);

const shown = (context: DeepReadonly<SecurityContext>): unknown =>
  internalForm('io.k8s.api.core.v1.SecurityContext', context);

export function checkPodSecurityContext(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  const { securityContext: context = {} } = spec;
  if (Object.keys(context).length === 0) {
    if (spec.shareProcessNamespace === true && spec.hostPID === true) shareError(errors, path);
    return;
  }
  const { fsGroup, runAsUser, runAsGroup } = context;
  if (fsGroup !== undefined) report(errors, path.child('fsGroup'), fsGroup, groupIdErrors(fsGroup));
  if (runAsUser !== undefined) report(errors, path.child('runAsUser'), runAsUser, userIdErrors(runAsUser));
  if (runAsGroup !== undefined) report(errors, path.child('runAsGroup'), runAsGroup, groupIdErrors(runAsGroup));
  for (const [i, gid] of (context.supplementalGroups ?? []).entries())
    report(errors, path.child('supplementalGroups').index(i), gid, groupIdErrors(gid));
  if (spec.shareProcessNamespace === true && spec.hostPID === true) shareError(errors, path);
  if (context.sysctls !== undefined) checkSysctls(errors, spec, path.child('sysctls'));
  checkOptionalChoice(
    errors,
    context.fsGroupChangePolicy,
    ['Always', 'OnRootMismatch'],
    path.child('fsGroupChangePolicy'),
  );
  if (context.seccompProfile !== undefined) checkSeccomp(errors, context.seccompProfile, path.child('seccompProfile'));
  if (context.windowsOptions !== undefined)
    checkWindowsOptions(errors, context.windowsOptions, path.child('windowsOptions'));
  if (context.appArmorProfile !== undefined)
    checkAppArmor(errors, context.appArmorProfile, path.child('appArmorProfile'));
  checkOptionalChoice(
    errors,
    context.supplementalGroupsPolicy,
    ['Merge', 'Strict'],
    path.child('supplementalGroupsPolicy'),
  );
  // The other policy is behind a feature that is off.
  checkOptionalChoice(errors, context.seLinuxChangePolicy, ['Recursive'], path.child('seLinuxChangePolicy'));
}

function shareError(errors: Errors, path: FieldPath): void {
  errors.push(
    invalid(path.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
  );
}

/** The kernel parameters that belong to a namespace which the pod may share with the host. */
const ipcSysctls = [
  'kernel.shm_rmid_forced',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.sem',
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
];

function checkSysctls(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  const names = new Set<string>();
  for (const [i, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const at = path.index(i).child('name');
    if (name === '') errors.push(required(at));
    else if (name.length > sysctlLengthMax || !sysctlName.test(name))
      errors.push(invalid(at, name, `must have at most ${sysctlLengthMax} characters and match regex ${sysctlFormat}`));
    else if (names.has(name)) errors.push(duplicate(at, name));
    names.add(name);
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork === true && dotted.startsWith('net.'))
      errors.push(invalid(at, name, "may not be specified when 'hostNetwork' is true"));
    if (spec.hostIPC === true && (ipcSysctls.includes(dotted) || dotted.startsWith('fs.mqueue.')))
      errors.push(invalid(at, name, "may not be specified when 'hostIPC' is true"));
  }
}

function checkSeccomp(errors: Errors, profile: DeepReadonly<SeccompProfile>, path: FieldPath): void {
  const { type, localhostProfile } = profile;
  if (type === '') errors.push(required(path.child('type'), 'type is required when seccompProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(path.child('type'), type, profileTypes));
  const at = path.child('localhostProfile');
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined)
      errors.push(invalid(at, profile, 'can only be set when seccomp type is Localhost'));
  } else if (localhostProfile === undefined) errors.push(required(at, 'must be set when seccomp type is Localhost'));
  else checkDescendingPath(errors, localhostProfile, at);
}

function checkAppArmor(
  errors: Errors,
  { type, localhostProfile: profile }: DeepReadonly<AppArmorProfile>,
  path: FieldPath,
): void {
  const at = path.child('localhostProfile');
  if (type === '') errors.push(required(path.child('type'), 'type is required when appArmorProfile is set'));
  else if (!profileTypes.includes(type)) errors.push(notSupported(path.child('type'), type, profileTypes));
  else if (type !== 'Localhost') {
    if (profile !== undefined) errors.push(invalid(at, profile, 'can only be set when AppArmor type is Localhost'));
  } else if (profile === undefined || profile === '')
    errors.push(required(at, 'must be set when AppArmor type is Localhost'));
  else {
    if (profile.trim() !== profile) errors.push(invalid(at, profile, 'must not be padded with whitespace'));
    if (profile.length > profilePathLengthMax) errors.push(tooLong(at, profilePathLengthMax));
  }
}

export function checkSecurityContext(
  errors: Errors,
  context: DeepReadonly<SecurityContext>,
  path: FieldPath,
  hostUsers: boolean,
): void {
  const { runAsUser, runAsGroup, procMount, privileged, capabilities } = context;
  if (runAsUser !== undefined) report(errors, path.child('runAsUser'), runAsUser, userIdErrors(runAsUser));
  if (runAsGroup !== undefined) report(errors, path.child('runAsGroup'), runAsGroup, groupIdErrors(runAsGroup));
  checkOptionalChoice(errors, procMount, ['Default', 'Unmasked'], path.child('procMount'));
  if (hostUsers && procMount === 'Unmasked')
    errors.push(invalid(path.child('procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'));
  if (context.seccompProfile !== undefined) checkSeccomp(errors, context.seccompProfile, path.child('seccompProfile'));
  if (context.allowPrivilegeEscalation === false) {
    if (privileged === true)
      errors.push(
        invalid(path, shown(context), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
      );
    for (const capability of capabilities?.add ?? [])
      if (capability === 'CAP_SYS_ADMIN')
        errors.push(
          invalid(
            path,
            shown(context),
            'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
          ),
        );
  }
  if (context.windowsOptions !== undefined)
    checkWindowsOptions(errors, context.windowsOptions, path.child('windowsOptions'));
  if (context.appArmorProfile !== undefined)
    checkAppArmor(errors, context.appArmorProfile, path.child('appArmorProfile'));
}
