/**
 * What the status of a definition says of it: which of its names are accepted and whether it is served. Pure: from the
 * definition and the others of its group to the status that it should have.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  approvalOf,
  isProtected,
  withCondition,
  type CustomResourceDefinition,
  type CustomResourceDefinitionCondition,
  type CustomResourceDefinitionNames,
  type CustomResourceDefinitionStatus,
} from '../../api/mod.ts';
import {
  field,
  fieldErrorsText,
  invalid,
  structuralErrors,
  unsupportedInSchema,
  type JsonSchema,
} from '../../machinery/mod.ts';

type Definition = DeepReadonly<CustomResourceDefinition>;
type Names = DeepReadonly<CustomResourceDefinitionNames>;
type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

export function conditionOf({ status }: Definition, type: string): string | undefined {
  return status?.conditions?.find((one) => one.type === type)?.status;
}

/** Whether requests for its resources are answered. */
export function isServed(definition: Definition): boolean {
  return conditionOf(definition, 'Established') === 'True';
}

/** Undefined when the status is as it should be. `group`: all definitions of the group, this one too. */
export function statusFor(
  definition: Definition,
  group: readonly Definition[],
  now: string,
): CustomResourceDefinitionStatus | undefined {
  const { status } = definition;
  const old = status?.conditions ?? [];
  const names = acceptedNames(definition, group);
  const structural = structure(definition);
  const conditions = [...names.conditions, ...structural, ...approval(definition)].reduce(
    (all, condition) => withCondition(all, condition, now),
    old.filter(({ type }) => type !== 'NonStructuralSchema' || structural.length > 0).map((one) => ({ ...one })),
  );
  const acceptedUnchanged = jsonEqual(names.accepted, status?.acceptedNames);
  if (acceptedUnchanged && jsonEqual(conditions, old)) return undefined;
  return {
    ...structuredClone(status as CustomResourceDefinitionStatus),
    conditions,
    acceptedNames: names.accepted,
  };
}

interface Accepted {
  readonly accepted: CustomResourceDefinitionNames;
  readonly conditions: readonly Condition[];
}

/** Each name that is asked for is had unless somebody else of the group has it. */
function acceptedNames(definition: Definition, group: readonly Definition[]): Accepted {
  const wanted = definition.spec.names;
  const had: Names = definition.status?.acceptedNames ?? { plural: '', kind: '' };
  const accepted = structuredClone(had) as CustomResourceDefinitionNames;
  const keep = (): Accepted => ({ accepted, conditions: established(definition, undefined) });
  if (jsonEqual(wanted, had)) return keep();
  const { resources, kinds } = namesInUse(group);
  let conflict: Condition | undefined;
  const ask = (name: string, own: string, used: ReadonlySet<string>): string | undefined =>
    name === own || !used.has(name) ? undefined : `${JSON.stringify(name)} is already in use`;
  const refuse = (reason: string, message: string): void => {
    conflict = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const take = (name: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string): void => {
    const problem = ask(wanted[name] ?? '', had[name] ?? '', used);
    if (problem === undefined) accepted[name] = wanted[name] ?? '';
    else refuse(reason, problem);
  };
  take('plural', resources, 'PluralConflict');
  take('singular', resources, 'SingularConflict');
  const own = [...(had.shortNames ?? []), had.plural, had.singular ?? ''];
  const taken = (wanted.shortNames ?? []).flatMap((name) =>
    own.includes(name) ? [] : (ask(name, '', resources) ?? []),
  );
  if (taken.length > 0)
    refuse('ShortNamesConflict', taken.length === 1 ? (taken[0] ?? '') : `[${[...new Set(taken)].join(', ')}]`);
  else setList(accepted, 'shortNames', wanted.shortNames);
  take('kind', kinds, 'KindConflict');
  take('listKind', kinds, 'ListKindConflict');
  setList(accepted, 'categories', wanted.categories);
  const naming: Condition = conflict ?? {
    type: 'NamesAccepted',
    status: 'True',
    reason: 'NoConflicts',
    message: 'no conflicts found',
  };
  return { accepted, conditions: [naming, ...established(definition, naming)] };
}

function setList(
  target: CustomResourceDefinitionNames,
  name: 'shortNames' | 'categories',
  value: readonly string[] | undefined,
): void {
  if (value === undefined) delete target[name];
  else target[name] = [...value];
}

function namesInUse(group: readonly Definition[]): { resources: Set<string>; kinds: Set<string> } {
  const names = group.flatMap(({ status }) => status?.acceptedNames ?? []);
  const used = (all: readonly (string | undefined)[]): Set<string> =>
    new Set(all.flatMap((name) => (name === undefined || name === '' ? [] : [name])));
  return {
    resources: used(names.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames])),
    kinds: used(names.flatMap(({ kind, listKind }) => [kind, listKind])),
  };
}

/** Once it is established it stays so. */
function established(definition: Definition, naming: Condition | undefined): readonly Condition[] {
  if (conditionOf(definition, 'Established') === 'True') return [];
  const accepted = (naming?.status ?? conditionOf(definition, 'NamesAccepted')) === 'True';
  if (accepted)
    return [
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ];
  return naming === undefined
    ? []
    : [{ type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }];
}

/** Definitions from elsewhere may have schemas that were never structural. */
function structure({ spec }: Definition): readonly Condition[] {
  const errors =
    spec.preserveUnknownFields === true ? [invalid(field('spec', 'preserveUnknownFields'), true, 'must be false')] : [];
  for (const [i, { name, schema }] of spec.versions.entries()) {
    const given = schema?.openAPIV3Schema as JsonSchema | undefined;
    if (given === undefined) continue;
    const unsupported = unsupportedInSchema(given);
    if (unsupported !== undefined)
      return [
        {
          type: 'NonStructuralSchema',
          status: 'Unknown',
          reason: 'StructuralError',
          message: `failed to check validation schema for version ${name}: ${unsupported}`,
        },
      ];
    errors.push(...structuralErrors(given, field('spec', 'versions').index(i).child('schema', 'openAPIV3Schema')));
  }
  if (errors.length === 0) return [];
  return [{ type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: fieldErrorsText(errors) }];
}

const approvals = {
  Approved: ['True', 'ApprovedAnnotation'],
  Bypassed: ['False', 'UnapprovedAnnotation'],
  Missing: ['False', 'MissingAnnotation'],
  Invalid: ['False', 'InvalidAnnotation'],
} as const;

function approval(definition: Definition): readonly Condition[] {
  if (!isProtected(definition.spec.group)) return [];
  const { state, reason: message } = approvalOf(definition);
  const [status, reason] = approvals[state];
  return [{ type: 'KubernetesAPIApprovalPolicyConformant', status, reason, message }];
}
