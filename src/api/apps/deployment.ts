/** Deployment. Its selector never changes; its generation counts changes of annotations too, because they are copied. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  formatLabelSelector,
  invalid,
  nameColumn,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { amountOf, checkAmount, checkAtMostAll } from '../amounts.ts';
import { checkImmutable, checkNonNegative, type Errors } from '../checks.ts';
import { column, containerColumns, wideColumn } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import type { Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy } from '../upstream/types.ts';
import {
  checkCollisions,
  checkCounts,
  checkSelectedTemplate,
  replicaScale,
  replicatedWarnings,
  selectorPath,
} from './workload.ts';

type ReadonlyDeployment = DeepReadonly<Deployment>;

const specPath = field('spec');
const statusPath = field('status');
const noSpec: DeepReadonly<DeploymentSpec> = { selector: {}, template: {} };

function setDefaults({ spec }: Deployment): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= '25%';
    strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultPodTemplate(spec.template);
}

function deploymentErrors({ spec = noSpec }: ReadonlyDeployment): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.replicas, specPath.child('replicas'));
  checkSelectedTemplate(errors, spec);
  checkStrategy(errors, spec.strategy ?? {}, specPath.child('strategy'));
  checkNonNegative(errors, spec.minReadySeconds, specPath.child('minReadySeconds'));
  checkNonNegative(errors, spec.revisionHistoryLimit, specPath.child('revisionHistoryLimit'));
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined) return errors;
  const path = specPath.child('progressDeadlineSeconds');
  checkNonNegative(errors, deadline, path);
  if (deadline <= minReadySeconds) errors.push(invalid(path, deadline, 'must be greater than minReadySeconds'));
  return errors;
}

function checkStrategy(
  errors: Errors,
  { type = '', rollingUpdate }: DeepReadonly<DeploymentStrategy>,
  path: FieldPath,
): void {
  const at = path.child('rollingUpdate');
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined)
      errors.push(forbidden(at, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type !== 'RollingUpdate')
    errors.push(notSupported(path.child('type'), type, ['Recreate', 'RollingUpdate']));
  else if (rollingUpdate === undefined) errors.push(required(at, 'this should be defaulted and never be nil'));
  else {
    const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
    checkAmount(errors, maxUnavailable, at.child('maxUnavailable'));
    checkAmount(errors, maxSurge, at.child('maxSurge'));
    if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0)
      errors.push(invalid(at.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
    checkAtMostAll(errors, maxUnavailable, at.child('maxUnavailable'));
  }
}

function statusErrors(status: DeepReadonly<DeploymentStatus>): FieldError[] {
  const errors: FieldError[] = [];
  const { conditions: _conditions, ...counts } = status;
  checkCounts(errors, counts, {
    parts: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
    path: statusPath,
  });
  return errors;
}

const strategy: Strategy<Deployment> = {
  generation: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = {};
    dropDisabled(draft.spec?.template, context);
  },
  prepareForUpdate(draft, old, context) {
    dropDisabled(draft.spec?.template, context, old.spec?.template);
    if (!jsonEqual(draft.metadata.annotations, old.metadata.annotations))
      draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: deploymentErrors,
  validateUpdate(deployment, old) {
    const errors = deploymentErrors(deployment);
    checkImmutable(errors, deployment.spec?.selector, old.spec?.selector, selectorPath);
    return errors;
  },
  warnings: replicatedWarnings,
};

const statusPart: UpdateStrategy<Deployment> = {
  prepareForUpdate(draft, old) {
    if (old.metadata.labels === undefined) delete draft.metadata.labels;
    else draft.metadata.labels = { ...old.metadata.labels };
  },
  validateUpdate({ status = {} }, { status: before = {} }) {
    const errors = statusErrors(status);
    checkCollisions(errors, status, before);
    return errors;
  },
};

export const deployments = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.Deployment',
  shortNames: ['deploy'],
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
    column(
      'Up-to-date',
      'Total number of pods that have the desired template.',
      ({ status }) => status?.updatedReplicas ?? 0,
    ),
    column(
      'Available',
      'Total number of pods that have been ready for at least minReadySeconds.',
      ({ status }) => status?.availableReplicas ?? 0,
    ),
    ageColumn(),
    ...containerColumns<Deployment>(({ spec }) => spec?.template),
    wideColumn('Selector', 'Selects the pods that belong to the deployment.', ({ spec }) =>
      formatLabelSelector(spec?.selector),
    ),
  ],
});
