/** What is wrong with an autoscaler. What an older server accepted may stay when the object is changed. */
import type { DeepReadonly } from '../../../base/mod.ts';
import {
  field,
  forbidden,
  invalid,
  nameIsPathSegment,
  notSupported,
  parseQuantity,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import {
  checkDnsLabel,
  checkMinimum,
  checkOptionalChoice,
  mustNotBeNegative,
  report,
  type Errors,
} from '../../checks.ts';
import { checkRequestedName } from '../../core/pod-spec/validation/resources.ts';
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
} from '../../upstream/types.ts';

type ReadonlyAutoscaler = DeepReadonly<HorizontalPodAutoscaler>;
type ReadonlyMetric = DeepReadonly<MetricSpec>;
type Source = Exclude<keyof MetricSpec, 'type'>;

const specPath = field('spec');
const windowSecondsMax = 3600;
const periodSecondsMax = 1800;
const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** In the order in which upstream looks at them; only the first is looked at closely. */
const sources: readonly (readonly [source: Source, type: string])[] = [
  ['object', 'Object'],
  ['external', 'External'],
  ['pods', 'Pods'],
  ['resource', 'Resource'],
  ['containerResource', 'ContainerResource'],
];

/** Which API versions a reference may name. */
type Versions = 'any' | 'withGroup' | 'valid';

interface Options {
  readonly replicasMin: number;
  readonly target: Versions;
  readonly objects: Versions;
}

export function autoscalerErrors({ spec }: ReadonlyAutoscaler, options?: Options): FieldError[] {
  const target = spec.scaleTargetRef.kind === 'ReplicationController' ? 'valid' : 'withGroup';
  const { replicasMin, ...versions } = options ?? { replicasMin: 1, target, objects: 'valid' };
  const errors: Errors = [];
  const { minReplicas, maxReplicas, metrics = [], behavior } = spec;
  checkMinimum(errors, minReplicas, replicasMin, specPath.child('minReplicas'));
  const most = specPath.child('maxReplicas');
  if (maxReplicas === 0) errors.push(required(most, 'must be set and greater than 0'));
  else if (maxReplicas < 1) errors.push(invalid(most, maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid(most, maxReplicas, 'must be greater than or equal to `minReplicas`'));
  checkReference(errors, spec.scaleTargetRef, specPath.child('scaleTargetRef'), versions.target);
  const metricsPath = specPath.child('metrics');
  for (const [i, metric] of metrics.entries()) checkMetric(errors, metric, metricsPath.index(i), versions.objects);
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.push(
      forbidden(metricsPath, 'must specify at least one Object or External metric to support scaling to zero replicas'),
    );
  for (const name of ['scaleUp', 'scaleDown'] as const)
    if (behavior?.[name] !== undefined) checkRules(errors, behavior[name], specPath.child('behavior', name));
  return errors;
}

export function autoscalerUpdateErrors(autoscaler: ReadonlyAutoscaler, old: ReadonlyAutoscaler): FieldError[] {
  const { scaleTargetRef: now } = autoscaler.spec;
  const { scaleTargetRef: before, minReplicas, metrics = [] } = old.spec;
  const same = now.apiVersion === before.apiVersion && now.kind === before.kind;
  const wasInvalid = metrics.some(
    ({ type, object }) =>
      type === 'Object' && object !== undefined && apiVersionProblem(object.describedObject, 'valid') !== undefined,
  );
  return autoscalerErrors(autoscaler, {
    replicasMin: minReplicas === 0 ? 0 : 1,
    target: same ? 'any' : now.kind === 'ReplicationController' ? 'valid' : 'withGroup',
    objects: wasInvalid ? 'any' : 'valid',
  });
}

type Reference = DeepReadonly<CrossVersionObjectReference>;

function checkReference(errors: Errors, reference: Reference, path: FieldPath, versions: Versions): void {
  for (const name of ['kind', 'name'] as const) checkSegment(errors, reference[name], path.child(name));
  const problem = apiVersionProblem(reference, versions);
  if (problem !== undefined) errors.push(invalid(path.child('apiVersion'), reference.apiVersion ?? '', problem));
}

function checkSegment(errors: Errors, name: string, path: FieldPath, missing = ''): void {
  if (name === '') errors.push(required(path, missing));
  else report(errors, path, name, nameIsPathSegment(name, false));
}

function apiVersionProblem({ apiVersion = '' }: Reference, versions: Versions): string | undefined {
  if (versions === 'any') return undefined;
  const slashes = apiVersion.split('/').length - 1;
  if (slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  const withoutGroup = slashes === 0 || apiVersion.startsWith('/');
  return versions === 'withGroup' && withoutGroup ? 'apiVersion must specify API group' : undefined;
}

function checkMetric(errors: Errors, metric: ReadonlyMetric, path: FieldPath, versions: Versions): void {
  const { type } = metric;
  if (type === '') errors.push(required(path.child('type'), 'must specify a metric source type'));
  if (!types.includes(type)) errors.push(notSupported(path.child('type'), type, types));
  const present = sources.filter(([source]) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) checkSource(errors, metric, path.child(first[0]), versions);
  const expected = sources.find(([, of]) => of === type)?.[0];
  if (expected === undefined) errors.push(notSupported(path.child('type'), type, types));
  else if (metric[expected] === undefined)
    errors.push(required(path.child(expected), 'must populate information for the given metric source'));
  if (present.length === 1) return;
  for (const [source] of present)
    if (source !== expected) errors.push(forbidden(path.child(source), 'must populate the given metric source only'));
}

/** The first source that there is. */
function checkSource(errors: Errors, metric: ReadonlyMetric, path: FieldPath, versions: Versions): void {
  const { object, external, pods, resource, containerResource } = metric;
  const at = path.child('target');
  if (object !== undefined) {
    checkReference(errors, object.describedObject, path.child('describedObject'), versions);
    checkIdentifier(errors, object.metric, path.child('metric'));
    checkTarget(errors, object.target, at);
    if (object.target.value === undefined && object.target.averageValue === undefined)
      errors.push(required(at.child('averageValue'), 'must set either a target value or averageValue'));
  } else if (external !== undefined) {
    checkIdentifier(errors, external.metric, path.child('metric'));
    checkTarget(errors, external.target, at);
    const { value, averageValue } = external.target;
    if (value === undefined && averageValue === undefined)
      errors.push(required(at.child('averageValue'), 'must set either a target value for metric or a per-pod target'));
    if (value !== undefined && averageValue !== undefined)
      errors.push(forbidden(at.child('value'), 'may not set both a target value for metric and a per-pod target'));
  } else if (pods !== undefined) {
    checkIdentifier(errors, pods.metric, path.child('metric'));
    checkTarget(errors, pods.target, at);
    if (pods.target.averageValue === undefined)
      errors.push(required(at.child('averageValue'), 'must specify a positive target averageValue'));
  } else if (resource !== undefined) {
    if (resource.name === '') errors.push(required(path.child('name'), 'must specify a resource name'));
    checkResourceTarget(errors, resource.target, at);
  } else if (containerResource !== undefined) {
    const { name, container, target } = containerResource;
    if (name === '') errors.push(required(path.child('name'), 'must specify a resource name'));
    else checkRequestedName(errors, name, path.child('name'), 'container');
    if (container === '') errors.push(required(path.child('container'), 'must specify a container'));
    else checkDnsLabel(errors, container, path.child('container'));
    checkResourceTarget(errors, target, at);
  }
}

function checkIdentifier(errors: Errors, { name }: DeepReadonly<MetricIdentifier>, path: FieldPath): void {
  checkSegment(errors, name, path.child('name'), 'must specify a metric name');
}

function checkResourceTarget(errors: Errors, target: DeepReadonly<MetricTarget>, path: FieldPath): void {
  checkTarget(errors, target, path);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(
      required(path.child('averageUtilization'), 'must set either a target raw value or a target utilization'),
    );
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(forbidden(path.child('averageValue'), 'may not set both a target raw value and a target utilization'));
}

function checkTarget(errors: Errors, target: DeepReadonly<MetricTarget>, path: FieldPath): void {
  const { type, averageUtilization } = target;
  if (type === '') errors.push(required(path.child('type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(path.child('type'), type, 'must be either Utilization, Value, or AverageValue'));
  for (const name of ['value', 'averageValue'] as const) {
    const value = target[name];
    if (value !== undefined && parseQuantity(value).sign !== 1)
      errors.push(invalid(path.child(name), value, 'must be positive'));
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(path.child('averageUtilization'), averageUtilization, 'must be greater than 0'));
}

function checkRules(errors: Errors, rules: DeepReadonly<HPAScalingRules>, path: FieldPath): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const windowPath = path.child('stabilizationWindowSeconds');
  if (window !== undefined && window < 0)
    errors.push(invalid(windowPath, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > windowSecondsMax)
    errors.push(invalid(windowPath, window, `must be less than or equal to ${windowSecondsMax}`));
  checkOptionalChoice(errors, selectPolicy, ['Disabled', 'Max', 'Min'], path.child('selectPolicy'));
  if (policies.length === 0) errors.push(required(path.child('policies'), 'must specify at least one Policy'));
  for (const [i, { type, value, periodSeconds }] of policies.entries()) {
    const at = path.child('policies').index(i);
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(at.child('type'), type, ['Percent', 'Pods']));
    if (value <= 0) errors.push(invalid(at.child('value'), value, 'must be greater than zero'));
    if (periodSeconds <= 0) errors.push(invalid(at.child('periodSeconds'), periodSeconds, 'must be greater than zero'));
    if (periodSeconds > periodSecondsMax)
      errors.push(
        invalid(at.child('periodSeconds'), periodSeconds, `must be less than or equal to ${periodSecondsMax}`),
      );
  }
  if (tolerance !== undefined && parseQuantity(tolerance).sign < 0)
    errors.push(invalid(path.child('tolerance'), tolerance, mustNotBeNegative));
}
