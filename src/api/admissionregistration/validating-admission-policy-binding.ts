/** ValidatingAdmissionPolicyBinding: where a policy applies, and what happens to what does not fulfil it. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, duplicate, invalid, notSupported, required, type FieldError } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import type { ValidatingAdmissionPolicyBinding } from '../upstream/types.ts';
import { bindingColumns, bindingErrors, specPath } from './bindings.ts';
import { admissionGroup, defaultMatch } from './rules.ts';

const actionsKnown = ['Audit', 'Deny', 'Warn'];

function checkActions(errors: Errors, actions: readonly string[]): void {
  const path = specPath.child('validationActions');
  for (const [i, action] of actions.entries()) {
    if (!actionsKnown.includes(action)) errors.push(notSupported(path.index(i), action, actionsKnown));
    if (actions.indexOf(action) < i) errors.push(duplicate(path.index(i), action));
  }
  if (actions.includes('Deny') && actions.includes('Warn'))
    errors.push(
      invalid(
        path,
        actions,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  if (actions.length === 0) errors.push(required(path, 'at least one validation action is required'));
}

function validatingErrors({ spec }: DeepReadonly<ValidatingAdmissionPolicyBinding>): FieldError[] {
  const errors = bindingErrors(spec ?? {});
  checkActions(errors, spec?.validationActions ?? []);
  return errors;
}

export const validatingAdmissionPolicyBindings = defineKind<ValidatingAdmissionPolicyBinding>({
  group: admissionGroup,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  categories: ['api-extensions'],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    defaults({ spec }) {
      defaultMatch(spec?.matchResources);
    },
    validate: validatingErrors,
    validateUpdate: validatingErrors,
  },
  columns: bindingColumns(),
});
