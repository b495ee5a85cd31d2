/**
 * PodGroup: pods that are scheduled together, by a policy that never changes. Pods name the group that they are in. As long as
 * there are such pods, a finalizer keeps the group.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  field,
  nameColumn,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { PodGroup } from '../upstream/types.ts';
import { checkOneOf, checkSchedulingPolicy, dropDisabled } from './scheduling-policy.ts';

type ReadonlyGroup = DeepReadonly<PodGroup>;

const specPath = field('spec');
const refPath = specPath.child('podGroupTemplateRef');
const workloadPath = refPath.child('workload');
const policyPath = specPath.child('schedulingPolicy');

function groupErrors({ spec }: ReadonlyGroup): FieldError[] {
  const errors: Errors = [];
  checkTemplateRef(errors, spec);
  checkSchedulingPolicy(errors, spec.schedulingPolicy, policyPath);
  return errors;
}

/** A reference that is not there is null. */
function checkTemplateRef(errors: Errors, { podGroupTemplateRef: ref }: ReadonlyGroup['spec']): void {
  if ((ref ?? undefined) === undefined) return;
  const workload = ref?.workload ?? undefined;
  checkOneOf(errors, { workload }, refPath);
  if (workload === undefined) return;
  for (const [name, problems] of [
    ['workloadName', dns1123SubdomainErrors],
    ['podGroupTemplateName', dns1123LabelErrors],
  ] as const) {
    const at = workloadPath.child(name);
    if (workload[name] === '') errors.push(required(at));
    else report(errors, at, workload[name], problems(workload[name]));
  }
}

function groupUpdateErrors({ spec }: ReadonlyGroup, old: ReadonlyGroup): FieldError[] {
  const errors: Errors = [];
  checkImmutable(errors, spec.podGroupTemplateRef ?? null, old.spec.podGroupTemplateRef ?? null, refPath);
  checkImmutable(errors, spec.schedulingPolicy, old.spec.schedulingPolicy, policyPath);
  return errors;
}

function policyName({ schedulingPolicy: { basic, gang } }: ReadonlyGroup['spec']): string {
  if (gang !== undefined) return 'Gang';
  return basic === undefined ? none : 'Basic';
}

export const podGroups = defineKind<PodGroup>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'PodGroup',
  plural: 'podgroups',
  namespaced: true,
  schema: 'io.k8s.api.scheduling.v1alpha2.PodGroup',
  strategy: {
    prepareForCreate(draft) {
      draft.status = {};
      dropDisabled(draft.spec);
    },
    prepareForUpdate: ({ spec }) => dropDisabled(spec),
    validate: groupErrors,
    validateUpdate: groupUpdateErrors,
  },
  subresources: {
    status: {
      type: 'part',
      strategy: {
        prepareForUpdate(draft, old) {
          keepMetadata(draft, old);
          // They tell of the claims of a whole group, and no group has any.
          delete draft.status?.resourceClaimStatuses;
        },
        validateUpdate({ status = {} }) {
          const errors: Errors = [];
          checkConditions(errors, status.conditions, field('status').child('conditions'));
          return errors;
        },
      },
    },
  },
  columns: [
    nameColumn(),
    column('Policy', 'How the pods of the group are scheduled.', ({ spec }) => policyName(spec)),
    column(
      'Workload',
      'The workload that the group was made for.',
      ({ spec }) => spec.podGroupTemplateRef?.workload?.workloadName ?? none,
    ),
    column(
      'Status',
      'What became of scheduling its pods.',
      ({ status }) => status?.conditions?.find(({ type }) => type === 'PodGroupScheduled')?.reason ?? none,
    ),
    ageColumn(),
  ],
});
