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
  percentErrors,
  required,
  type FieldError,
  type FieldPath,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { checkImmutable, checkNonNegative, report, type Errors } from '../checks.ts';
import { column, containerColumns, wideColumn } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import type { Deployment, DeploymentSpec, DeploymentStatus, DeploymentStrategy } from '../upstream/types.ts';
import { checkCounts, checkSelector, checkTemplate, selectorPath, replicaScale, templateWarnings } from './workload.ts';

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
  const selector = checkSelector(errors, spec.selector);
  if (selector !== undefined) checkTemplate(errors, spec.template, selector);
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
    const isZero = (amount: number | string): boolean =>
      amount === 0 || (typeof amount === 'string' && /^0+%$/.test(amount));
    if (isZero(maxUnavailable) && isZero(maxSurge))
      errors.push(invalid(at.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
    if (
      typeof maxUnavailable === 'string' &&
      percentErrors(maxUnavailable).length === 0 &&
      Number.parseInt(maxUnavailable, 10) > 100
    )
      errors.push(invalid(at.child('maxUnavailable'), maxUnavailable, 'must not be greater than 100%'));
  }
}

/** A count, or a share in percent. */
function checkAmount(errors: Errors, amount: number | string, path: FieldPath): void {
  if (typeof amount === 'number') checkNonNegative(errors, amount, path);
  else report(errors, path, amount, percentErrors(amount));
}

function statusErrors(status: DeepReadonly<DeploymentStatus>): FieldError[] {
  const errors: FieldError[] = [];
  const { conditions: _conditions, ...counts } = status;
  checkCounts(errors, counts, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], statusPath);
  return errors;
}

const strategy: Strategy<Deployment> = {
  generation: true,
  defaults: setDefaults,
  prepareForCreate(draft) {
    draft.status = {};
  },
  prepareForUpdate(draft, old) {
    if (!jsonEqual(draft.metadata.annotations, old.metadata.annotations))
      draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: deploymentErrors,
  validateUpdate(deployment, old) {
    const errors = deploymentErrors(deployment);
    checkImmutable(errors, deployment.spec?.selector, old.spec?.selector, selectorPath);
    return errors;
  },
  warnings: ({ metadata, spec }, old) =>
    old !== undefined && jsonEqual(spec?.template, old.spec?.template)
      ? []
      : templateWarnings(metadata.name ?? '', spec?.template),
};

const statusPart: UpdateStrategy<Deployment> = {
  prepareForUpdate(draft, old) {
    if (old.metadata.labels === undefined) delete draft.metadata.labels;
    else draft.metadata.labels = { ...old.metadata.labels };
  },
  validateUpdate({ status = {} }, { status: before = {} }) {
    const errors = statusErrors(status);
    if (before.collisionCount !== undefined && (status.collisionCount ?? -1) < before.collisionCount)
      errors.push(invalid(statusPath.child('collisionCount'), status.collisionCount ?? '', 'cannot be decremented'));
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
