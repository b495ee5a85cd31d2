/**
 * DaemonSet. Its selector never changes. How often its template changed is counted in an annotation, because the field
 * that upstream counts in is not part of this version.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  ApiError,
  defineKind,
  field,
  formatLabelSelector,
  goQuote,
  invalid,
  labelSelectorErrors,
  nameColumn,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { amountOf, checkAmount, checkAtMostAll } from '../amounts.ts';
import { checkImmutable, checkNonNegative, compiledSelector, type Errors } from '../checks.ts';
import { column, containerColumns, integerColumn, labelsText, wideColumn } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import { checkPodTemplate } from '../core/pod-spec/validation/spec.ts';
import { sortedMap } from '../maps.ts';
import type { DaemonSet, DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy } from '../upstream/types.ts';
import {
  checkCollisions,
  checkNotEmpty,
  checkRunsForever,
  checkSelected,
  selectorPath,
  templateWarnings,
} from './workload.ts';

type ReadonlySet = DeepReadonly<DaemonSet>;

const specPath = field('spec');
const templatePath = specPath.child('template');
const noSpec: DeepReadonly<DaemonSetSpec> = { selector: {}, template: {} };
const noStatus: DaemonSetStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};
const generationKey = 'deprecated.daemonset.template.generation';

function setDefaults({ spec }: DaemonSet): void {
  if (spec === undefined) return;
  if (spec.template !== undefined) defaultPodTemplate(spec.template);
  const update = (spec.updateStrategy ??= {});
  update.type ??= 'RollingUpdate';
  if (update.type === 'RollingUpdate') {
    update.rollingUpdate ??= {};
    update.rollingUpdate.maxUnavailable ??= 1;
    update.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
}

/** Throws ApiError BadRequest, because upstream fails to read such an object at all. */
function templateGeneration({ metadata }: ReadonlySet): number {
  const text = metadata.annotations?.[generationKey];
  if (text === undefined) return 0;
  if (!/^[-+]?[0-9]+$/.test(text))
    throw ApiError.badRequest(
      `DaemonSet in version "v1" cannot be handled as a DaemonSet: strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`,
    );
  return Number(text);
}

/** Only the API server counts; but what a client sends has to be readable. */
function keepTemplateGeneration(draft: DaemonSet, old: ReadonlySet, more = 0): void {
  templateGeneration(draft);
  setTemplateGeneration(draft, templateGeneration(old) + more);
}

function setTemplateGeneration(draft: DaemonSet, generation: number): void {
  draft.metadata.annotations = sortedMap({ ...draft.metadata.annotations, [generationKey]: String(generation) });
}

function daemonSetErrors({ spec = noSpec }: ReadonlySet): FieldError[] {
  const errors: FieldError[] = [];
  const { template } = spec;
  const selector = spec.selector ?? undefined;
  errors.push(...labelSelectorErrors(selector, selectorPath));
  const compiled = compiledSelector(selector);
  if (compiled !== undefined) checkSelected(errors, template, compiled, templatePath);
  if (selector !== undefined) checkNotEmpty(errors, selector, 'daemonset');
  checkPodTemplate(errors, template, templatePath);
  checkRunsForever(errors, template, 'DaemonSet');
  checkNonNegative(errors, spec.minReadySeconds, specPath.child('minReadySeconds'));
  checkUpdateStrategy(errors, spec.updateStrategy ?? {}, specPath.child('updateStrategy'));
  checkNonNegative(errors, spec.revisionHistoryLimit, specPath.child('revisionHistoryLimit'));
  return errors;
}

function checkUpdateStrategy(errors: Errors, update: DeepReadonly<DaemonSetUpdateStrategy>, path: FieldPath): void {
  const { type = '', rollingUpdate } = update;
  const at = path.child('rollingUpdate');
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    const bad = { Type: type, RollingUpdate: rollingUpdate ?? null };
    return void errors.push(notSupported(path, bad, ['RollingUpdate', 'OnDelete']));
  }
  if (rollingUpdate === undefined) return void errors.push(required(at));
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  checkAmount(errors, maxUnavailable, at.child('maxUnavailable'));
  checkAmount(errors, maxSurge, at.child('maxSurge'));
  checkAtMostAll(errors, maxUnavailable, at.child('maxUnavailable'));
  checkAtMostAll(errors, maxSurge, at.child('maxSurge'));
  const [unavailable, surge] = [amountOf(maxUnavailable) !== 0, amountOf(maxSurge) !== 0];
  if (unavailable && surge)
    errors.push(invalid(at.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  else if (!unavailable && !surge) errors.push(required(at.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
}

const strategy: Strategy<DaemonSet> = {
  generation: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = { ...noStatus };
    dropDisabled(draft.spec?.template, context);
    setTemplateGeneration(draft, Math.max(1, templateGeneration(draft)));
  },
  prepareForUpdate(draft, old, context) {
    dropDisabled(draft.spec?.template, context, old.spec?.template);
    const changed = !jsonEqual(draft.spec?.template, old.spec?.template);
    keepTemplateGeneration(draft, old, changed ? 1 : 0);
  },
  validate: daemonSetErrors,
  validateUpdate(daemonSet, old) {
    const errors = daemonSetErrors(daemonSet);
    checkImmutable(errors, daemonSet.spec?.selector, old.spec?.selector, selectorPath);
    return errors;
  },
  warnings: ({ spec }, old) => (old !== undefined && jsonEqual(spec, old.spec) ? [] : templateWarnings(spec?.template)),
};

const statusPart: UpdateStrategy<DaemonSet> = {
  prepareForUpdate: (draft, old) => keepTemplateGeneration(draft, old),
  validateUpdate({ status = noStatus }, { status: before = noStatus }) {
    const errors: FieldError[] = [];
    const { conditions: _conditions, ...counts } = status;
    for (const [name, count] of Object.entries(counts)) checkNonNegative(errors, count, field('status', name));
    checkCollisions(errors, status, before);
    return errors;
  },
};

export const daemonSets = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.DaemonSet',
  shortNames: ['ds'],
  categories: ['all'],
  strategy,
  subresources: { status: { type: 'part', strategy: statusPart } },
  columns: [
    nameColumn(),
    integerColumn('Desired', 'How many nodes should run the pod.', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integerColumn(
      'Current',
      'How many nodes run the pod as they should.',
      ({ status }) => status?.currentNumberScheduled ?? 0,
    ),
    integerColumn('Ready', 'On how many nodes the pod is ready.', ({ status }) => status?.numberReady ?? 0),
    integerColumn(
      'Up-to-date',
      'How many nodes run the pod of the newest template.',
      ({ status }) => status?.updatedNumberScheduled ?? 0,
    ),
    integerColumn('Available', 'On how many nodes the pod is available.', ({ status }) => status?.numberAvailable ?? 0),
    column('Node Selector', 'The labels of the nodes that the pod needs.', ({ spec }) =>
      labelsText(spec?.template?.spec?.nodeSelector),
    ),
    ageColumn(),
    ...containerColumns<DaemonSet>(({ spec }) => spec?.template),
    wideColumn('Selector', 'Selects the pods that belong to the daemon set.', ({ spec }) =>
      formatLabelSelector(spec?.selector),
    ),
  ],
});
