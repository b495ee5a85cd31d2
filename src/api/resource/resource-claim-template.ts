/** ResourceClaimTemplate: the claims that are made for pods, one for each. It never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import { defineKind, field, forbidden, labelsErrors, type FieldError } from '../../machinery/mod.ts';
import { checkImmutable, type Errors } from '../checks.ts';
import { annotationKeyErrors } from '../core/pod-spec/validation/annotation-keys.ts';
import type { ResourceClaimTemplate } from '../upstream/types.ts';
import { asksForAdminAccess, refuseAdminAccess } from './admin-access.ts';
import { checkClaimSpec, defaultClaim } from './device-claim.ts';
import { resourceGroup } from './group.ts';

const specPath = field('spec');
const metadataAllowed = ['annotations', 'labels', 'creationTimestamp'];

function templateErrors({ spec: { metadata = {}, spec } }: DeepReadonly<ResourceClaimTemplate>): FieldError[] {
  const metadataPath = specPath.child('metadata');
  const errors: Errors = [
    ...annotationKeyErrors(metadata.annotations, metadataPath.child('annotations')),
    ...labelsErrors(metadata.labels, metadataPath.child('labels')),
  ];
  for (const name in metadata)
    if (!metadataAllowed.includes(name)) errors.push(forbidden(metadataPath.child(name), 'cannot be set'));
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
      checkImmutable(errors, spec, old.spec, specPath);
      return errors;
    },
  },
});
