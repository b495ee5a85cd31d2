/** ServiceCIDR: a range that cluster IPs come from. It never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  nameColumn,
  parseCidr,
  required,
  tooMany,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkCidr, checkImmutable, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { ServiceCIDR } from '../upstream/types.ts';

const cidrsPath = field('spec', 'cidrs');
const familiesMax = 2;

function cidrErrors({ spec = {} }: DeepReadonly<ServiceCIDR>): FieldError[] {
  const errors: Errors = [];
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) return [required(cidrsPath, 'at least one CIDR required')];
  if (cidrs.length > familiesMax) return [tooMany(cidrsPath, cidrs.length, familiesMax)];
  for (const [i, cidr] of cidrs.entries()) checkCidr(errors, cidr, cidrsPath.index(i));
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.address.family));
  if (families.size < cidrs.length)
    errors.push(
      invalid(
        cidrsPath,
        cidrs,
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ),
    );
  return errors;
}

export const serviceCidrs = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  strategy: {
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: cidrErrors,
    validateUpdate({ spec }, old) {
      const errors: Errors = [];
      checkImmutable(errors, spec?.cidrs, old.spec?.cidrs, cidrsPath);
      return errors;
    },
  },
  subresources: { status: { type: 'part', strategy: {} } },
  columns: [nameColumn(), column('CIDRs', 'The ranges.', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn()],
});
