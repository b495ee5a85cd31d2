/** ValidatingAdmissionPolicy: expressions that requests must fulfil. Bindings say where they apply. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  duplicate,
  field,
  invalid,
  required,
  utf8Length,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkOptionalChoice, checkQualifiedName, type Errors } from '../checks.ts';
import { integerColumn } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import { internalForm } from '../internal-form.ts';
import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicySpec, Validation } from '../upstream/types.ts';
import { specPath } from './bindings.ts';
import type { ExpressionChecks } from './expression-checks.ts';
import { checkPolicy, defaultPolicy, policyColumns, type PolicyExpressions } from './policies.ts';
import { admissionGroup } from './rules.ts';

type ReadonlyPolicy = DeepReadonly<ValidatingAdmissionPolicy>;
type ReadonlySpec = DeepReadonly<ValidatingAdmissionPolicySpec>;

const annotationsMax = 20;
const annotationExpressionBytesMax = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

const ownExpressions: PolicyExpressions<ReadonlySpec> = {
  mutate: false,
  of: ({ validations = [], auditAnnotations = [] }) => [
    ...validations.flatMap(({ expression, messageExpression = '' }) => [expression, messageExpression]),
    ...auditAnnotations.map(({ valueExpression }) => valueExpression.trim()),
  ],
};

function policyErrors({ metadata, spec = {} }: ReadonlyPolicy, old?: ReadonlyPolicy): FieldError[] {
  const errors: Errors = [];
  const expressions = checkPolicy(errors, { spec, old: old?.spec }, ownExpressions);
  checkRules(errors, spec, metadata.name ?? '', expressions);
  return errors;
}

function checkRules(
  errors: Errors,
  { validations = [], auditAnnotations = [] }: ReadonlySpec,
  name: string,
  expressions: ExpressionChecks,
): void {
  const annotationsPath = specPath.child('auditAnnotations');
  if (validations.length + auditAnnotations.length === 0) {
    const oneNeeded = 'validations or auditAnnotations must contain at least one item';
    errors.push(required(specPath.child('validations'), oneNeeded), required(annotationsPath, oneNeeded));
    return;
  }
  for (const [i, validation] of validations.entries())
    checkValidation(errors, validation, specPath.child('validations').index(i), expressions);
  if (auditAnnotations.length > annotationsMax)
    errors.push(
      invalid(
        annotationsPath,
        internalForm('[]io.k8s.api.admissionregistration.v1.AuditAnnotation', auditAnnotations),
        `must not have more than ${annotationsMax} auditAnnotations`,
      ),
    );
  const keys = new Set<string>();
  for (const [i, annotation] of auditAnnotations.entries()) {
    const at = annotationsPath.index(i);
    checkAnnotationKey(errors, annotation.key, name, at.child('key'));
    checkAnnotationValue(errors, annotation.valueExpression, at.child('valueExpression'), expressions);
    if (keys.has(annotation.key)) errors.push(duplicate(at.child('key'), annotation.key));
    keys.add(annotation.key);
  }
}

function checkValidation(
  errors: Errors,
  { expression, message = '', messageExpression = '', reason }: DeepReadonly<Validation>,
  path: FieldPath,
  expressions: ExpressionChecks,
): void {
  if (expression.trim() === '') errors.push(required(path.child('expression'), 'expression is not specified'));
  else expressions.check(errors, expression, 'bool', path.child('expression'));
  const messagePath = path.child('messageExpression');
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(invalid(messagePath, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression !== '')
    expressions.checkWith({ authorizer: false }).check(errors, messageExpression, 'string', messagePath);
  if (message !== '' && message.trim() === '')
    errors.push(invalid(path.child('message'), message, 'message must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(path.child('message'), message, 'message must not contain line breaks'));
  checkOptionalChoice(errors, reason, reasons, path.child('reason'));
}

/** The key becomes part of an annotation's, behind the name of the policy. */
function checkAnnotationKey(errors: Errors, key: string, policy: string, path: FieldPath): void {
  if (policy === '') errors.push(invalid(path, key, 'requires metadata.name be non-empty'));
  else checkQualifiedName(errors, `${policy}/${key}`, path);
}

function checkAnnotationValue(errors: Errors, source: string, path: FieldPath, expressions: ExpressionChecks): void {
  const expression = source.trim();
  if (expression === '') errors.push(required(path, 'valueExpression is not specified'));
  else if (utf8Length(expression) > annotationExpressionBytesMax)
    errors.push(required(path, `must not exceed ${annotationExpressionBytesMax} bytes in length`));
  else expressions.check(errors, expression, 'stringOrNull', path);
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
    defaults: defaultPolicy,
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: (policy) => policyErrors(policy),
    validateUpdate: policyErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
  columns: policyColumns(
    integerColumn(
      'Validations',
      'Validations indicates the number of validation rules defined in this configuration',
      ({ spec }) => spec?.validations?.length ?? 0,
    ),
  ),
});
