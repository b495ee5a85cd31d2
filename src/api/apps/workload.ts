/** What kinds have in common that keep a number of pods of one template. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  dns1123LabelErrors,
  field,
  forbidden,
  formatLabelSelector,
  invalid,
  labelSelectorErrors,
  notSupported,
  nothing,
  required,
  type FieldPath,
  type KubeObject,
  type LabelSelector as CompiledSelector,
  type ScaleStrategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { checkNonNegative, compiledSelector, type Errors } from '../checks.ts';
import { podWarnings } from '../core/pod-spec/warnings.ts';
import { checkPodTemplate } from '../core/pod-spec/validation/spec.ts';
import type { LabelSelector, PodTemplateSpec, ReplicaSetStatus } from '../upstream/types.ts';

const templatePath = field('spec', 'template');
export const selectorPath = field('spec', 'selector');

/** A pod template and the selector that must find its pods. */
interface Selected {
  readonly replicas?: number;
  readonly selector: DeepReadonly<LabelSelector> | null | undefined;
  readonly template?: DeepReadonly<PodTemplateSpec>;
}

/** The selector and the template of a Deployment or a ReplicaSet. */
export function checkSelectedTemplate(errors: Errors, { selector, template, replicas = 0 }: Selected): void {
  const compiled = checkSelector(errors, selector, { of: 'deployment', invalid: 'invalid label selector' });
  if (compiled !== undefined) checkTemplate(errors, template, compiled, { of: 'ReplicaSet', replicas });
}

/** Undefined: it is wrong; what is wrong has been said. */
export function checkSelector(
  errors: Errors,
  selector: DeepReadonly<LabelSelector> | null | undefined,
  texts: { readonly of: string; readonly invalid: string },
): CompiledSelector | undefined {
  if (selector === undefined || selector === null) {
    errors.push(required(selectorPath));
    return nothing;
  }
  errors.push(...labelSelectorErrors(selector, selectorPath));
  checkNotEmpty(errors, selector, texts.of);
  const compiled = compiledSelector(selector);
  if (compiled === undefined) errors.push(invalid(selectorPath, selector, texts.invalid));
  return compiled;
}

export function checkNotEmpty(errors: Errors, selector: DeepReadonly<LabelSelector>, of: string): void {
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
    errors.push(invalid(selectorPath, selector, `empty selector is invalid for ${of}`));
}

/** The template of pods that run until somebody deletes them, and that `selector` must find. */
export function checkTemplate(
  errors: Errors,
  template: DeepReadonly<PodTemplateSpec> | undefined,
  selector: CompiledSelector,
  owner: { readonly of: string; readonly replicas: number },
): void {
  if (template === undefined) return void errors.push(required(templatePath));
  if (!selector.empty) checkSelected(errors, template, selector, templatePath);
  checkPodTemplate(errors, template, templatePath);
  if (owner.replicas > 1) checkReadOnlyDisks(errors, template);
  checkRunsForever(errors, template, owner.of);
}

/** Upstream names the labels at their place although it says `labels` of the template elsewhere. */
export function checkSelected(
  errors: Errors,
  template: DeepReadonly<PodTemplateSpec>,
  selector: CompiledSelector,
  path: FieldPath,
): void {
  const labels = template.metadata?.labels;
  if (!selector.matches(labels))
    errors.push(
      invalid(path.child('metadata', 'labels'), labels ?? null, '`selector` does not match template `labels`'),
    );
}

function checkReadOnlyDisks(errors: Errors, { spec }: DeepReadonly<PodTemplateSpec>): void {
  for (const [i, { gcePersistentDisk }] of (spec?.volumes ?? []).entries())
    if (gcePersistentDisk !== undefined && gcePersistentDisk.readOnly !== true)
      errors.push(
        invalid(
          templatePath.child('spec', 'volumes').index(i).child('gcePersistentDisk', 'readOnly'),
          false,
          'must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only',
        ),
      );
}

/** Pods that are replaced whenever they end neither end by themselves nor have a deadline. */
export function checkRunsForever(errors: Errors, { spec }: DeepReadonly<PodTemplateSpec>, of: string): void {
  const { restartPolicy, activeDeadlineSeconds } = spec ?? {};
  const path = templatePath.child('spec');
  if (restartPolicy !== 'Always')
    errors.push(notSupported(path.child('restartPolicy'), restartPolicy ?? '', ['Always']));
  if (activeDeadlineSeconds !== undefined)
    errors.push(forbidden(path.child('activeDeadlineSeconds'), `activeDeadlineSeconds in ${of} is not Supported`));
}

/** Pods are called after their owner, and hosts after pods. */
export function podNameWarnings(name: string): string[] {
  const problems = dns1123LabelErrors(name);
  return problems.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`,
      ];
}

export function templateWarnings(
  template: DeepReadonly<PodTemplateSpec> | undefined,
  path: FieldPath = templatePath,
): string[] {
  return podWarnings(template?.spec ?? { containers: [] }, template?.metadata ?? {}, path);
}

interface Templated extends KubeObject {
  spec?: { template?: PodTemplateSpec };
}

/** Of the template unless it stays as it is, and of the name, which is the beginning of the pods' names. */
export function replicatedWarnings(
  { metadata, spec }: DeepReadonly<Templated>,
  old?: DeepReadonly<Templated>,
): string[] {
  if (old !== undefined && jsonEqual(spec?.template, old.spec?.template)) return [];
  return [...podNameWarnings(metadata?.name ?? ''), ...templateWarnings(spec?.template)];
}

/** How often a name was taken already is counted and never forgotten. */
export function checkCollisions(
  errors: Errors,
  { collisionCount: count }: { readonly collisionCount?: number },
  { collisionCount: before }: { readonly collisionCount?: number },
): void {
  if (before !== undefined && (count ?? -1) < before)
    errors.push(invalid(field('status', 'collisionCount'), count ?? 0, 'cannot be decremented'));
}

interface Counts {
  readonly [name: string]: number | undefined;
}

interface CountRules {
  /** The counts that are part of the whole. */
  readonly parts: readonly string[];
  readonly path: FieldPath;
  /** How the text calls the count of those that are ready. */
  readonly ready?: string;
}

/** Counts of replicas in a status: none is negative, none is more than the whole. */
export function checkCounts(
  errors: Errors,
  counts: Counts,
  { parts, path, ready: readyText = 'readyReplicas' }: CountRules,
): void {
  const total = counts['replicas'] ?? 0;
  for (const name in counts) checkNonNegative(errors, counts[name], path.child(name));
  for (const name of parts) {
    const value = counts[name] ?? 0;
    if (value > total) errors.push(invalid(path.child(name), value, 'cannot be greater than status.replicas'));
  }
  const { readyReplicas: ready = 0, availableReplicas: available = 0 } = counts;
  if (available > ready)
    errors.push(invalid(path.child('availableReplicas'), available, `cannot be greater than ${readyText}`));
}

interface Counted extends KubeObject {
  status?: ReplicaSetStatus;
}

/** The status of what keeps pods of one template. */
export const replicaCounts: UpdateStrategy<Counted> = {
  validateUpdate({ status = { replicas: 0 } }) {
    const errors: Errors = [];
    const { conditions: _conditions, ...counts } = status;
    const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
    checkCounts(errors, counts, { parts, path: field('status') });
    return errors;
  },
};

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
