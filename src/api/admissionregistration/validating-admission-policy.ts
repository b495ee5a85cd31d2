/** ValidatingAdmissionPolicy: expressions that requests must fulfil. Bindings say where they apply. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  invalid,
  nameColumn,
  required,
  utf8Length,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkOptionalChoice, checkQualifiedName, type Errors } from '../checks.ts';
import { column, integerColumn } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '../upstream/types.ts';
import { paramKindText, specPath } from './bindings.ts';
import {
  admissionGroup,
  checkFailurePolicy,
  checkMatchConditions,
  checkMatchConstraints,
  checkParamKind,
  defaultMatch,
} from './rules.ts';
import { checkVariables } from './variables.ts';

type ReadonlyPolicy = DeepReadonly<ValidatingAdmissionPolicy>;
type ReadonlySpec = DeepReadonly<ValidatingAdmissionPolicySpec>;

const annotationsMax = 20;
const annotationExpressionBytesMax = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

function policyErrors({ metadata, spec = {} }: ReadonlyPolicy, old?: ReadonlyPolicy): FieldError[] {
  const errors: Errors = [];
  checkFailurePolicy(errors, spec.failurePolicy, specPath.child('failurePolicy'));
  if (spec.paramKind !== undefined) checkParamKind(errors, spec.paramKind, specPath.child('paramKind'));
  checkMatchConstraints(errors, spec.matchConstraints, specPath.child('matchConstraints'));
  const before = old?.spec;
  const untouched =
    before !== undefined &&
    jsonEqual(spec.paramKind, before.paramKind) &&
    jsonEqual(spec.matchConditions, before.matchConditions);
  if (!untouched) checkMatchConditions(errors, spec.matchConditions, specPath.child('matchConditions'));
  checkVariables(errors, spec.variables, specPath.child('variables'));
  checkRules(errors, spec, metadata.name ?? '');
  return errors;
}

function checkRules(errors: Errors, { validations = [], auditAnnotations = [] }: ReadonlySpec, name: string): void {
  const annotationsPath = specPath.child('auditAnnotations');
  if (validations.length + auditAnnotations.length === 0) {
    const oneNeeded = 'validations or auditAnnotations must contain at least one item';
    errors.push(required(specPath.child('validations'), oneNeeded), required(annotationsPath, oneNeeded));
    return;
  }
  for (const [i, validation] of validations.entries())
    checkValidation(errors, validation, specPath.child('validations').index(i));
  if (auditAnnotations.length > annotationsMax)
    errors.push(
      invalid(annotationsPath, auditAnnotations, `must not have more than ${annotationsMax} auditAnnotations`),
    );
  const keys = new Set<string>();
  for (const [i, annotation] of auditAnnotations.entries()) {
    const at = annotationsPath.index(i);
    checkAnnotation(errors, annotation, name, at);
    if (keys.has(annotation.key)) errors.push(duplicate(at.child('key'), annotation.key));
    keys.add(annotation.key);
  }
}

function checkValidation(
  errors: Errors,
  { expression, message = '', messageExpression = '', reason }: DeepReadonly<Validation>,
  path: FieldPath,
): void {
  if (expression.trim() === '') errors.push(required(path.child('expression'), 'expression is not specified'));
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(invalid(path.child('messageExpression'), messageExpression, 'must be non-empty if specified'));
  if (message !== '' && message.trim() === '')
    errors.push(invalid(path.child('message'), message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(path.child('message'), message, 'message must not contain line breaks'));
  checkOptionalChoice(errors, reason, reasons, path.child('reason'));
}

/** The key becomes part of an annotation's, behind the name of the policy. */
function checkAnnotation(
  errors: Errors,
  { key, valueExpression }: DeepReadonly<AuditAnnotation>,
  policy: string,
  path: FieldPath,
): void {
  if (policy === '') errors.push(invalid(path.child('key'), key, 'requires metadata.name be non-empty'));
  else checkQualifiedName(errors, `${policy}/${key}`, path.child('key'));
  const expression = valueExpression.trim();
  const at = path.child('valueExpression');
  if (expression === '') errors.push(required(at, 'valueExpression is not specified'));
  else if (utf8Length(expression) > annotationExpressionBytesMax)
    errors.push(required(at, `must not exceed ${annotationExpressionBytesMax} bytes in length`));
}

function statusErrors({ status = {} }: ReadonlyPolicy): FieldError[] {
  const errors: Errors = [];
  const path = field('status');
  for (const [i, { fieldRef, warning }] of (status.typeChecking?.expressionWarnings ?? []).entries()) {
    const at = path.child('typeChecking', 'expressionWarnings').index(i);
    if (warning === '') errors.push(required(at.child('warning')));
    if (fieldRef.trim() === '') errors.push(required(at.child('fieldRef')));
  }
  checkConditions(errors, status.conditions, path.child('conditions'));
  return errors;
}

export const validatingAdmissionPolicies = defineKind<ValidatingAdmissionPolicy>({
  group: admissionGroup,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  categories: ['api-extensions'],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    defaults({ spec }) {
      if (spec === undefined) return;
      spec.failurePolicy ??= 'Fail';
      defaultMatch(spec.matchConstraints);
    },
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: (policy) => policyErrors(policy),
    validateUpdate: policyErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
  columns: [
    nameColumn(),
    integerColumn(
      'Validations',
      'Validations indicates the number of validation rules defined in this configuration',
      ({ spec }) => spec?.validations?.length ?? 0,
    ),
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy', ({ spec }) =>
      paramKindText(spec?.paramKind),
    ),
    ageColumn(),
  ],
});
