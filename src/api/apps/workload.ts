/** What kinds have in common that keep a number of pods of one template. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  dns1123LabelErrors,
  field,
  forbidden,
  formatLabelSelector,
  invalid,
  labelSelectorErrors,
  labelSelectorFromSpec,
  notSupported,
  required,
  SelectorError,
  type FieldPath,
  type KubeObject,
  type LabelSelector as CompiledSelector,
  type ScaleStrategy,
} from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { podWarnings } from '../core/pod-spec/warnings.ts';
import { checkPodTemplate } from '../core/pod-spec/validation/spec.ts';
import type { LabelSelector, PodTemplateSpec } from '../upstream/types.ts';

const templatePath = field('spec', 'template');
export const selectorPath = field('spec', 'selector');

/** Undefined: there is none, or it is wrong; what is wrong has been said. */
export function checkSelector(
  errors: Errors,
  selector: DeepReadonly<LabelSelector> | null | undefined,
): CompiledSelector | undefined {
  if (selector === undefined || selector === null) {
    errors.push(required(selectorPath));
    return undefined;
  }
  errors.push(...labelSelectorErrors(selector, selectorPath));
  const empty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (empty) errors.push(invalid(selectorPath, selector, 'empty selector is invalid for deployment'));
  try {
    return labelSelectorFromSpec(selector);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    errors.push(invalid(selectorPath, selector, 'invalid label selector'));
    return undefined;
  }
}

/** The template of pods that run until somebody deletes them, and that `selector` must find. */
export function checkTemplate(
  errors: Errors,
  template: DeepReadonly<PodTemplateSpec> | undefined,
  selector: CompiledSelector,
): void {
  if (template === undefined) return void errors.push(required(templatePath));
  const labels = template.metadata?.labels;
  if (!selector.empty && !selector.matches(labels))
    errors.push(
      invalid(templatePath.child('metadata', 'labels'), labels ?? null, '`selector` does not match template `labels`'),
    );
  checkPodTemplate(errors, template, templatePath);
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always')
    errors.push(notSupported(templatePath.child('spec', 'restartPolicy'), restartPolicy ?? '', ['Always']));
  if (activeDeadlineSeconds !== undefined)
    errors.push(
      forbidden(
        templatePath.child('spec', 'activeDeadlineSeconds'),
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
}

export function templateWarnings(name: string, template: DeepReadonly<PodTemplateSpec> | undefined): string[] {
  const problems = dns1123LabelErrors(name);
  const ofName =
    problems.length === 0
      ? []
      : [
          `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
        ];
  return [...ofName, ...podWarnings(template?.spec ?? { containers: [] }, template?.metadata ?? {}, templatePath)];
}

interface Counts {
  readonly [name: string]: number | undefined;
}

/** Counts of replicas in a status: none is negative, none is more than the whole. */
export function checkCounts(errors: Errors, counts: Counts, parts: readonly string[], path: FieldPath): void {
  const total = counts['replicas'] ?? 0;
  for (const name in counts) {
    const value = counts[name];
    if (typeof value === 'number' && value < 0)
      errors.push(invalid(path.child(name), value, 'must be greater than or equal to 0'));
  }
  for (const name of parts) {
    const value = counts[name] ?? 0;
    if (value > total) errors.push(invalid(path.child(name), value, 'cannot be greater than status.replicas'));
  }
  const { readyReplicas: ready = 0, availableReplicas: available = 0 } = counts;
  if (available > ready)
    errors.push(invalid(path.child('availableReplicas'), available, 'cannot be greater than readyReplicas'));
}

/** Anything that keeps `spec.replicas` pods. */
interface Replicated extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector };
  status?: { replicas?: number };
}

export const replicaScale: ScaleStrategy<Replicated> = {
  replicas: ({ spec, status }) => ({
    spec: spec?.replicas ?? 0,
    status: status?.replicas ?? 0,
    selector: selectorText(spec?.selector),
  }),
  setReplicas({ spec }, replicas) {
    if (spec !== undefined) spec.replicas = replicas;
  },
};

/** The text form, empty for one that cannot be understood. */
function selectorText(selector: DeepReadonly<LabelSelector> | undefined): string {
  const text = formatLabelSelector(selector);
  return text.startsWith('<') ? '' : text;
}
