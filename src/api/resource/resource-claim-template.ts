/** ResourceClaimTemplate: the claims that are made for pods, one for each. It never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, field, type FieldError } from '../../machinery/mod.ts';
import { checkImmutableStruct, type Errors } from '../checks.ts';
import { checkTemplateMeta } from '../core/pod-spec/validation/claim-template.ts';
import type { ResourceClaimTemplate } from '../upstream/types.ts';
import { asksForAdminAccess, refuseAdminAccess } from './admin-access.ts';
import { checkClaimSpec, defaultClaim } from './device-claim.ts';
import { resourceGroup } from './group.ts';

const specPath = field('spec');

function templateErrors({ spec: { metadata = {}, spec } }: DeepReadonly<ResourceClaimTemplate>): FieldError[] {
  const errors: Errors = [];
  checkTemplateMeta(errors, metadata, specPath.child('metadata'));
  checkClaimSpec(errors, spec, specPath.child('spec'));
  return errors;
}

export const resourceClaimTemplates = defineKind<ResourceClaimTemplate>({
  group: resourceGroup,
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
  schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  strategy: {
    defaults({ spec }) {
      defaultClaim(spec.spec);
    },
    prepareForCreate(draft, context) {
      if (asksForAdminAccess(draft.spec.spec.devices ?? {}))
        refuseAdminAccess(
          { group: resourceGroup, kind: 'ResourceClaimTemplate' },
          draft,
          context,
          templateErrors(draft),
        );
    },
    validate: templateErrors,
    validateUpdate({ spec }, old) {
      const errors: Errors = [];
      checkImmutableStruct(errors, 'io.k8s.api.resource.v1.ResourceClaimTemplateSpec', [spec, old.spec], specPath);
      return errors;
    },
  },
});
