/** The webhooks of both kinds of configuration. What an older version let through may stay as it is. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  field,
  invalid,
  labelSelectorErrors,
  nameColumn,
  notSupported,
  required,
  type Column,
  type FieldPath,
  type KubeObject,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkOptionalChoice, repetition, report, type Errors } from '../checks.ts';
import { integerColumn } from '../columns.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../upstream/types.ts';
import { checkWebhookClient, webhookPort } from '../webhook-client.ts';
import { ExpressionChecks } from './expression-checks.ts';
import {
  checkMatchConditions,
  checkRule,
  defaultRules,
  failurePolicies,
  matchPolicies,
  reinvocationPolicies,
} from './rules.ts';

type Webhook = ValidatingWebhook | MutatingWebhook;
/** Nothing of what must be there has to be there before it was checked. */
type Hook = DeepReadonly<Partial<MutatingWebhook>>;
type Hooks = readonly Hook[];

interface Configuration extends KubeObject {
  webhooks?: Webhook[];
}

const webhooksPath = field('webhooks');
const reviewVersions = ['v1', 'v1beta1'];
const noSideEffects = ['None', 'NoneOnDryRun'];
const sideEffectClasses = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const timeoutSecondsMax = 30;

/** Which of the newer rules hold: those that the configuration kept before. */
interface Strictness {
  readonly sideEffects: boolean;
  readonly knownReviews: boolean;
  readonly uniqueNames: boolean;
  readonly selectorValues: boolean;
  readonly conditions: boolean;
  /** Expressions that were accepted before. */
  readonly expressions: readonly string[];
}

const strict: Strictness = {
  sideEffects: true,
  knownReviews: true,
  uniqueNames: true,
  selectorValues: true,
  conditions: true,
  expressions: [],
};

const isKnownReview = (version: string): boolean => reviewVersions.includes(version);
const versionsOf = (hook: Hook): readonly string[] => hook.admissionReviewVersions ?? [];

function strictnessOf(hooks: Hooks, old: Hooks): Strictness {
  const names = old.map(({ name }) => name);
  const selectors = old.flatMap(({ namespaceSelector, objectSelector }) => [namespaceSelector, objectSelector]);
  return {
    sideEffects: old.every(({ sideEffects }) => noSideEffects.includes(sideEffects ?? '')),
    knownReviews: old.every((hook) => versionsOf(hook).length === 0 || versionsOf(hook).some(isKnownReview)),
    uniqueNames: new Set(names).size === names.length,
    selectorValues: selectors.every((selector) => labelSelectorErrors(selector, webhooksPath).length === 0),
    conditions:
      hooks.length !== old.length ||
      hooks.some(({ matchConditions }, i) => !jsonEqual(matchConditions, old[i]?.matchConditions)),
    expressions: old.flatMap(({ matchConditions = [] }) => matchConditions.map(({ expression }) => expression.trim())),
  };
}

function hooksErrors(hooks: Hooks, strictness: Strictness): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, hook] of hooks.entries()) {
    const at = webhooksPath.index(i);
    checkHook(errors, hook, at, strictness);
    checkReviewVersions(errors, versionsOf(hook), at.child('admissionReviewVersions'), strictness);
    const { name = '' } = hook;
    if (!strictness.uniqueNames || name === '') continue;
    if (names.has(name)) errors.push(duplicate(at.child('name'), name));
    names.add(name);
  }
  return errors;
}

function checkHook(errors: Errors, hook: Hook, path: FieldPath, strictness: Strictness): void {
  checkFullName(errors, hook.name ?? '', path.child('name'));
  for (const [i, rule] of (hook.rules ?? []).entries()) checkRule(errors, rule, path.child('rules').index(i));
  checkOptionalChoice(errors, hook.failurePolicy, failurePolicies, path.child('failurePolicy'));
  checkOptionalChoice(errors, hook.matchPolicy, matchPolicies, path.child('matchPolicy'));
  const classes = strictness.sideEffects ? noSideEffects : sideEffectClasses;
  const { sideEffects, timeoutSeconds: seconds } = hook;
  if (sideEffects === undefined || sideEffects === null)
    errors.push(required(path.child('sideEffects'), `must specify one of ${classes.join(', ')}`));
  else if (!classes.includes(sideEffects)) errors.push(notSupported(path.child('sideEffects'), sideEffects, classes));
  if (seconds !== undefined && (seconds < 1 || seconds > timeoutSecondsMax))
    errors.push(invalid(path.child('timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds'));
  for (const name of ['namespaceSelector', 'objectSelector'] as const)
    errors.push(
      ...labelSelectorErrors(hook[name], path.child(name), { allowInvalidValues: !strictness.selectorValues }),
    );
  checkOptionalChoice(errors, hook.reinvocationPolicy, reinvocationPolicies, path.child('reinvocationPolicy'));
  checkWebhookClient(errors, hook.clientConfig ?? {}, path.child('clientConfig'));
  if (!strictness.conditions) return;
  const expressions = new ExpressionChecks(false, strictness.expressions);
  checkMatchConditions(errors, hook.matchConditions, path.child('matchConditions'), expressions);
}

/** `hook.example.com`: three parts at least, so that nobody else's is called the same. */
function checkFullName(errors: Errors, name: string, path: FieldPath): void {
  const problems = dns1123SubdomainErrors(name);
  if (name === '') errors.push(required(path));
  else if (problems.length > 0) errors.push(invalid(path, name, problems.join(',')));
  else if (name.split('.').length < 3)
    errors.push(invalid(path, name, 'should be a domain with at least three segments separated by dots'));
}

function checkReviewVersions(
  errors: Errors,
  versions: readonly string[],
  path: FieldPath,
  { knownReviews }: Strictness,
): void {
  const known = reviewVersions.join(', ');
  if (versions.length === 0) return void errors.push(required(path, `must specify one of ${known}`));
  const isRepeated = repetition<string>();
  for (const [i, version] of versions.entries())
    if (isRepeated(version)) errors.push(invalid(path.index(i), version, 'duplicate version'));
    else report(errors, path.index(i), version, dns1035LabelErrors(version));
  if (knownReviews && !versions.some(isKnownReview))
    errors.push(invalid(path, versions, `must include at least one of ${known}`));
}

function defaultHook(hook: Webhook): void {
  hook.failurePolicy ??= 'Fail';
  hook.matchPolicy ??= 'Equivalent';
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= 10;
  defaultRules(hook.rules);
  const { service } = hook.clientConfig;
  if (service !== undefined) service.port ??= webhookPort;
}

export function webhookStrategy<T extends Configuration>(
  more: (hook: NonNullable<T['webhooks']>[number]) => void,
): Strategy<T> {
  const hooksOf = ({ webhooks = [] }: DeepReadonly<Configuration>): Hooks => webhooks;
  return {
    generation: true,
    unconditionalUpdate: false,
    defaults({ webhooks }) {
      for (const hook of webhooks ?? []) {
        defaultHook(hook);
        more(hook);
      }
    },
    validate: (object) => hooksErrors(hooksOf(object), strict),
    validateUpdate(object, before) {
      const hooks = hooksOf(object);
      return hooksErrors(hooks, strictnessOf(hooks, hooksOf(before)));
    },
  };
}

export function webhookColumns<T extends Configuration>(): Column<T>[] {
  return [
    nameColumn(),
    integerColumn(
      'Webhooks',
      'Webhooks indicates the number of webhooks registered in this configuration',
      (object) => (object as DeepReadonly<Configuration>).webhooks?.length ?? 0,
    ),
    ageColumn(),
  ];
}
