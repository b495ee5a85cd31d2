/** PriorityClass. Names that begin with `system-` and values above a billion are the system's own. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, forbidden, nameColumn, type FieldError } from '../../machinery/mod.ts';
import { checkImmutable, checkOptionalChoice, type Errors } from '../checks.ts';
import { column, integerColumn } from '../columns.ts';
import type { PriorityClass } from '../upstream/types.ts';

type ReadonlyClass = DeepReadonly<PriorityClass>;

export const highestUserPriority = 1_000_000_000;
const systemPriority = 2 * highestUserPriority;

/** The classes that are there from the start. */
export const systemPriorityClasses: readonly ReadonlyClass[] = [
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-node-critical' },
    value: systemPriority + 1000,
    description: 'Used for system critical pods that must not be moved from their current node.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'system-cluster-critical' },
    value: systemPriority,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    preemptionPolicy: 'PreemptLowerPriority',
  },
];

function classErrors({ metadata, value = 0, globalDefault, preemptionPolicy }: ReadonlyClass): FieldError[] {
  const errors: Errors = [];
  const name = metadata.name ?? '';
  if (name.startsWith('system-')) {
    const known = systemPriorityClasses.find((own) => own.metadata.name === name);
    const own = known !== undefined && known.value === value && (globalDefault ?? false) === false;
    if (!own)
      errors.push(
        forbidden(
          'metadata.name',
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
            systemProblem(name, known, value),
        ),
      );
  } else if (value > highestUserPriority)
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`));
  checkOptionalChoice(errors, preemptionPolicy, ['PreemptLowerPriority', 'Never'], 'preemptionPolicy');
  return errors;
}

function systemProblem(name: string, known: ReadonlyClass | undefined, value: number): string {
  if (known === undefined) return `${name} is not a known system priority class`;
  return known.value === value
    ? `globalDefault of ${name} PriorityClass must be false`
    : `value of ${name} PriorityClass must be ${known.value ?? 0}`;
}

export const priorityClasses = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  shortNames: ['pc'],
  strategy: {
    generation: true,
    defaults(draft) {
      draft.preemptionPolicy ??= 'PreemptLowerPriority';
    },
    validate: classErrors,
    validateUpdate(object, old) {
      const errors: Errors = [];
      if ((object.value ?? 0) !== (old.value ?? 0)) errors.push(forbidden('value', 'may not be changed in an update.'));
      checkImmutable(errors, object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy');
      return errors;
    },
  },
  columns: [
    nameColumn(),
    integerColumn('Value', 'The priority of pods of this class.', ({ value = 0 }) => value),
    {
      ...column<PriorityClass>(
        'Global-Default',
        'Whether pods that name no class are of this one.',
        ({ globalDefault = false }) => globalDefault,
      ),
      type: 'boolean',
    },
    ageColumn(),
    column(
      'PreemptionPolicy',
      'Whether pods of this class make room for themselves.',
      ({ preemptionPolicy = '' }) => preemptionPolicy,
    ),
  ],
});
