/** ReplicaSet. Its selector never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  formatLabelSelector,
  nameColumn,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkImmutable, checkNonNegative } from '../checks.ts';
import { containerColumns, integerColumn, wideColumn } from '../columns.ts';
import { defaultPodTemplate } from '../core/pod-spec/defaults.ts';
import { dropDisabled } from '../core/pod-spec/disabled.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../upstream/types.ts';
import { checkSelectedTemplate, replicaCounts, replicaScale, replicatedWarnings, selectorPath } from './workload.ts';

const specPath = field('spec');
const noSpec: DeepReadonly<ReplicaSetSpec> = { selector: {} };

function replicaSetErrors({ spec = noSpec }: DeepReadonly<ReplicaSet>): FieldError[] {
  const errors: FieldError[] = [];
  checkNonNegative(errors, spec.replicas, specPath.child('replicas'));
  checkNonNegative(errors, spec.minReadySeconds, specPath.child('minReadySeconds'));
  checkSelectedTemplate(errors, spec);
  return errors;
}

const strategy: Strategy<ReplicaSet> = {
  generation: true,
  defaults({ spec }) {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    if (spec.template !== undefined) defaultPodTemplate(spec.template);
  },
  prepareForCreate(draft, context) {
    draft.status = { replicas: 0 };
    dropDisabled(draft.spec?.template, context);
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabled(spec?.template, context, old.spec?.template),
  validate: replicaSetErrors,
  validateUpdate(replicaSet, old) {
    const errors = replicaSetErrors(replicaSet);
    checkImmutable(errors, replicaSet.spec?.selector, old.spec?.selector, selectorPath);
    return errors;
  },
  warnings: replicatedWarnings,
};

export const replicaSets = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
  strategy,
  selectable: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  subresources: {
    status: { type: 'part', strategy: replicaCounts },
    scale: { type: 'scale', scale: replicaScale },
  },
  columns: [
    nameColumn(),
    integerColumn('Desired', 'How many pods there should be.', ({ spec }) => spec?.replicas ?? 0),
    integerColumn('Current', 'How many pods there are.', ({ status }) => status?.replicas ?? 0),
    integerColumn('Ready', 'How many pods are ready.', ({ status }) => status?.readyReplicas ?? 0),
    ageColumn(),
    ...containerColumns<ReplicaSet>(({ spec }) => spec?.template),
    wideColumn('Selector', 'Selects the pods that belong to the replica set.', ({ spec }) =>
      formatLabelSelector(spec?.selector),
    ),
  ],
});
