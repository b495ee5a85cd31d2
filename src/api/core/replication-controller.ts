/** ReplicationController: the older ReplicaSet. Its selector is a set of labels, taken from the template if it has none. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  labelSelectorFromSet,
  nameColumn,
  required,
  type FieldError,
  type ScaleStrategy,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkTemplate, replicaCounts, replicatedWarnings } from '../apps/workload.ts';
import { checkNonNegative } from '../checks.ts';
import { containerColumns, integerColumn, labelsText, wideColumn } from '../columns.ts';
import type { ReplicationController } from '../upstream/types.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { dropDisabled } from './pod-spec/disabled.ts';

type ReadonlyController = DeepReadonly<ReplicationController>;

const specPath = field('spec');

function setDefaults({ metadata, spec }: ReplicationController): void {
  if (spec === undefined) return;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  if (spec.template !== undefined) defaultPodTemplate(spec.template);
}

function controllerErrors({ spec = {} }: ReadonlyController): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.minReadySeconds, specPath.child('minReadySeconds'));
  const selector = labelSelectorFromSet(spec.selector);
  if (selector.empty) errors.push(required(specPath.child('selector')));
  checkNonNegative(errors, spec.replicas, specPath.child('replicas'));
  checkTemplate(errors, spec.template, selector, { of: 'ReplicationController', replicas: spec.replicas ?? 0 });
  return errors;
}

const strategy: Strategy<ReplicationController> = {
  generation: true,
  orphansDependents: true,
  defaults: setDefaults,
  prepareForCreate(draft, context) {
    draft.status = { replicas: 0 };
    dropDisabled(draft.spec?.template, context);
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabled(spec?.template, context, old.spec?.template),
  validate: controllerErrors,
  // Upstream looks at the whole a second time.
  validateUpdate: (controller) => [...controllerErrors(controller), ...controllerErrors(controller)],
  warnings: replicatedWarnings,
};

const scale: ScaleStrategy<ReplicationController> = {
  replicas: ({ spec, status }) => ({
    spec: spec?.replicas ?? 0,
    status: status?.replicas ?? 0,
    selector: labelSelectorFromSet(spec?.selector).toString(),
  }),
  setReplicas({ spec }, replicas) {
    if (spec !== undefined) spec.replicas = replicas;
  },
};

export const replicationControllers = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ReplicationController',
  shortNames: ['rc'],
  categories: ['all'],
  collection: '/registry/controllers/',
  strategy,
  selectable: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: { type: 'part', strategy: replicaCounts },
    scale: { type: 'scale', scale },
  },
  columns: [
    nameColumn(),
    integerColumn('Desired', 'How many pods there should be.', ({ spec }) => spec?.replicas ?? 0),
    integerColumn('Current', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
    integerColumn('Ready', 'How many pods are ready.', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template),
    wideColumn('Selector', 'Selects the pods that belong to the controller.', ({ spec }) => labelsText(spec?.selector)),
  ],
});
