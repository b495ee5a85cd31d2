/** What is wrong with the specification of a pod, in a pod or in a template. Texts are upstream's. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  field,
  forbidden,
  inclusiveRangeError,
  invalid,
  labelsErrors,
  nameIsDns1123Subdomain,
  notSupported,
  required,
  tooLong,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkChoice, checkDnsLabel, checkQualifiedName, report, type Errors } from '../../../checks.ts';
import { internalForm } from '../../../internal-form.ts';
import type { PodSpec, PodTemplateSpec } from '../../../upstream/types.ts';
import { checkAffinity } from './affinity.ts';
import { annotationKeyErrors } from './annotation-keys.ts';
import { checkPodAnnotations, checkProfilesMatchAnnotations } from './annotations.ts';
import { visitContainers } from '../containers.ts';
import { checkContainers, checkEphemeralContainers, checkInitContainers } from './containers.ts';
import { checkDnsConfig, checkHostAliases } from './dns.ts';
import { checkFileKeyVolumes } from './env.ts';
import { checkPodResources, checkResourceRequirements } from './resources.ts';
import { checkPodSecurityContext } from './security-context.ts';
import { checkSchedulingGates, checkSchedulingGroup, checkTolerations } from './scheduling.ts';
import { checkTopologySpread } from './topology-spread.ts';
import { checkVolumes } from './volumes.ts';
import { checkHostProcess, checkWindows } from './windows.ts';

export interface PodContext {
  /** The specification is that of a pod, not of a template. */
  readonly isPod: boolean;
  /** Known only for a pod; the claims of ephemeral volumes are named after it. */
  readonly podName: string;
}

/** Passed along to what depends on the pod around it. */
export interface SpecContext extends PodContext {
  readonly spec: DeepReadonly<PodSpec>;
  /** By name; only those that are valid. */
  readonly volumes: ReadonlyMap<string, DeepReadonly<NonNullable<PodSpec['volumes']>[number]>>;
  readonly claimNames: ReadonlySet<string>;
}

const int32Max = 2 ** 31 - 1;

export function checkPodSpec(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath, pod: PodContext): void {
  if (spec.terminationGracePeriodSeconds === undefined)
    errors.push(required(path.child('terminationGracePeriodSeconds')));
  const volumes = checkVolumes(errors, spec.volumes, path, pod);
  const claimNames = checkResourceClaims(errors, spec, path);
  const context: SpecContext = { ...pod, spec, volumes, claimNames };
  checkContainers(errors, path.child('containers'), context);
  if (spec.initContainers !== undefined) checkInitContainers(errors, path.child('initContainers'), context);
  if (spec.ephemeralContainers !== undefined)
    checkEphemeralContainers(errors, path.child('ephemeralContainers'), context);
  if (spec.resources !== undefined) checkPodResources(errors, spec, path.child('resources'), claimNames);
  if (spec.hostNetwork === true) checkHostPorts(errors, spec, path, pod.isPod);
  checkChoice(errors, spec.restartPolicy, ['Always', 'OnFailure', 'Never'], path.child('restartPolicy'));
  checkChoice(
    errors,
    spec.dnsPolicy,
    ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'],
    path.child('dnsPolicy'),
  );
  if (spec.nodeSelector !== undefined) errors.push(...labelsErrors(spec.nodeSelector, path.child('nodeSelector')));
  if (spec.securityContext !== undefined) checkPodSecurityContext(errors, spec, path.child('securityContext'));
  if (spec.affinity !== undefined) checkAffinity(errors, spec.affinity, path.child('affinity'));
  checkDnsConfig(errors, spec, path.child('dnsConfig'));
  for (const [i, gate] of (spec.readinessGates ?? []).entries())
    checkQualifiedName(errors, gate.conditionType, path.child('readinessGates').index(i).child('conditionType'));
  if (spec.schedulingGates !== undefined)
    checkSchedulingGates(errors, spec.schedulingGates, path.child('schedulingGates'));
  if (spec.schedulingGroup !== undefined)
    checkSchedulingGroup(errors, spec.schedulingGroup, path.child('schedulingGroup'));
  if (spec.topologySpreadConstraints !== undefined)
    checkTopologySpread(errors, spec.topologySpreadConstraints, path.child('topologySpreadConstraints'));
  checkHostProcess(errors, spec, path);
  if (spec.hostUsers === false) checkHostUsers(errors, spec, path);
  if (spec.hostnameOverride !== undefined) checkHostnameOverride(errors, spec, path.child('hostnameOverride'));
  checkObjectNames(errors, spec, path, ['serviceAccountName', 'nodeName']);
  const { activeDeadlineSeconds: deadline } = spec;
  if (deadline !== undefined && (deadline < 1 || deadline > int32Max))
    errors.push(invalid(path.child('activeDeadlineSeconds'), deadline, inclusiveRangeError(1, int32Max)));
  if (spec.hostname !== undefined) checkDnsLabel(errors, spec.hostname, path.child('hostname'));
  if (spec.subdomain !== undefined) checkDnsLabel(errors, spec.subdomain, path.child('subdomain'));
  if (spec.tolerations !== undefined) checkTolerations(errors, spec.tolerations, path.child('tolerations'));
  if (spec.hostAliases !== undefined) checkHostAliases(errors, spec.hostAliases, path.child('hostAliases'));
  checkObjectNames(errors, spec, path, ['priorityClassName', 'runtimeClassName']);
  if (spec.preemptionPolicy !== undefined)
    checkChoice(errors, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], path.child('preemptionPolicy'));
  if (spec.overhead !== undefined)
    checkResourceRequirements(errors, { limits: spec.overhead }, path.child('overhead'), {
      of: 'container',
      claimNames,
    });
  if (spec.os !== undefined) checkOs(errors, spec, path);
  checkFileKeyVolumes(errors, spec, path);
}

function checkResourceClaims(
  errors: Errors,
  { resourceClaims }: DeepReadonly<PodSpec>,
  path: FieldPath,
): ReadonlySet<string> {
  if (resourceClaims === undefined) return noNames;
  const names = new Set<string>();
  for (const [i, claim] of resourceClaims.entries()) {
    const at = path.child('resourceClaims').index(i);
    const { name, resourceClaimName: existing, resourceClaimTemplateName: template } = claim;
    if (name === '') errors.push(required(at.child('name')));
    else if (names.has(name))
      errors.push({ type: 'FieldValueDuplicate', field: at.child('name').toString(), badValue: name, detail: '' });
    else checkDnsLabel(errors, name, at.child('name'));
    if (name !== '') names.add(name);
    const shown = (): unknown => internalForm('io.k8s.api.core.v1.PodResourceClaim', claim);
    if (existing !== undefined && template !== undefined)
      errors.push(
        invalid(at, shown(), 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'),
      );
    if (existing === undefined && template === undefined)
      errors.push(invalid(at, shown(), 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (existing !== undefined)
      report(errors, at.child('resourceClaimName'), existing, dns1123SubdomainErrors(existing));
    if (template !== undefined)
      report(errors, at.child('resourceClaimTemplateName'), template, dns1123SubdomainErrors(template));
  }
  return names;
}

const noNames: ReadonlySet<string> = new Set();

/** On the host's network a port is the same inside and outside. */
function checkHostPorts(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath, isPod: boolean): void {
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, { hostPort = 0, containerPort }] of (container.ports ?? []).entries()) {
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        errors.push(
          invalid(
            path.child('containers').index(i).child('ports').index(j).child('hostPort'),
            hostPort,
            'must match `containerPort` when `hostNetwork` is true',
          ),
        );
    }
  }
}

function checkHostUsers(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  const why = 'when `hostUsers` is false';
  if (spec.hostNetwork === true) errors.push(forbidden(path.child('hostNetwork'), why));
  if (spec.hostPID === true) errors.push(forbidden(path.child('HostPID'), why));
  if (spec.hostIPC === true) errors.push(forbidden(path.child('HostIPC'), why));
  visitContainers(spec, path, ({ volumeDevices = [] }, at) => {
    if (volumeDevices.length > 0) errors.push(forbidden(at.child('volumeDevices'), why));
  });
}

const hostnameOverrideLengthMax = 64;

function checkObjectNames(
  errors: Errors,
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
  names: readonly ('serviceAccountName' | 'nodeName' | 'priorityClassName' | 'runtimeClassName')[],
): void {
  for (const name of names) {
    const value = spec[name];
    if (value !== undefined && (value !== '' || name === 'runtimeClassName'))
      report(errors, path.child(name), value, nameIsDns1123Subdomain(value, false));
  }
}

function checkHostnameOverride(
  errors: Errors,
  { hostnameOverride: name = '', setHostnameAsFQDN, hostNetwork }: DeepReadonly<PodSpec>,
  path: FieldPath,
): void {
  if (setHostnameAsFQDN === true) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork === true) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  if (name.length > hostnameOverrideLengthMax) errors.push(tooLong(path, hostnameOverrideLengthMax));
  report(errors, path, name, dns1123SubdomainErrors(name));
}

function checkOs(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  const name = spec.os?.name ?? '';
  if (name === '') errors.push(required(path.child('os').child('name')));
  else if (name !== 'linux' && name !== 'windows')
    errors.push(notSupported(path.child('os'), name, ['linux', 'windows']));
  else checkWindows(errors, spec, path, name);
}

/** Only a pod that really starts needs an image without blanks around its name. */
export function checkImagesOfPod(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [i, { image = '' }] of (spec[list] ?? []).entries())
      if (image.trim() !== image)
        errors.push(
          invalid(path.child(list).index(i).child('image'), image, 'must not have leading or trailing whitespace'),
        );
  }
}

/** A template that stands at `path`. */
export function checkPodTemplate(errors: Errors, template: DeepReadonly<PodTemplateSpec>, path: FieldPath): void {
  const { metadata = {}, spec = { containers: [] } } = template;
  errors.push(...labelsErrors(metadata.labels, path.child('labels')));
  errors.push(...annotationKeyErrors(metadata.annotations, path.child('annotations')));
  checkPodAnnotations(errors, metadata.annotations, spec, path.child('annotations'));
  checkPodSpec(errors, spec, path.child('spec'), { isPod: false, podName: '' });
  checkProfilesMatchAnnotations(errors, metadata.annotations, spec, path.child('spec'));
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(
      forbidden(path.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'),
    );
}

/** The paths that validation of whole objects starts from. */
export const specPath = field('spec');
