/** Labels of nodes that have newer names: whoever selects by an old one is told so. */
import type { DeepReadonly } from '../../../base/mod.ts';
import type { FieldPath, LabelSelectorSpec } from '../../../machinery/mod.ts';
import type { NodeSelectorTerm } from '../../upstream/types.ts';

interface Renamed {
  readonly since: string;
  readonly to: string;
}

const renamed: ReadonlyMap<string, Renamed> = new Map([
  ['beta.kubernetes.io/arch', { since: 'v1.14', to: 'kubernetes.io/arch' }],
  ['beta.kubernetes.io/os', { since: 'v1.14', to: 'kubernetes.io/os' }],
  ['failure-domain.beta.kubernetes.io/region', { since: 'v1.17', to: 'topology.kubernetes.io/region' }],
  ['failure-domain.beta.kubernetes.io/zone', { since: 'v1.17', to: 'topology.kubernetes.io/zone' }],
  ['beta.kubernetes.io/instance-type', { since: 'v1.17', to: 'node.kubernetes.io/instance-type' }],
]);

/** The newer name of a label; undefined for one that has none. */
export function newerNodeLabel(key: string): string | undefined {
  return renamed.get(key)?.to;
}

function message(key: string): string | undefined {
  const found = renamed.get(key);
  return found === undefined ? undefined : `deprecated since ${found.since}; use "${found.to}" instead`;
}

export function warnOfNodeLabel(warnings: string[], key: string, path: FieldPath): void {
  const said = message(key);
  if (said !== undefined) warnings.push(`${path.toString()}: ${key} is ${said}`);
}

export function warnOfNodeSelector(
  warnings: string[],
  selector: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): void {
  for (const key in selector) {
    const said = message(key);
    if (said !== undefined) warnings.push(`${path.key(key).toString()}: ${said}`);
  }
}

export function warnOfTerm(
  warnings: string[],
  { matchExpressions }: DeepReadonly<NodeSelectorTerm>,
  path: FieldPath,
): void {
  for (const [i, { key }] of (matchExpressions ?? []).entries())
    warnOfNodeLabel(warnings, key, path.child('matchExpressions').index(i).child('key'));
}

export function warnOfSelector(
  warnings: string[],
  selector: DeepReadonly<LabelSelectorSpec> | undefined,
  path: FieldPath,
): void {
  for (const key in selector?.matchLabels) warnOfNodeLabel(warnings, key, path.child('matchLabels').key(key));
  for (const [i, { key }] of (selector?.matchExpressions ?? []).entries())
    warnOfNodeLabel(warnings, key, path.child('matchExpressions').index(i).child('key'));
}
