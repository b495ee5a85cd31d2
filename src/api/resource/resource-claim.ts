/** ResourceClaim: devices that pods ask for and get. What is asked for never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, field, nameColumn, type FieldError } from '../../machinery/mod.ts';
import { checkImmutableStruct, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { ResourceClaim } from '../upstream/types.ts';
import { asksForAdminAccess, refuseAdminAccess } from './admin-access.ts';
import { claimStatusErrors, dropLostDevices, getsAdminAccess } from './claim-status.ts';
import { checkClaimSpec, defaultClaim } from './device-claim.ts';
import { resourceGroup } from './group.ts';
import { defaultTolerations } from './taints.ts';

const specPath = field('spec');

function claimErrors({ spec }: DeepReadonly<ResourceClaim>): FieldError[] {
  const errors: Errors = [];
  checkClaimSpec(errors, spec, specPath);
  return errors;
}

function stateText({ metadata, status = {} }: DeepReadonly<ResourceClaim>): string {
  const { allocation, reservedFor = [] } = status;
  const states = [
    ...(metadata.deletionTimestamp === undefined ? [] : ['deleted']),
    ...(allocation === undefined ? [] : ['allocated']),
    ...(reservedFor.length === 0 ? [] : ['reserved']),
  ];
  return allocation === undefined && states.length === 0 ? 'pending' : states.join(',');
}

export const resourceClaims = defineKind<ResourceClaim>({
  group: resourceGroup,
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  namespaced: true,
  schema: 'io.k8s.api.resource.v1.ResourceClaim',
  strategy: {
    defaults({ spec, status }) {
      defaultClaim(spec);
      for (const { tolerations } of status?.allocation?.devices?.results ?? []) defaultTolerations(tolerations);
    },
    prepareForCreate(draft, context) {
      draft.status = {};
      if (asksForAdminAccess(draft.spec.devices ?? {}))
        refuseAdminAccess({ group: resourceGroup, kind: 'ResourceClaim' }, draft, context, claimErrors(draft));
    },
    validate: claimErrors,
    validateUpdate({ spec }, old) {
      const errors: Errors = [];
      checkImmutableStruct(errors, 'io.k8s.api.resource.v1.ResourceClaimSpec', [spec, old.spec], specPath);
      return errors;
    },
  },
  subresources: {
    status: {
      type: 'part',
      strategy: {
        prepareForUpdate(draft, old, context) {
          keepMetadata(draft, old);
          dropLostDevices((draft.status ??= {}), old.status ?? {});
          if (getsAdminAccess(draft.status, old.status ?? {}))
            refuseAdminAccess(
              { group: resourceGroup, kind: 'ResourceClaim' },
              draft,
              context,
              claimStatusErrors(draft, old),
            );
        },
        validateUpdate: claimStatusErrors,
      },
    },
  },
  columns: [
    nameColumn(),
    column('State', 'A summary of the current state (allocated, pending, reserved, etc.).', stateText),
    ageColumn(),
  ],
});
