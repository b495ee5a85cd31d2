/** Workload: templates of the groups of pods that something runs, for who makes the groups. It never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  dns1123LabelErrors,
  duplicate,
  field,
  required,
  tooMany,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkImmutable, checkLocalReference, repetition, report, type Errors } from '../checks.ts';
import type { Workload } from '../upstream/types.ts';
import { checkSchedulingPolicy, dropDisabled } from './scheduling-policy.ts';

type ReadonlyWorkload = DeepReadonly<Workload>;
type Templates = ReadonlyWorkload['spec']['podGroupTemplates'];

const specPath = field('spec');
const controllerPath = specPath.child('controllerRef');
const templatesPath = specPath.child('podGroupTemplates');
const templatesMax = 8;

function workloadErrors({ spec }: ReadonlyWorkload): FieldError[] {
  const errors: Errors = [];
  if (spec.controllerRef !== undefined) checkLocalReference(errors, spec.controllerRef, controllerPath);
  const templates = templatesOf(spec);
  if (!checkCount(errors, templates)) return errors;
  const isRepeated = repetition<string>();
  for (const [i, template] of templates.entries())
    if (isRepeated(template.name)) errors.push(duplicate(templatesPath.index(i), template));
  for (const [i, { name, schedulingPolicy }] of templates.entries()) {
    const at = templatesPath.index(i);
    if (name === '') errors.push(required(at.child('name')));
    else report(errors, at.child('name'), name, dns1123LabelErrors(name));
    checkSchedulingPolicy(errors, schedulingPolicy, at.child('schedulingPolicy'));
  }
  return errors;
}

/** A list that is not there is null. */
function templatesOf<T>({ podGroupTemplates: templates }: { readonly podGroupTemplates: T | null }): T | readonly [] {
  return templates ?? [];
}

/** Only as many as there may be are looked at one by one. */
function checkCount(errors: Errors, templates: Templates): boolean {
  if (templates.length > templatesMax) errors.push(tooMany(templatesPath, templates.length, templatesMax));
  if (templates.length === 0) errors.push(required(templatesPath));
  return templates.length > 0 && templates.length <= templatesMax;
}

function workloadUpdateErrors({ spec }: ReadonlyWorkload, { spec: old }: ReadonlyWorkload): FieldError[] {
  const errors: Errors = [];
  checkImmutable(errors, spec.controllerRef, old.controllerRef, controllerPath);
  const before = errors.length;
  checkImmutable(errors, spec.podGroupTemplates, old.podGroupTemplates, templatesPath);
  if (errors.length > before) checkCount(errors, templatesOf(spec));
  return errors;
}

function dropDisabledOf({ spec }: Workload): void {
  for (const template of templatesOf(spec)) {
    dropDisabled(template);
    // Even what is not there is written.
    Object.assign(template, { schedulingConstraints: null });
  }
}

export const workloads = defineKind<Workload>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'Workload',
  plural: 'workloads',
  namespaced: true,
  schema: 'io.k8s.api.scheduling.v1alpha2.Workload',
  strategy: {
    prepareForCreate: dropDisabledOf,
    prepareForUpdate: dropDisabledOf,
    validate: workloadErrors,
    validateUpdate: workloadUpdateErrors,
  },
});
