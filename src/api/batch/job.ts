/**
 * Job. Unless the client brings its own selector, the job gets one that finds its own pods and no others, by its UID. Its
 * pods hardly ever change, but the number of them does.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  age,
  ageColumn,
  defineKind,
  dns1123LabelErrors,
  field,
  formatLabelSelector,
  invalid,
  labelSelectorErrors,
  nameColumn,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkSelected, podNameWarnings, selectorPath, templateWarnings } from '../apps/workload.ts';
import { checkImmutable, checkImmutableStruct, compiledSelector, type Errors } from '../checks.ts';
import { column, containerColumns, wideColumn } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import { internalForm } from '../internal-form.ts';
import { sortedMap } from '../maps.ts';
import type { Job, JobSpec, PodFailurePolicy } from '../upstream/types.ts';
import { checkJobSpec, completionsMany, parallelismOfMany } from './job/spec.ts';
import { hasCondition, jobStatusErrors } from './job/status.ts';
import { templateMayChange } from './job/template-update.ts';

type ReadonlyJob = DeepReadonly<Job>;

const specPath = field('spec');
const templatePath = specPath.child('template');
const noSpec: DeepReadonly<JobSpec> = { template: {} };
const int32Max = 2 ** 31 - 1;

const uidLabel = 'batch.kubernetes.io/controller-uid';
const nameLabel = 'batch.kubernetes.io/job-name';
const oldUidLabel = 'controller-uid';
const oldNameLabel = 'job-name';

function setDefaults({ metadata, spec }: Job): void {
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : int32Max;
  labelAsTemplate(metadata, spec);
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  defaultJobTemplate(spec);
}

function labelAsTemplate(metadata: Job['metadata'], { template }: JobSpec): void {
  const { labels } = template.metadata ?? {};
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

/** What the job in a CronJob's template gets too. */
export function defaultJobTemplate({ template, podFailurePolicy }: JobSpec): void {
  defaultPodTemplate(template);
  defaultFailurePolicy(podFailurePolicy);
}

function defaultFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const { onPodConditions } of policy?.rules ?? [])
    for (const pattern of onPodConditions ?? []) if ((pattern.status ?? '') === '') pattern.status = 'True';
}

/** What a client has set stays, to be refused if it does not fit. */
function generateSelector({ metadata, spec }: Job): void {
  if (spec === undefined || spec.manualSelector === true) return;
  const { name = '', uid = '' } = metadata;
  const template = (spec.template.metadata ??= {});
  template.labels = sortedMap({
    [oldNameLabel]: name,
    [nameLabel]: name,
    [oldUidLabel]: uid,
    [uidLabel]: uid,
    ...template.labels,
  });
  const selector = (spec.selector ??= {});
  selector.matchLabels = sortedMap({ [uidLabel]: uid, ...selector.matchLabels });
}

function jobErrors({ metadata, spec = noSpec }: ReadonlyJob, withNewLabels = true): FieldError[] {
  const errors: FieldError[] = [];
  checkGenerated(errors, { metadata, spec }, withNewLabels);
  checkSpec(errors, spec);
  const { name = '' } = metadata;
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    const host = `${name}-${(spec.completions ?? 0) - 1}`;
    if (dns1123LabelErrors(host).length > 0)
      errors.push(invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${host}`));
  }
  return errors;
}

function checkSpec(errors: Errors, spec: DeepReadonly<JobSpec>): void {
  checkJobSpec(errors, spec, specPath);
  if (spec.selector === undefined) errors.push(required(selectorPath));
  else errors.push(...labelSelectorErrors(spec.selector, selectorPath));
  const selector = compiledSelector(spec.selector);
  if (selector !== undefined) checkSelected(errors, spec.template, selector, templatePath);
}

/** Selector and labels must be as they are generated, whoever wrote them. */
function checkGenerated(
  errors: Errors,
  { metadata, spec }: DeepReadonly<{ metadata: Job['metadata']; spec: JobSpec }>,
  withNewLabels: boolean,
): void {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const { name = '', uid = '' } = metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const expected: Record<string, string> = {
    [oldUidLabel]: uid,
    [oldNameLabel]: name,
    ...(withNewLabels ? { [uidLabel]: uid, [nameLabel]: name } : {}),
  };
  const labelsPath = templatePath.child('metadata', 'labels');
  for (const key in expected)
    checkLabel(errors, spec.template.metadata?.labels, [key, expected[key] ?? ''], labelsPath);
  const selector = compiledSelector(spec.selector);
  if (selector !== undefined && !selector.matches(expected))
    errors.push(invalid(selectorPath, spec.selector, '`selector` not auto-generated'));
}

function checkLabel(
  errors: Errors,
  labels: Readonly<Record<string, string>> | undefined,
  [key, expected]: readonly [key: string, value: string],
  path: FieldPath,
): void {
  const value = labels?.[key];
  if (value === undefined) errors.push(required(path.key(key), `must be '${expected}'`));
  else if (value !== expected) errors.push(invalid(path.key(key), labels, `must be '${expected}'`));
}

/** With their types. */
const immutable = [
  ['completionMode', 'string'],
  ['podFailurePolicy', 'io.k8s.api.batch.v1.PodFailurePolicy'],
  ['backoffLimitPerIndex', 'int32'],
  ['managedBy', 'string'],
  ['successPolicy', 'io.k8s.api.batch.v1.SuccessPolicy'],
] as const;

function updateErrors(job: ReadonlyJob, old: ReadonlyJob): FieldError[] {
  const { spec = noSpec } = job;
  const { spec: before = noSpec } = old;
  const oldLabels = before.template.metadata?.labels ?? {};
  const errors = jobErrors(job, oldLabels[nameLabel] !== undefined && oldLabels[uidLabel] !== undefined);
  // Upstream looks at the specification a second time.
  checkSpec(errors, spec);
  checkCompletions(errors, spec, before);
  checkImmutable(errors, spec.selector, before.selector, selectorPath);
  if (!templateMayChange(spec, old))
    errors.push(
      invalid(templatePath, internalForm('io.k8s.api.core.v1.PodTemplateSpec', spec.template), 'field is immutable'),
    );
  for (const [name, type] of immutable)
    checkImmutableStruct(errors, type, [spec[name], before[name]], specPath.child(name));
  return errors;
}

function checkCompletions(errors: Errors, spec: DeepReadonly<JobSpec>, old: DeepReadonly<JobSpec>): void {
  const path = specPath.child('completions');
  const { completions, parallelism } = spec;
  if (spec.completionMode !== 'Indexed') checkImmutable(errors, completions, old.completions, path);
  else if (completions !== undefined && completions !== old.completions && completions !== parallelism)
    errors.push(invalid(path, completions, 'can only be modified in tandem with spec.parallelism'));
}

/** Of a Job's specification, wherever it stands. */
export function jobSpecWarnings(spec: DeepReadonly<JobSpec> | undefined, path: FieldPath): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {};
  const many = completionMode === 'Indexed' && completions > completionsMany && parallelism > parallelismOfMany;
  return [
    ...(many
      ? [
          `${path.toString()}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...templateWarnings(template, path.child('template')),
  ];
}

const strategy: Strategy<Job> = {
  generation: true,
  orphansDependents: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    generateSelector(draft);
    // Upstream applies defaults again whenever it reads the object, and then the generated labels are there.
    if (draft.spec !== undefined) labelAsTemplate(draft.metadata, draft.spec);
    draft.status = {};
    dropDisabled(draft.spec?.template, context);
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabled(spec?.template, context, old.spec?.template),
  validate: (job) => jobErrors(job),
  validateUpdate: updateErrors,
  warnings({ metadata, spec }, old) {
    if (old === undefined) return [...podNameWarnings(metadata.name ?? ''), ...jobSpecWarnings(spec, specPath)];
    return jsonEqual(spec, old.spec) ? [] : jobSpecWarnings(spec, specPath);
  },
};

function statusText({ metadata, status = {} }: ReadonlyJob): string {
  for (const type of ['Complete', 'Failed']) if (hasCondition(status, type)) return type;
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (hasCondition(status, 'Suspended')) return 'Suspended';
  return ['FailureTarget', 'SuccessCriteriaMet'].find((type) => hasCondition(status, type)) ?? 'Running';
}

function completionsText({ spec, status }: ReadonlyJob): string {
  const { succeeded = 0 } = status ?? {};
  const { completions, parallelism = 0 } = spec ?? {};
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: ReadonlyJob, now: number): string {
  const { startTime, completionTime } = status ?? {};
  if (startTime === undefined) return '';
  return age(startTime, completionTime === undefined ? now : Date.parse(completionTime));
}

export const jobs = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  namespaced: true,
  schema: 'io.k8s.api.batch.v1.Job',
  categories: ['all'],
  strategy,
  selectable: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  subresources: { status: { type: 'part', strategy: { validateUpdate: jobStatusErrors } } },
  columns: [
    nameColumn(),
    column('Status', 'Status of the job.', statusText),
    column('Completions', 'How many pods ended well, of how many.', completionsText),
    column('Duration', 'Time required to complete the job.', durationText),
    ageColumn(),
    ...containerColumns<Job>(({ spec }) => spec?.template),
    wideColumn('Selector', 'Selects the pods that belong to the job.', ({ spec }) =>
      formatLabelSelector(spec?.selector),
    ),
  ],
});
