/** What is asked of a quota: resources that can be counted, and scopes that fit them and each other. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { field, invalid, parseQuantity, required, type FieldError, type FieldPath } from '../../../machinery/mod.ts';
import { checkImmutable, type Errors } from '../../checks.ts';
import { internalForm } from '../../internal-form.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../upstream/types.ts';
import { checkQuantity, checkResourceName } from '../pod-spec/validation/resources.ts';

type ReadonlyQuota = DeepReadonly<ResourceQuota>;
type ReadonlySpec = DeepReadonly<ResourceQuotaSpec>;

const specPath = field('spec');

/** Resources that pods of some scope can be limited in. */
const ofPods: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'pods',
]);
const standard: ReadonlySet<string> = new Set([
  ...ofPods,
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'requests.storage',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

function isStandard(name: string): boolean {
  return standard.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-');
}

const isOfPods = (name: string): boolean => ofPods.has(name);

/** Which resources a scope can be applied to. */
const scopes: Readonly<Record<string, (name: string) => boolean>> = {
  Terminating: isOfPods,
  NotTerminating: isOfPods,
  NotBestEffort: isOfPods,
  PriorityClass: isOfPods,
  CrossNamespacePodAffinity: isOfPods,
  // Pods that ask for nothing can only be counted.
  BestEffort: (name) => name === 'pods',
  VolumeAttributesClass: (name) => name === 'persistentvolumeclaims' || name === 'requests.storage',
};

const exclusive = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function checkAmounts(errors: Errors, amounts: Readonly<Record<string, string>> | undefined, path: FieldPath): void {
  for (const name in amounts) {
    const at = path.key(name);
    checkResourceName(errors, name, at);
    if (!name.includes('/') && !isStandard(name))
      errors.push(invalid(at, name, 'must be a standard resource for quota'));
    checkQuantity(errors, name, parseQuantity(amounts[name] ?? '0'), at);
  }
}

/** Upstream blames the list as a whole, whichever scope of it is wrong. */
function checkScopes(errors: Errors, spec: ReadonlySpec): void {
  const { scopes: named = [] } = spec;
  const path = specPath.child('scopes');
  for (const scope of named) {
    if (scopes[scope] === undefined) errors.push(invalid(path, named, 'unsupported scope'));
    for (const _ of misapplied(scope, spec)) errors.push(invalid(path, named, 'unsupported scope applied to resource'));
  }
  checkConflicts(errors, named, named, path);
}

function checkSelector(errors: Errors, spec: ReadonlySpec): void {
  const { scopeSelector } = spec;
  if (scopeSelector === undefined) return;
  const path = specPath.child('scopeSelector').child('matchExpressions');
  const expressions = scopeSelector.matchExpressions ?? [];
  for (const expression of expressions) {
    const { scopeName: scope } = expression;
    if (scopes[scope] === undefined) errors.push(invalid(path.child('scopeName'), scope, 'unsupported scope'));
    for (const _ of misapplied(scope, spec))
      errors.push(
        invalid(
          path,
          internalForm('io.k8s.api.core.v1.ScopeSelector', scopeSelector),
          'unsupported scope applied to resource',
        ),
      );
    checkExpression(errors, expression, path);
  }
  checkConflicts(
    errors,
    expressions.map(({ scopeName }) => scopeName),
    spec.scopes ?? null,
    path,
  );
}

/** The resources of the quota that the scope has nothing to do with. */
function misapplied(scope: string, { hard = {} }: ReadonlySpec): string[] {
  const applies = scopes[scope] ?? (() => true);
  return Object.keys(hard).filter((name) => isStandard(name) && !applies(name));
}

function checkConflicts(errors: Errors, named: readonly string[], badValue: unknown, path: FieldPath): void {
  for (const pair of exclusive)
    if (pair.every((scope) => named.includes(scope))) errors.push(invalid(path, badValue, 'conflicting scopes'));
}

const withValues = ['PriorityClass', 'VolumeAttributesClass'];

function checkExpression(
  errors: Errors,
  { scopeName, operator, values = [] }: DeepReadonly<ScopedResourceSelectorRequirement>,
  path: FieldPath,
): void {
  if (scopes[scopeName] !== undefined && !withValues.includes(scopeName) && operator !== 'Exists')
    errors.push(
      invalid(
        path.child('operator'),
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return;
      errors.push(
        required(
          path.child('values'),
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      );
      return;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return;
      errors.push(
        invalid(
          path.child('values'),
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
      return;
    default:
      errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  }
}

export function quotaErrors({ spec = {} }: ReadonlyQuota): Errors {
  const errors: Errors = [];
  checkAmounts(errors, spec.hard, specPath.child('hard'));
  checkScopes(errors, spec);
  checkSelector(errors, spec);
  return errors;
}

export function quotaUpdateErrors(quota: ReadonlyQuota, old: ReadonlyQuota): FieldError[] {
  const errors = quotaErrors(quota);
  const named = quota.spec?.scopes;
  const sorted = ({ spec }: ReadonlyQuota): readonly string[] => [...new Set(spec?.scopes)].sort();
  if (sorted(quota).join() !== sorted(old).join())
    checkImmutable(errors, named, old.spec?.scopes, specPath.child('scopes'));
  return errors;
}

export function quotaStatusErrors({ status }: ReadonlyQuota): FieldError[] {
  const errors: Errors = [];
  checkAmounts(errors, status?.hard, field('status', 'hard'));
  checkAmounts(errors, status?.used, field('status', 'used'));
  return errors;
}
