/** MutatingAdmissionPolicyBinding: where a policy that changes objects applies. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, type FieldError } from '../../machinery/mod.ts';
import type { MutatingAdmissionPolicyBinding } from '../upstream/types.ts';
import { bindingColumns, bindingErrors, specPath } from './bindings.ts';
import { admissionGroup, checkMutable, defaultMatch } from './rules.ts';

function mutatingErrors({ spec = {} }: DeepReadonly<MutatingAdmissionPolicyBinding>): FieldError[] {
  const errors = bindingErrors(spec);
  if (spec.matchResources !== undefined) checkMutable(errors, spec.matchResources, specPath.child('matchResources'));
  return errors;
}

export const mutatingAdmissionPolicyBindings = defineKind<MutatingAdmissionPolicyBinding>({
  group: admissionGroup,
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  categories: ['api-extensions'],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    defaults({ spec }) {
      defaultMatch(spec?.matchResources);
    },
    validate: mutatingErrors,
    validateUpdate: mutatingErrors,
  },
  columns: bindingColumns(),
});
