/** Affinity to nodes and to other pods, and the node selectors that volumes share with it. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  forbidden,
  invalid,
  labelSelectorErrors,
  labelValueErrors,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkQualifiedName, report, type Errors } from '../../../checks.ts';
import type {
  Affinity,
  LabelSelector,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../../../upstream/types.ts';

const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';

export function checkAffinity(
  errors: Errors,
  { nodeAffinity, podAffinity, podAntiAffinity }: DeepReadonly<Affinity>,
  path: FieldPath,
): void {
  if (nodeAffinity !== undefined) {
    const at = path.child('nodeAffinity');
    const selector = nodeAffinity[needed];
    if (selector !== undefined) checkNodeSelector(errors, selector, at.child(needed));
    for (const [i, { weight, preference }] of (nodeAffinity[preferred] ?? []).entries()) {
      const term = at.child(preferred).index(i);
      checkWeight(errors, weight, term);
      // A preference that no node can fulfil does no harm.
      checkNodeTerm(errors, preference, term.child('preference'), true);
    }
  }
  if (podAffinity !== undefined) checkPodAffinity(errors, podAffinity, path.child('podAffinity'));
  if (podAntiAffinity !== undefined) checkPodAffinity(errors, podAntiAffinity, path.child('podAntiAffinity'));
}

function checkWeight(errors: Errors, weight: number, path: FieldPath): void {
  if (weight <= 0 || weight > 100) errors.push(invalid(path.child('weight'), weight, 'must be in the range 1-100'));
}

export function checkNodeSelector(
  errors: Errors,
  { nodeSelectorTerms }: DeepReadonly<NodeSelector>,
  path: FieldPath,
): void {
  const at = path.child('nodeSelectorTerms');
  if ((nodeSelectorTerms ?? []).length === 0) errors.push(required(at, 'must have at least one node selector term'));
  else for (const [i, term] of nodeSelectorTerms.entries()) checkNodeTerm(errors, term, at.index(i), false);
}

function checkNodeTerm(
  errors: Errors,
  { matchExpressions, matchFields }: DeepReadonly<NodeSelectorTerm>,
  path: FieldPath,
  anyValue: boolean,
): void {
  for (const [i, expression] of (matchExpressions ?? []).entries())
    checkNodeExpression(errors, expression, path.child('matchExpressions').index(i), anyValue);
  for (const [i, { key, operator, values = [] }] of (matchFields ?? []).entries()) {
    const at = path.child('matchFields').index(i);
    if (operator !== 'In' && operator !== 'NotIn')
      errors.push(invalid(at.child('operator'), operator, 'not a valid selector operator'));
    else if (values.length !== 1)
      errors.push(
        required(
          at.child('values'),
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    if (key !== 'metadata.name') errors.push(invalid(at.child('key'), key, 'not a valid field selector key'));
    else
      for (const [j, value] of values.entries())
        report(errors, at.child('values').index(j), value, nameIsDns1123Subdomain(value, false));
  }
}

function checkNodeExpression(
  errors: Errors,
  { key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>,
  path: FieldPath,
  anyValue: boolean,
): void {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0)
        errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0)
        errors.push(
          forbidden(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        errors.push(required(path.child('values'), "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  }
  checkQualifiedName(errors, key, path.child('key'));
  if (!anyValue)
    for (const [i, value] of values.entries())
      report(errors, path.child('values').index(i), value, labelValueErrors(value));
}

function checkPodAffinity(errors: Errors, affinity: DeepReadonly<PodAffinity>, path: FieldPath): void {
  for (const [i, term] of (affinity[needed] ?? []).entries()) checkPodTerm(errors, term, path.child(needed).index(i));
  for (const [i, { weight, podAffinityTerm }] of (affinity[preferred] ?? []).entries()) {
    const at = path.child(preferred).index(i);
    checkWeight(errors, weight, at);
    checkPodTerm(errors, podAffinityTerm, at.child('podAffinityTerm'));
  }
}

function checkPodTerm(errors: Errors, term: DeepReadonly<PodAffinityTerm>, path: FieldPath): void {
  errors.push(...labelSelectorErrors(term.labelSelector, path.child('labelSelector')));
  errors.push(...labelSelectorErrors(term.namespaceSelector, path.child('namespaceSelector')));
  for (const name of term.namespaces ?? [])
    report(errors, path.child('namespace'), name, nameIsDns1123Label(name, false));
  checkLabelKeys(errors, term, path);
  if (term.topologyKey === '') errors.push(required(path.child('topologyKey'), 'can not be empty'));
  checkQualifiedName(errors, term.topologyKey, path.child('topologyKey'));
}

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly labelSelector?: DeepReadonly<LabelSelector>;
}

/** Keys that each stand for one more requirement: a label of the pod itself, which other pods must share or not. */
export function checkLabelKeys(
  errors: Errors,
  { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector }: LabelKeys,
  path: FieldPath,
): void {
  for (const [name, keys] of [
    ['matchLabelKeys', matchLabelKeys],
    ['mismatchLabelKeys', mismatchLabelKeys],
  ] as const) {
    if (keys.length > 0 && labelSelector === undefined)
      errors.push(forbidden(path.child(name), 'must not be specified when labelSelector is not set'));
    else for (const [i, key] of keys.entries()) checkQualifiedName(errors, key, path.child(name).index(i));
  }
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const i = matchLabelKeys.indexOf(key);
    // The first one was added on creation, for the key itself.
    if (i >= 0 && seen.has(key))
      errors.push(invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
    seen.add(key);
  }
  for (const [i, key] of matchLabelKeys.entries())
    if (mismatchLabelKeys.includes(key))
      errors.push(
        invalid(path.child('matchLabelKeys').index(i), key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
      );
}
