/** What a client is warned of when it creates a pod or a template: things that are allowed but do not do what one thinks. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { field, parseQuantity, type FieldPath } from '../../../machinery/mod.ts';
import type { ContainerPort, EnvVar, ObjectMeta, PodSpec, Volume } from '../../upstream/types.ts';
import { repetition } from '../../checks.ts';
import { warnOfNodeLabel, warnOfNodeSelector, warnOfTerm } from './node-labels.ts';
import { visitContainers, type AnyContainer } from './containers.ts';
import { appArmorOfContainer, seccompOfContainer, seccompOfPod } from './validation/annotations.ts';

type Warnings = string[];
type ReadonlySpec = DeepReadonly<PodSpec>;

/** `template` is where a template stands, e.g. `spec.template`; undefined for a pod. */
export function podWarnings(spec: ReadonlySpec, metadata: DeepReadonly<ObjectMeta>, template?: FieldPath): string[] {
  const warnings: Warnings = [];
  const path = template?.child('spec') ?? field('spec');
  const annotations = metadata.annotations;
  warnOfNodeLabels(warnings, spec, path);
  if (annotations !== undefined) warnOfAnnotations(warnings, annotations, spec, template);
  if (spec.volumes !== undefined) warnOfVolumes(warnings, spec.volumes, path.child('volumes'));
  warnOfDuplicates(warnings, spec, path);
  for (const name of ['memory', 'ephemeral-storage'])
    warnOfFraction(warnings, spec.overhead?.[name], () => path.child('overhead').key(name));
  const ports = new Map<string, { readonly path: FieldPath; readonly port: DeepReadonly<ContainerPort> }[]>();
  visitContainers(spec, path, (container, at) => {
    warnOfResources(warnings, container, at);
    if ((container.env ?? []).length > 1) warnOfEnv(warnings, container.env ?? [], at.child('env'));
    if (container.ports !== undefined) warnOfPorts(warnings, container.ports, at.child('ports'), ports);
  });
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0)
    warnings.push(
      `${path.child('terminationGracePeriodSeconds').toString()}: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  return warnings;
}

function warnOfNodeLabels(
  warnings: Warnings,
  { nodeSelector, affinity, topologySpreadConstraints }: ReadonlySpec,
  path: FieldPath,
): void {
  warnOfNodeSelector(warnings, nodeSelector, path.child('nodeSelector'));
  const node = affinity?.nodeAffinity;
  const at = path.child('affinity', 'nodeAffinity');
  for (const [i, term] of (node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).entries())
    warnOfTerm(
      warnings,
      term,
      at.child('requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms').index(i),
    );
  for (const [i, { preference }] of (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    warnOfTerm(
      warnings,
      preference,
      at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i).child('preference'),
    );
  for (const [i, { topologyKey, labelSelector }] of (topologySpreadConstraints ?? []).entries()) {
    const constraint = path.child('topologySpreadConstraints').index(i);
    warnOfNodeLabel(warnings, topologyKey, constraint.child('topologyKey'));
    if (labelSelector === undefined)
      warnings.push(`${constraint.child('labelSelector').toString()}: a null labelSelector results in matching no pod`);
  }
}

const withoutFunction: readonly (readonly [key: string, message: string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];

function warnOfAnnotations(
  warnings: Warnings,
  annotations: Readonly<Record<string, string>>,
  spec: ReadonlySpec,
  template: FieldPath | undefined,
): void {
  const path = template?.child('metadata', 'annotations') ?? field('metadata', 'annotations');
  const warn = (key: string, message: string): void => {
    if (annotations[key] !== undefined) warnings.push(`${path.key(key).toString()}: ${message}`);
  };
  for (const [key, message] of withoutFunction) warn(key, message);
  const context = spec.securityContext;
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  if (context?.seccompProfile === undefined) warn(seccompOfPod, seccomp);
  visitContainers(spec, path, ({ name, securityContext }) => {
    if (securityContext?.seccompProfile === undefined) warn(seccompOfContainer + name, seccomp);
    const profile = securityContext?.appArmorProfile ?? context?.appArmorProfile;
    if (template !== undefined && profile === undefined)
      warn(appArmorOfContainer + name, 'deprecated since v1.30; use the "appArmorProfile" field instead');
  });
}

const oldVolumes: readonly (readonly [source: keyof Volume, path: string, message: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

function warnOfVolumes(warnings: Warnings, volumes: NonNullable<ReadonlySpec['volumes']>, path: FieldPath): void {
  for (const [i, volume] of volumes.entries())
    for (const [source, name, message] of oldVolumes)
      if (volume[source] !== undefined) warnings.push(`${path.index(i).child(name).toString()}: ${message}`);
}

function warnOfDuplicates(
  warnings: Warnings,
  { hostAliases = [], imagePullSecrets = [] }: ReadonlySpec,
  path: FieldPath,
): void {
  const [isRepeatedIp, isRepeatedName] = [repetition<string>(), repetition<string>()];
  for (const [i, { ip }] of hostAliases.entries())
    if (isRepeatedIp(ip))
      warnings.push(`${path.child('hostAliases').index(i).child('ip').toString()}: duplicate ip ${JSON.stringify(ip)}`);
  for (const [i, { name = '' }] of imagePullSecrets.entries())
    if (isRepeatedName(name))
      warnings.push(
        `${path.child('imagePullSecrets').index(i).child('name').toString()}: duplicate name ${JSON.stringify(name)}`,
      );
  for (const [i, { name = '' }] of imagePullSecrets.entries())
    if (name === '')
      warnings.push(`${path.child('imagePullSecrets').index(i).child('name').toString()}: invalid empty name ""`);
}

function warnOfFraction(warnings: Warnings, text: string | undefined, path: () => FieldPath): void {
  // Whole numbers of anything end in a digit or in a large unit.
  if (text === undefined || !/[mun]$|[.e]/.test(text)) return;
  const quantity = parseQuantity(text);
  if (quantity.milliValue() % 1000 !== 0)
    warnings.push(
      `${path().toString()}: fractional byte value ${JSON.stringify(quantity.toString())} is invalid, must be an integer`,
    );
}

function warnOfResources(warnings: Warnings, { resources }: AnyContainer, path: FieldPath): void {
  if (resources === undefined) return;
  for (const name of ['memory', 'ephemeral-storage'])
    for (const list of ['limits', 'requests'] as const)
      warnOfFraction(warnings, resources[list]?.[name], () => path.child('resources', list).key(name));
}

/** A variable that is defined twice is no mistake only if the second definition makes use of the first. */
function warnOfEnv(warnings: Warnings, variables: readonly DeepReadonly<EnvVar>[], path: FieldPath): void {
  const seen = new Set<string>();
  for (const [i, { name, value = '', valueFrom }] of variables.entries()) {
    const reference = `$(${name})`;
    if (seen.has(name) && (valueFrom !== undefined || value === reference || !value.includes(reference)))
      warnings.push(
        `${path.index(i).toString()}: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    seen.add(name);
  }
}

function warnOfPorts(
  warnings: Warnings,
  ports: readonly DeepReadonly<ContainerPort>[],
  path: FieldPath,
  all: Map<string, { readonly path: FieldPath; readonly port: DeepReadonly<ContainerPort> }[]>,
): void {
  for (const [i, port] of ports.entries()) {
    const { hostIP = '', hostPort = 0, containerPort, protocol = '' } = port;
    const at = path.index(i);
    if (hostIP !== '' && hostPort === 0)
      warnings.push(
        `${at.toString()}: hostIP set without hostPort: {Name:${port.name ?? ''} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`,
      );
    const key = `${containerPort}/${protocol}`;
    const others = all.get(key) ?? [];
    for (const other of others) {
      const { hostIP: otherIp = '', hostPort: otherPort = 0 } = other.port;
      if (hostIP === otherIp && hostPort === otherPort)
        warnings.push(`${at.toString()}: duplicate port definition with ${other.path.toString()}`);
      else if (hostPort === 0 || otherPort === 0)
        warnings.push(`${at.toString()}: overlapping port definition with ${other.path.toString()}`);
      else if (hostPort === otherPort && (hostIP === '' || otherIp === ''))
        warnings.push(`${at.toString()}: dangerously ambiguous port definition with ${other.path.toString()}`);
    }
    all.set(key, [...others, { path: at, port }]);
  }
}
