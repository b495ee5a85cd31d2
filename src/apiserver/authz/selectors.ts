/**
 * Selectors as authorization sees them: of a request as text, in reviews as requirements. A selector only narrows what is
 * asked for, so whatever of it is not understood is left out, and told.
 */
import type { ResourceAttributes } from '../../api/mod.ts';
import type { DeepReadonly, JsonObject } from '../../base/mod.ts';
import {
  FieldSelector,
  forbidden,
  invalid,
  LabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  required,
  SelectorError,
  type FieldError,
  type FieldPath,
  type FieldRequirement,
  type LabelOperator,
  type LabelRequirement,
} from '../../machinery/mod.ts';
import type { Attributes } from './authorizer.ts';

type Selectors = Pick<Attributes, 'fieldSelector' | 'labelSelector'>;
type Requirement = NonNullable<NonNullable<DeepReadonly<ResourceAttributes>['fieldSelector']>['requirements']>[number];

/** The selectors that a review asks about, and what is wrong with them. */
export function reviewedSelectors({ fieldSelector, labelSelector }: DeepReadonly<ResourceAttributes>): {
  readonly selectors: Selectors;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const told = (name: string, kept: boolean): void =>
    void problems.push(`spec.resourceAttributes.${name} ${kept ? 'partially ' : ''}ignored due to parse error`);
  const field = understood(fieldSelector, parseFieldSelector, fieldRequirement);
  const label = understood(labelSelector, parseLabelSelector, labelRequirement);
  if (field.failed) told('fieldSelector', field.parsed !== undefined || field.requirements.length > 0);
  if (label.failed) told('labelSelector', label.parsed !== undefined || label.requirements.length > 0);
  const fieldText = String(field.parsed ?? new FieldSelector(field.requirements));
  const labelText = String(label.parsed ?? new LabelSelector(label.requirements));
  return {
    selectors: {
      ...(fieldText === '' ? {} : { fieldSelector: fieldText }),
      ...(labelText === '' ? {} : { labelSelector: labelText }),
    },
    problems,
  };
}

function understood<S, R>(
  selector: { readonly rawSelector?: string; readonly requirements?: readonly Requirement[] } | undefined,
  parse: (text: string) => S,
  requirementOf: (requirement: Requirement) => R | undefined,
): { readonly parsed: S | undefined; readonly requirements: R[]; readonly failed: boolean } {
  const { rawSelector = '', requirements: given = [] } = selector ?? {};
  const requirements = given.map(requirementOf).filter((one) => one !== undefined);
  if (rawSelector === '') return { parsed: undefined, requirements, failed: requirements.length < given.length };
  try {
    return { parsed: parse(rawSelector), requirements, failed: false };
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { parsed: undefined, requirements, failed: true };
  }
}

/** Fields are compared with one value, and with nothing else. */
function fieldRequirement({ key, operator, values = [] }: Requirement): FieldRequirement | undefined {
  const [value] = values;
  if (values.length !== 1 || value === undefined) return undefined;
  if (operator === 'In') return { field: key, operator: '=', value };
  return operator === 'NotIn' ? { field: key, operator: '!=', value } : undefined;
}

const labelOperators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function labelRequirement({ key, operator, values = [] }: Requirement): LabelRequirement | undefined {
  const known = labelOperators[operator];
  return known === undefined ? undefined : { key, operator: known, values };
}

const wireOperators: Readonly<Record<LabelOperator, string | undefined>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
  gt: undefined,
  lt: undefined,
};

/** What a webhook is told of a request's selectors. */
export function selectorRequirements({ fieldSelector = '', labelSelector = '' }: Selectors): JsonObject {
  const fields = parsedOr(() => parseFieldSelector(fieldSelector).requirements).map(({ field, operator, value }) => ({
    key: field,
    operator: operator === '=' ? 'In' : 'NotIn',
    values: [value],
  }));
  const labels = parsedOr(() => parseLabelSelector(labelSelector).requirements).flatMap(({ key, operator, values }) => {
    const wire = wireOperators[operator];
    return wire === undefined ? [] : [{ key, operator: wire, ...(values.length === 0 ? {} : { values: [...values] }) }];
  });
  return {
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  };
}

function parsedOr<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) return [];
    throw error;
  }
}

/** What is wrong with how a review says a selector; operators that are not known yet are for newer servers. */
export function selectorErrors(
  {
    rawSelector = '',
    requirements = [],
  }: { readonly rawSelector?: string; readonly requirements?: readonly Requirement[] },
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0)
    errors.push(invalid(path.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'));
  if (rawSelector === '' && requirements.length === 0)
    errors.push(
      required(
        path.child('requirements'),
        `when ${String(path)} is specified, requirements or rawSelector is required`,
      ),
    );
  requirements.forEach(({ key, operator, values = [] }, i) => {
    const at = path.child('requirements').index(i);
    if (key === '') errors.push(required(at.child('key'), 'must be specified'));
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      errors.push(forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  });
  return errors;
}
