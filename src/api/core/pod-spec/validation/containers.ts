/** Containers of all three sorts: what they have in common, and what each sort may not have. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooMany,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkChoice, checkDnsLabel, checkPortNumber, protocols, report, type Errors } from '../../../checks.ts';
import { portNameErrors } from '../../../../machinery/mod.ts';
import type {
  Container,
  ContainerPort,
  ContainerRestartRule,
  ContainerRestartRuleOnExitCodes,
} from '../../../upstream/types.ts';
import { isSidecar, type AnyContainer } from '../containers.ts';
import { checkEnv, checkEnvFrom } from './env.ts';
import { checkDevices, checkMounts } from './mounts.ts';
import { checkLifecycle, checkProbes } from './probes.ts';
import { checkResourceRequirements } from './resources.ts';
import { checkSecurityContext } from './security-context.ts';
import type { SpecContext } from './spec.ts';

type ReadonlyContainer = DeepReadonly<Container>;

export function checkContainers(errors: Errors, path: FieldPath, context: SpecContext): void {
  const containers = context.spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = path.index(i);
    checkCommon(errors, container, at, context);
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    names.add(container.name);
    checkRunning(errors, container, at, context);
    checkRestart(errors, container, at);
  }
  checkHostPortConflicts(errors, containers, path);
}

export function checkInitContainers(errors: Errors, path: FieldPath, context: SpecContext): void {
  const names = new Set((context.spec.containers ?? []).map(({ name }) => name));
  for (const [i, container] of (context.spec.initContainers ?? []).entries()) {
    const at = path.index(i);
    checkCommon(errors, container, at, context);
    checkRestart(errors, container, at);
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    else if (container.name !== '') names.add(container.name);
    checkHostPortConflicts(errors, [container], path);
    if (isSidecar(container)) checkRunning(errors, container, at, context);
    else {
      refuse(errors, container, at, notForInit);
      checkNoRestartOnResize(errors, container, at.child('resizePolicy'));
    }
  }
}

/** What runs once and ends cannot be started anew. */
function checkNoRestartOnResize(errors: Errors, { resizePolicy = [] }: ReadonlyContainer, path: FieldPath): void {
  for (const [i, { restartPolicy }] of resizePolicy.entries())
    if (restartPolicy === 'RestartContainer')
      errors.push(
        invalid(
          path.index(i).child('restartPolicy'),
          restartPolicy,
          "must not be set to 'RestartContainer' for non-sidecar initContainers",
        ),
      );
}

const notForInit: Refused = {
  fields: ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'],
  why: 'may not be set for init containers without restartPolicy=Always',
};
const notForEphemeral: Refused = {
  fields: [
    'ports',
    'resizePolicy',
    'restartPolicy',
    'restartPolicyRules',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
  ],
  why: 'cannot be set for an Ephemeral Container',
};

export function checkEphemeralContainers(errors: Errors, path: FieldPath, context: SpecContext): void {
  const { spec } = context;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Set(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const at = path.index(i);
    checkCommon(errors, container, at, context);
    const { image = '', targetContainerName: target = '', resources = {} } = container;
    if (image.trim() !== image)
      errors.push(invalid(at.child('image'), image, 'must not have leading or trailing whitespace'));
    if (names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    names.add(container.name);
    if (target !== '' && !others.has(target)) errors.push(notFound(at.child('targetContainerName'), target));
    const { why } = notForEphemeral;
    refuse(errors, container, at, notForEphemeral);
    if (Object.keys(resources).length > 0) errors.push(forbidden(at.child('resources'), why));
    for (const [j, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
      const mount = at.child('volumeMounts').index(j);
      if (subPath !== undefined) errors.push(forbidden(mount.child('subPath'), why));
      if (subPathExpr !== undefined) errors.push(forbidden(mount.child('subPathExpr'), why));
    }
  }
}

interface Refused {
  readonly fields: readonly (keyof Container)[];
  readonly why: string;
}

function refuse(errors: Errors, container: AnyContainer, path: FieldPath, { fields, why }: Refused): void {
  for (const name of fields) if (container[name] !== undefined) errors.push(forbidden(path.child(name), why));
}

/** What keeps running is probed, and told when it starts and stops. */
function checkRunning(errors: Errors, container: ReadonlyContainer, path: FieldPath, context: SpecContext): void {
  if (container.lifecycle !== undefined) checkLifecycle(errors, container.lifecycle, path.child('lifecycle'), context);
  checkProbes(errors, container, path, context);
}

function checkCommon(errors: Errors, container: AnyContainer, path: FieldPath, context: SpecContext): void {
  if (container.name === '') errors.push(required(path.child('name')));
  else checkDnsLabel(errors, container.name, path.child('name'));
  if ((container.image ?? '') === '') errors.push(required(path.child('image')));
  checkChoice(
    errors,
    container.terminationMessagePolicy,
    ['File', 'FallbackToLogsOnError'],
    path.child('terminationMessagePolicy'),
  );
  if (container.ports !== undefined) checkPorts(errors, container.ports, path.child('ports'));
  if (container.env !== undefined) checkEnv(errors, container.env, path.child('env'));
  if (container.envFrom !== undefined) checkEnvFrom(errors, container.envFrom, path.child('envFrom'));
  if (container.volumeMounts !== undefined) checkMounts(errors, container, path.child('volumeMounts'), context);
  if (container.volumeDevices !== undefined) checkDevices(errors, container, path.child('volumeDevices'), context);
  checkChoice(errors, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('imagePullPolicy'));
  if (container.resources !== undefined)
    checkResourceRequirements(errors, container.resources, path.child('resources'), {
      of: 'container',
      claimNames: context.claimNames,
    });
  if (container.resizePolicy !== undefined)
    checkResizePolicy(errors, container.resizePolicy, path.child('resizePolicy'), context.spec.restartPolicy);
  if (container.securityContext !== undefined)
    checkSecurityContext(
      errors,
      container.securityContext,
      path.child('securityContext'),
      context.spec.hostUsers !== false,
    );
}

function checkPorts(errors: Errors, ports: readonly DeepReadonly<ContainerPort>[], path: FieldPath): void {
  const names = new Set<string>();
  for (const [i, { name, containerPort, hostPort, protocol }] of ports.entries()) {
    const at = path.index(i);
    if (name !== undefined) {
      const problems = portNameErrors(name);
      if (problems.length > 0) report(errors, at.child('name'), name, problems);
      else if (names.has(name)) errors.push(duplicate(at.child('name'), name));
      else names.add(name);
    }
    if (containerPort === 0) errors.push(required(at.child('containerPort')));
    else checkPortNumber(errors, containerPort, at.child('containerPort'));
    if (hostPort !== undefined && hostPort !== 0) checkPortNumber(errors, hostPort, at.child('hostPort'));
    checkChoice(errors, protocol, protocols, at.child('protocol'));
  }
}

function checkHostPortConflicts(errors: Errors, containers: readonly ReadonlyContainer[], path: FieldPath): void {
  let taken: Set<string> | undefined;
  for (const [i, { ports }] of containers.entries()) {
    if (ports === undefined) continue;
    for (const [j, { hostPort = 0, hostIP = '', protocol = '' }] of ports.entries()) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      taken ??= new Set();
      if (taken.has(key)) errors.push(duplicate(path.index(i).child('ports').index(j).child('hostPort'), key));
      else taken.add(key);
    }
  }
}

function checkResizePolicy(
  errors: Errors,
  policies: NonNullable<ReadonlyContainer['resizePolicy']>,
  path: FieldPath,
  podRestartPolicy: string | undefined,
): void {
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(path.index(i), resourceName));
    seen.add(resourceName);
    checkChoice(errors, resourceName, ['cpu', 'memory'], path);
    checkChoice(errors, restartPolicy, ['NotRequired', 'RestartContainer'], path);
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  }
}

const restartRulesMax = 20;
const exitCodesMax = 255;

/** A container's own restart policy, with rules that depend on the exit code. */
function checkRestart(
  errors: Errors,
  { restartPolicy, restartPolicyRules: rules = [] }: ReadonlyContainer,
  path: FieldPath,
): void {
  if (restartPolicy !== undefined && !['Always', 'OnFailure', 'Never'].includes(restartPolicy))
    errors.push(notSupported(path.child('restartPolicy'), restartPolicy, ['Always', 'Never', 'OnFailure']));
  if (rules.length === 0) return;
  const rulesPath = path.child('restartPolicyRules');
  if (restartPolicy === undefined)
    errors.push(required(path.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  if (rules.length > restartRulesMax) errors.push(tooMany(rulesPath, rules.length, restartRulesMax));
  for (const [i, rule] of rules.entries()) checkRestartRule(errors, rule, rulesPath.index(i));
}

/** Without a value a field is absent here, though every valid rule has it. */
function checkRestartRule(
  errors: Errors,
  { action = '', exitCodes }: Partial<DeepReadonly<ContainerRestartRule>>,
  path: FieldPath,
): void {
  if (action !== 'Restart' && action !== 'RestartAllContainers')
    errors.push(notSupported(path.child('action'), action, ['Restart', 'RestartAllContainers']));
  if (exitCodes === undefined) errors.push(required(path.child('exitCodes'), 'must be specified'));
  else checkExitCodes(errors, exitCodes, path.child('exitCodes'));
}

function checkExitCodes(
  errors: Errors,
  { operator = '', values = [] }: Partial<DeepReadonly<ContainerRestartRuleOnExitCodes>>,
  path: FieldPath,
): void {
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(notSupported(path.child('operator'), operator, ['In', 'NotIn']));
  if (values.length > exitCodesMax) errors.push(tooMany(path.child('values'), values.length, exitCodesMax));
}
