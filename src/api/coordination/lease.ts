/** Lease. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, field, invalid, nameColumn, type FieldError } from '../../machinery/mod.ts';
import { mustNotBeNegative, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { Lease } from '../upstream/types.ts';

const specPath = field('spec');

function leaseErrors({ spec = {} }: DeepReadonly<Lease>): FieldError[] {
  const errors: Errors = [];
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec;
  if (seconds !== undefined && seconds <= 0)
    errors.push(invalid(specPath.child('leaseDurationSeconds'), seconds, 'must be greater than 0'));
  if (transitions !== undefined && transitions < 0)
    errors.push(invalid(specPath.child('leaseTransitions'), transitions, mustNotBeNegative));
  return errors;
}

/** What elects coordinated leaders is behind a feature that is off. */
function dropDisabled({ spec }: Lease): void {
  if (spec === undefined) return;
  delete spec.strategy;
  delete spec.preferredHolder;
}

export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  schema: 'io.k8s.api.coordination.v1.Lease',
  strategy: {
    createOnUpdate: true,
    unconditionalUpdate: false,
    prepareForCreate: dropDisabled,
    prepareForUpdate: dropDisabled,
    validate: leaseErrors,
    validateUpdate: leaseErrors,
  },
  columns: [
    nameColumn(),
    column('Holder', 'Who holds the lease.', ({ spec }) => spec?.holderIdentity ?? ''),
    ageColumn(),
  ],
});
