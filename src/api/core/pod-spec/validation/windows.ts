/** What pods of one operating system may not have, and the options that only Windows knows. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { dns1123SubdomainErrors, forbidden, invalid, type FieldPath } from '../../../../machinery/mod.ts';
import { report, type Errors } from '../../../checks.ts';
import type { PodSpec, WindowsSecurityContextOptions } from '../../../upstream/types.ts';
import { visitContainers } from '../containers.ts';

/** Of the pod and of its security context, in upstream's order. */
const podFields = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
];
const containerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** For a pod that names its operating system. */
export function checkWindows(
  errors: Errors,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
  os: 'linux' | 'windows',
): void {
  const { securityContext } = spec;
  if (os === 'linux') {
    const why = 'windows options cannot be set for a linux pod';
    if (securityContext?.windowsOptions !== undefined)
      errors.push(forbidden(path.child('securityContext').child('windowsOptions'), why));
    visitContainers(spec, path, (container, at) => {
      if (container.securityContext?.windowsOptions !== undefined)
        errors.push(forbidden(at.child('securityContext').child('windowsOptions'), why));
    });
    return;
  }
  const why = 'cannot be set for a windows pod';
  for (const name of podFields) {
    const [first = '', second] = name.split('.');
    const holder = (second === undefined ? spec : securityContext) as Readonly<Record<string, unknown>> | undefined;
    const value = holder?.[second ?? first];
    // These two are on or off; what is off is as good as not there.
    if (value === undefined || (value === false && (name === 'hostPID' || name === 'hostIPC'))) continue;
    errors.push(forbidden(path.child(name), why));
  }
  visitContainers(spec, path, (container, at) => {
    for (const name of containerFields)
      if (container.securityContext?.[name] !== undefined)
        errors.push(forbidden(at.child('securityContext').child(name), why));
  });
}

/** Containers of Windows that run on the host itself: all of a pod, or none. */
export function checkHostProcess(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const asked = (list: readonly { readonly securityContext?: unknown }[] | undefined): boolean =>
    list?.some(({ securityContext }) => securityContext !== undefined) ?? false;
  if (ofPod === undefined && !asked(spec.containers) && !asked(spec.initContainers) && !asked(spec.ephemeralContainers))
    return;
  let containers = 0;
  let onHost = 0;
  visitContainers(spec, path, (container, at) => {
    containers += 1;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && own !== ofPod)
      errors.push(
        invalid(
          at.child('securityContext', 'windowsOptions', 'hostProcess'),
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      );
    if (own ?? ofPod ?? false) onHost += 1;
  });
  if (onHost === 0) return;
  if (onHost !== containers)
    errors.push(
      invalid(
        path,
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    );
  if (spec.hostNetwork !== true)
    errors.push(
      invalid(path.child('hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'),
    );
}

const credentialKibMax = 64;
const domainLengthMax = 256;
const userLengthMax = 104;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsName = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

export function checkWindowsOptions(
  errors: Errors,
  options: DeepReadonly<WindowsSecurityContextOptions>,
  path: FieldPath,
): void {
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: credentials, runAsUserName: user } = options;
  if (specName !== undefined)
    report(errors, path.child('gmsaCredentialSpecName'), specName, dns1123SubdomainErrors(specName));
  if (credentials === '')
    errors.push(invalid(path.child('gmsaCredentialSpec'), credentials, 'gmsaCredentialSpec cannot be an empty string'));
  else if (credentials !== undefined && credentials.length > credentialKibMax * 1024)
    errors.push(
      invalid(
        path.child('gmsaCredentialSpec'),
        credentials,
        `gmsaCredentialSpec size must be under ${credentialKibMax} KiB`,
      ),
    );
  if (user !== undefined) report(errors, path.child('runAsUserName'), user, userNameProblems(user));
}

/** `DOMAIN\user` or `user`. */
function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const problems: string[] = [];
  if (domain !== undefined && domain.length >= domainLengthMax)
    problems.push(`runAsUserName's Domain length must be under ${domainLengthMax} characters`);
  if (domain !== undefined && !netBios.test(domain) && !dnsName.test(domain))
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  else if (user.length > userLengthMax)
    problems.push(`runAsUserName's User length must not be longer than ${userLengthMax} characters`);
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return problems;
}
