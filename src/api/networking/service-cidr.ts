/** ServiceCIDR: a range that cluster IPs come from. It never changes, but for a range of the other family beside it. */
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
  const [family, second] = cidrs.map((cidr) => parseCidr(cidr)?.address.family);
  if (family !== undefined && family === second)
    errors.push(
      invalid(
        cidrsPath,
        cidrs,
        'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ),
    );
  return errors;
}

function cidrUpdateErrors(object: DeepReadonly<ServiceCIDR>, old: DeepReadonly<ServiceCIDR>): FieldError[] {
  const errors: Errors = [];
  const now = object.spec?.cidrs ?? [];
  const before = old.spec?.cidrs ?? [];
  if (now.length === before.length)
    for (const [i, cidr] of now.entries()) checkImmutable(errors, cidr, before[i], cidrsPath.index(i));
  else if (before.length === 1 && now.length === familiesMax) {
    checkImmutable(errors, now[0], before[0], cidrsPath.index(0));
    errors.push(...cidrErrors(object));
  } else checkImmutable(errors, object.spec?.cidrs, before, cidrsPath);
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
    validateUpdate: cidrUpdateErrors,
  },
  subresources: { status: { type: 'part', strategy: {} } },
  columns: [nameColumn(), column('CIDRs', 'The ranges.', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn()],
});
