/** AuthorizationConfiguration: the authorizers in their order, and how each webhook among them is asked. */
import {
  duplicate,
  durationError,
  forbidden,
  goDuration,
  invalid,
  nameIsDns1123Subdomain,
  notSupported,
  parseDuration,
  required,
  tooMany,
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
    return authorizers.flatMap((object): AuthorizerSettings[] => {
      const [type, name] = [object.string('type'), object.string('name')];
      const webhook = object.has('webhook') ? object.object('webhook') : undefined;
      const wrong = typeProblem(object, modes);
      modes.add(type);
      if (wrong !== undefined) errors.push(wrong);
      else checkName(object, names, errors);
      names.add(name);
      if (webhook !== undefined && type === 'Webhook') return [readWebhook(webhook, name, errors)];
      if (wrong !== undefined) return [];
      if (type === 'Webhook') errors.push(required(object.at('webhook'), 'required when type=Webhook'));
      else if (webhook !== undefined)
        errors.push(invalid(object.at('webhook'), 'non-null', 'may only be specified when type=Webhook'));
      else if (name !== type.toLowerCase())
        misnamed.push(`expected name ${type.toLowerCase()} for authorizer ${type} instead of ${name}`);
      return type === 'Webhook' ? [] : [type as Exclude<AuthorizationMode, 'Webhook'>];
    });
  });
  if (misnamed.length > 0) throw new HostError('Configuration', aggregated(misnamed));
  return settings;
}

/** What is wrong with the sort of an authorizer; nothing else of it is looked at then. */
function typeProblem(object: ConfigObject, modes: ReadonlySet<string>): FieldError | undefined {
  const type = object.string('type');
  const at = object.at('type');
  if (type === '') return required(at);
  if (!authorizationModes.includes(type as AuthorizationMode)) return notSupported(at, type, known);
  return type !== 'Webhook' && modes.has(type) ? duplicate(at, type) : undefined;
}

const known = authorizationModes.toSorted();

function checkName(object: ConfigObject, names: ReadonlySet<string>, errors: FieldError[]): void {
  const name = object.string('name');
  const at = object.at('name');
  const problems = nameIsDns1123Subdomain(name, false);
  if (name === '') errors.push(required(at));
  else if (names.has(name)) errors.push(duplicate(at, name));
  else if (problems.length > 0) errors.push(invalid(at, name, `authorizer name is invalid: ${problems.join(', ')}`));
}

function readWebhook(object: ConfigObject, name: string, errors: FieldError[]): WebhookSettings {
  const timeoutMs = duration(object, 'timeout', undefined, errors);
  if (timeoutMs < 0 || timeoutMs > timeoutMsMax)
    errors.push(invalid(object.at('timeout'), goText(timeoutMs), 'must be > 0s and <= 30s'));
  const allowedMs = ttl(object, 'authorizedTTL', allowedMsUsual, errors);
  const refusedMs = ttl(object, 'unauthorizedTTL', refusedMsUsual, errors);
  const version = oneOf(object, 'subjectAccessReviewVersion', ['v1', 'v1beta1'], errors);
  const conditions = object.objects('matchConditions');
  const ofConditions = 'matchConditionSubjectAccessReviewVersion';
  if (object.string(ofConditions) !== '') oneOf(object, ofConditions, ['v1'], errors);
  else if (conditions.length > 0)
    errors.push(required(object.at(ofConditions), 'required if match conditions are specified'));
  const failurePolicy = oneOf(object, 'failurePolicy', ['NoOpinion', 'Deny'], errors);
  const kubeConfigFile = readConnection(object.object('connectionInfo'), errors);
  return {
    name,
    kubeConfigFile,
    version,
    timeoutMs,
    allowedMs: kept(object, 'cacheAuthorizedRequests', allowedMs),
    refusedMs: kept(object, 'cacheUnauthorizedRequests', refusedMs),
    failurePolicy: failurePolicy === 'Deny' ? 'Deny' : 'NoOpinion',
    matchConditions: readConditions(conditions, object, errors),
  };
}

function readConnection(connection: ConfigObject, errors: FieldError[]): string {
  const type = oneOf(connection, 'type', ['InClusterConfig', 'KubeConfigFile'], errors);
  const file = connection.string('kubeConfigFile');
  const at = connection.at('kubeConfigFile');
  if (type === 'KubeConfigFile') {
    if (file === '') errors.push(required(at));
    else if (!file.startsWith('/')) errors.push(invalid(at, file, 'must be an absolute path'));
  } else if (type === 'InClusterConfig') {
    if (connection.has('kubeConfigFile')) errors.push(invalid(at, file, 'can only be set when type=KubeConfigFile'));
    errors.push(forbidden(connection.at('type'), 'the API server does not run in a pod; use KubeConfigFile'));
  }
  return file;
}

const conditionsMax = 64;

function readConditions(
  conditions: readonly ConfigObject[],
  webhook: ConfigObject,
  errors: FieldError[],
): Expression[] {
  if (conditions.length > conditionsMax) {
    errors.push(tooMany(webhook.at('matchConditions'), conditions.length, conditionsMax));
    return [];
  }
  const seen = new Set<string>();
  return conditions.flatMap((condition) => {
    const source = condition.string('expression');
    const at = condition.at('expression');
    if (source.trim() === '' || seen.has(source)) {
      errors.push(source.trim() === '' ? required(at) : duplicate(at, source));
      return [];
    }
    seen.add(source);
    const compiled = Expression.compile(source, 'request', 'bool');
    if (compiled instanceof Expression) return [compiled];
    errors.push(invalid(at, source, compiled));
    return [];
  });
}

function goText(ms: number): string {
  return ms < 0 ? `-${goDuration(-ms)}` : goDuration(ms);
}

function ttl(object: ConfigObject, name: string, usual: number, errors: FieldError[]): number {
  const ms = duration(object, name, usual, errors);
  if (ms < 0) errors.push(invalid(object.at(name), goText(ms), 'must be > 0s'));
  return ms;
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

/** In milliseconds; none at all is none that is said, and one without a usual value is required. */
function duration(object: ConfigObject, name: string, usual: number | undefined, errors: FieldError[]): number {
  const text = object.string(name);
  if (text === '' && usual !== undefined) return usual;
  const ms = text === '' ? 0 : parseDuration(text);
  if (ms === undefined) errors.push(invalid(object.at(name), text, durationError(text) ?? ''));
  if (ms === 0) errors.push(required(object.at(name)));
  return ms ?? 1;
}
