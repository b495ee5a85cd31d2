/** StatefulSet. Little of it changes once it is there, because its pods and their claims keep their identity. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  invalid,
  labelsErrors,
  nameColumn,
  nameIsDns1123Label,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
  type UpdateStrategy,
  type HookContext,
} from '../../machinery/mod.ts';
import { checkDnsLabel, checkNonNegative, type Errors } from '../checks.ts';
import { column, containerColumns } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import { annotationKeyErrors } from '../core/pod-spec/validation/annotation-keys.ts';
import { checkPodAnnotations } from '../core/pod-spec/validation/annotations.ts';
import { checkClaimSpec } from '../core/persistent-volume-claim/validation.ts';
import { checkPodTemplate } from '../core/pod-spec/validation/spec.ts';
import type {
  PersistentVolumeClaim,
  PodTemplateSpec,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../upstream/types.ts';
import {
  checkCollisions,
  checkCounts,
  checkRunsForever,
  checkSelected,
  checkSelector,
  replicaScale,
  templateWarnings,
} from './workload.ts';

type ReadonlySet = DeepReadonly<StatefulSet>;
type ReadonlySpec = DeepReadonly<StatefulSetSpec>;

const specPath = field('spec');
const templatePath = specPath.child('template');
const statusPath = field('status');
const noSpec: ReadonlySpec = { selector: {}, template: {} };

function setDefaults({ spec }: StatefulSet): void {
  if (spec === undefined) return;
  if (spec.template !== undefined) defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) defaultClaim(claim);
  spec.podManagementPolicy ??= 'OrderedReady';
  const update = (spec.updateStrategy ??= {});
  if (update.type === undefined) {
    update.type = 'RollingUpdate';
    update.rollingUpdate ??= {};
  }
  if (update.type === 'RollingUpdate' && update.rollingUpdate !== undefined) update.rollingUpdate.partition ??= 0;
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ??= 'Retain';
  retention.whenScaled ??= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
}

/** Pods are updated one at a time: how many may be is behind a feature that is off. */
function dropDisabledFields({ spec }: StatefulSet, context: HookContext, old?: ReadonlySet): void {
  dropDisabled(spec?.template, context, old?.spec?.template);
  delete spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
}

/** A claim template is a whole claim, and says so even if the client did not. */
function defaultClaim(claim: PersistentVolumeClaim): void {
  claim.apiVersion = 'v1';
  claim.kind = 'PersistentVolumeClaim';
  claim.status ??= {};
  claim.status.phase ??= 'Pending';
  if (claim.spec !== undefined) claim.spec.volumeMode ??= 'Filesystem';
}

function specErrors(
  spec: ReadonlySpec,
  options: { readonly isNew: boolean; readonly withPods: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  checkPodManagement(errors, spec.podManagementPolicy ?? '');
  checkUpdateStrategy(errors, spec.updateStrategy ?? {}, specPath.child('updateStrategy'));
  const retention = specPath.child('persistentVolumeClaimRetentionPolicy');
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    const policy = spec.persistentVolumeClaimRetentionPolicy?.[when] ?? '';
    if (policy !== 'Retain' && policy !== 'Delete')
      errors.push(notSupported(retention.child(when), policy, ['Retain', 'Delete']));
  }
  if (options.isNew)
    for (const [i, { spec: claim }] of (spec.volumeClaimTemplates ?? []).entries())
      checkClaimSpec(errors, claim ?? {}, specPath.child('volumeClaimTemplates').index(i).child('spec'));
  checkNonNegative(errors, spec.replicas, specPath.child('replicas'));
  checkNonNegative(errors, spec.minReadySeconds, specPath.child('minReadySeconds'));
  checkNonNegative(errors, spec.ordinals?.start, specPath.child('ordinals.start'));
  const { serviceName = '' } = spec;
  if (options.isNew && serviceName !== '') checkDnsLabel(errors, serviceName, specPath.child('serviceName'));
  const selector = checkSelector(errors, spec.selector, { of: 'statefulset', invalid: '' });
  if (selector !== undefined) {
    if (!selector.empty) checkSelected(errors, spec.template, selector, templatePath);
    if (options.withPods) checkPodTemplate(errors, withClaims(spec), templatePath);
    else checkTemplateMeta(errors, spec.template);
  }
  checkRunsForever(errors, spec.template, 'StatefulSet');
  return errors;
}

function checkTemplateMeta(errors: Errors, { metadata = {}, spec }: DeepReadonly<PodTemplateSpec>): void {
  const annotations = templatePath.child('annotations');
  errors.push(
    ...labelsErrors(metadata.labels, templatePath.child('labels')),
    ...annotationKeyErrors(metadata.annotations, annotations),
  );
  checkPodAnnotations(errors, metadata.annotations, spec ?? { containers: [] }, annotations);
}

/** The template as the pods will have it: each claim is a volume, and takes the place of one of the same name. */
function withClaims({ template, volumeClaimTemplates = [] }: ReadonlySpec): DeepReadonly<PodTemplateSpec> {
  const { spec } = template;
  if (spec === undefined || volumeClaimTemplates.length === 0) return template;
  const names = volumeClaimTemplates.map(({ metadata }) => metadata.name ?? '');
  const others = (spec.volumes ?? []).filter(({ name }) => !names.includes(name));
  const claims = names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...spec, volumes: [...others, ...claims] } };
}

function checkPodManagement(errors: Errors, policy: string): void {
  const path = specPath.child('podManagementPolicy');
  if (policy === '') errors.push(required(path));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(invalid(path, policy, "must be 'OrderedReady' or 'Parallel'"));
}

function checkUpdateStrategy(errors: Errors, update: DeepReadonly<StatefulSetUpdateStrategy>, path: FieldPath): void {
  const { type = '', rollingUpdate } = update;
  const at = path.child('rollingUpdate');
  // The error shows the value in upstream's internal form.
  const rolling = rollingUpdate && { Partition: rollingUpdate.partition ?? 0, MaxUnavailable: null };
  if (type === '') errors.push(required(path));
  else if (type === 'OnDelete') {
    if (rolling !== undefined) errors.push(invalid(at, rolling, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type !== 'RollingUpdate')
    errors.push(invalid(path, { Type: type, RollingUpdate: rolling ?? null }, "must be 'RollingUpdate' or 'OnDelete'"));
  else checkNonNegative(errors, rollingUpdate?.partition, at.child('partition'));
}

const mutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function updateErrors({ spec = noSpec }: ReadonlySet, { spec: before = noSpec }: ReadonlySet): FieldError[] {
  // What was accepted once by older rules must not keep the rest from being changed.
  const withPods = specErrors(before, { isNew: false, withPods: true }).length === 0;
  const errors = specErrors(spec, { isNew: false, withPods });
  const rest = (all: ReadonlySpec): object =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !mutable.includes(name)));
  if (!jsonEqual(rest(spec), rest(before))) {
    const names = mutable.map((name) => `'${name}'`);
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
    errors.push(forbidden(specPath, `updates to statefulset spec for fields other than ${list} are forbidden`));
  }
  return errors;
}

const strategy: Strategy<StatefulSet> = {
  generation: true,
  validateName: nameIsDns1123Label,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = { replicas: 0, availableReplicas: 0 };
    dropDisabledFields(draft, context);
  },
  prepareForUpdate: (draft, old, context) => dropDisabledFields(draft, context, old),
  validate: ({ spec = noSpec }) => specErrors(spec, { isNew: true, withPods: true }),
  validateUpdate: updateErrors,
  warnings({ spec }, old) {
    const warnings = old !== undefined && jsonEqual(spec, old.spec) ? [] : templateWarnings(spec?.template);
    if ((spec?.revisionHistoryLimit ?? 0) < 0)
      warnings.push(
        'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
      );
    return warnings;
  },
};

const statusPart: UpdateStrategy<StatefulSet> = {
  validateUpdate({ status = { replicas: 0 } }, { status: before = { replicas: 0 } }) {
    const errors: FieldError[] = [];
    const { readyReplicas, currentReplicas, updatedReplicas, availableReplicas } = status;
    const { replicas, observedGeneration, collisionCount } = status;
    const counts = { replicas, readyReplicas, currentReplicas, updatedReplicas, availableReplicas };
    const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
    checkCounts(
      errors,
      { ...counts, observedGeneration, collisionCount },
      { parts, path: statusPath, ready: 'status.readyReplicas' },
    );
    checkCollisions(errors, status, before);
    return errors;
  },
};

export const statefulSets = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.StatefulSet',
  shortNames: ['sts'],
  categories: ['all'],
  strategy,
  subresources: {
    status: { type: 'part', strategy: statusPart },
    scale: { type: 'scale', scale: replicaScale },
  },
  columns: [
    nameColumn(),
    column(
      'Ready',
      'Number of the pod with ready state',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn(),
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template),
  ],
});
