/** AuthorizationConfiguration: the authorizers in their order, and how each webhook among them is asked. */
import {
  duplicate,
  durationError,
  forbidden,
  invalid,
  notSupported,
  parseDuration,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { HostError } from '../../base/mod.ts';
import { Expression } from '../expression.ts';
import { readConfiguration, type ConfigObject } from '../configuration.ts';
import { aggregated } from './authorizer.ts';
import { authorizationModes, type AuthorizationMode } from './modes.ts';

export interface WebhookSettings {
  readonly name: string;
  /** A kubeconfig file that says where it is and how to be known there. */
  readonly kubeConfigFile: string;
  readonly version: string;
  readonly timeoutMs: number;
  readonly allowedMs: number;
  readonly refusedMs: number;
  readonly failurePolicy: 'Deny' | 'NoOpinion';
  /** It is asked only about what all of these are true of. */
  readonly matchConditions: readonly Expression[];
}

export type AuthorizerSettings = Exclude<AuthorizationMode, 'Webhook'> | WebhookSettings;

const timeoutMsMax = 30_000;
const allowedMsUsual = 5 * 60_000;
const refusedMsUsual = 30_000;

/** Throws HostError with all that is wrong. */
export function readAuthorizationConfiguration(text: string): readonly AuthorizerSettings[] {
  const misnamed: string[] = [];
  const settings = readConfiguration(text, 'AuthorizationConfiguration', (root, errors) => {
    const authorizers = root.objects('authorizers');
    if (authorizers.length === 0)
      errors.push(required('authorizers', 'at least one authorization mode must be defined'));
    const names = new Set<string>();
    const modes = new Set<string>();
    return authorizers.map((object): AuthorizerSettings => {
      const type = object.string('type');
      const name = object.string('name');
      if (type === '') errors.push(required(object.at('type')));
      else if (!authorizationModes.includes(type as AuthorizationMode))
        errors.push(notSupported(object.at('type'), type, authorizationModes.toSorted()));
      if (type !== 'Webhook' && modes.has(type)) errors.push(duplicate(object.at('type'), type));
      modes.add(type);
      if (name === '') errors.push(required(object.at('name')));
      else if (names.has(name)) errors.push(duplicate(object.at('name'), name));
      else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
        errors.push(invalid(object.at('name'), name, 'authorizer name is invalid'));
      names.add(name);
      if (type === 'Webhook') return readWebhook(object.object('webhook'), name, errors);
      if (name !== type.toLowerCase())
        misnamed.push(`expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`);
      if (object.has('webhook'))
        errors.push(invalid(object.at('webhook'), 'non-null', 'may only be specified when type=Webhook'));
      return type as Exclude<AuthorizationMode, 'Webhook'>;
    });
  });
  if (misnamed.length > 0) throw new HostError('Configuration', aggregated(misnamed));
  return settings;
}

function readWebhook(object: ConfigObject, name: string, errors: FieldError[]): WebhookSettings {
  const version = oneOf(object, 'subjectAccessReviewVersion', ['v1', 'v1beta1'], errors);
  const failurePolicy = oneOf(object, 'failurePolicy', ['Deny', 'NoOpinion'], errors);
  const connection = object.object('connectionInfo');
  const type = oneOf(connection, 'type', ['InClusterConfig', 'KubeConfigFile'], errors);
  const kubeConfigFile = connection.string('kubeConfigFile');
  if (type === 'KubeConfigFile') {
    if (kubeConfigFile === '') errors.push(required(connection.at('kubeConfigFile')));
    else if (!kubeConfigFile.startsWith('/'))
      errors.push(invalid(connection.at('kubeConfigFile'), kubeConfigFile, 'must be an absolute path'));
  } else if (type === 'InClusterConfig') {
    errors.push(forbidden(connection.at('type'), 'the API server does not run in a pod; use KubeConfigFile'));
  }
  const timeoutMs = duration(object, 'timeout', undefined, errors);
  if (timeoutMs <= 0) errors.push(invalid(object.at('timeout'), object.string('timeout'), 'must be greater than zero'));
  if (timeoutMs > timeoutMsMax)
    errors.push(invalid(object.at('timeout'), object.string('timeout'), 'must be less than or equal to 30s'));
  if (object.has('matchConditionSubjectAccessReviewVersion'))
    oneOf(object, 'matchConditionSubjectAccessReviewVersion', ['v1'], errors);
  const matchConditions = object.objects('matchConditions').flatMap((condition) => readCondition(condition, errors));
  const allowedMs = kept(object, 'cacheAuthorizedRequests', duration(object, 'authorizedTTL', allowedMsUsual, errors));
  const refusedMs = kept(
    object,
    'cacheUnauthorizedRequests',
    duration(object, 'unauthorizedTTL', refusedMsUsual, errors),
  );
  return {
    name,
    kubeConfigFile,
    version,
    timeoutMs,
    allowedMs,
    refusedMs,
    failurePolicy: failurePolicy === 'Deny' ? 'Deny' : 'NoOpinion',
    matchConditions,
  };
}

function readCondition(condition: ConfigObject, errors: FieldError[]): Expression[] {
  const source = condition.string('expression');
  const at = condition.at('expression');
  if (source === '') errors.push(required(at));
  if (source === '') return [];
  const compiled = Expression.compile(source, 'request', 'bool');
  if (compiled instanceof Expression) return [compiled];
  errors.push(invalid(at, source, compiled));
  return [];
}

function kept(object: ConfigObject, name: string, ms: number): number {
  return object.has(name) && !object.boolean(name) ? 0 : ms;
}

function oneOf(object: ConfigObject, name: string, allowed: readonly string[], errors: FieldError[]): string {
  const value = object.string(name);
  if (value === '') errors.push(required(object.at(name)));
  else if (!allowed.includes(value)) errors.push(notSupported(object.at(name), value, allowed));
  return value;
}

/** In milliseconds; one without a usual value is required. */
function duration(object: ConfigObject, name: string, usual: number | undefined, errors: FieldError[]): number {
  const text = object.string(name);
  if (text === '') {
    if (usual === undefined) errors.push(required(object.at(name)));
    return usual ?? 1;
  }
  const ms = parseDuration(text);
  if (ms === undefined) errors.push(invalid(object.at(name), text, durationError(text) ?? ''));
  return ms ?? 1;
}
