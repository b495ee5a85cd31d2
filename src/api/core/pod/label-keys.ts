/**
 * `matchLabelKeys` of affinity and of spreading stand for the values that the pod itself has: when the pod is created they
 * become requirements of the selector, so that nobody else needs to know of them.
 */
import type { LabelSelector, Pod } from '../../upstream/types.ts';

interface Term {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

export function resolveLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) resolve(term, labels);
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      resolve(podAffinityTerm, labels);
  }
  for (const constraint of spec?.topologySpreadConstraints ?? []) resolve(constraint, labels);
}

/** Without a selector nothing is matched, with or without more requirements. */
function resolve(
  { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] }: Term,
  labels: Readonly<Record<string, string>>,
): void {
  if (labelSelector === undefined) return;
  const add = (key: string, operator: string): void => {
    const value = labels[key];
    if (value !== undefined) (labelSelector.matchExpressions ??= []).push({ key, operator, values: [value] });
  };
  for (const key of matchLabelKeys) add(key, 'In');
  for (const key of mismatchLabelKeys) add(key, 'NotIn');
}
