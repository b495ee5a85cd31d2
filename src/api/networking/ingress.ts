/** Ingress: which host and path leads to which backend. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  dns1123SubdomainErrors,
  field,
  invalid,
  nameColumn,
  parseIp,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkLegacyIp, report, type Errors } from '../checks.ts';
import { column, none } from '../columns.ts';
import { ipWarnings } from '../ip-warnings.ts';
import type { Ingress } from '../upstream/types.ts';
import { checkIngressSpec, hasInvalidSecretName, hasInvalidWildcardRule } from './ingress/validation.ts';

type ReadonlyIngress = DeepReadonly<Ingress>;

const classAnnotation = 'kubernetes.io/ingress.class';

function ingressErrors({ metadata, spec = {} }: ReadonlyIngress): FieldError[] {
  const errors: Errors = [];
  checkIngressSpec(errors, spec, {});
  const annotated = metadata.annotations?.[classAnnotation];
  if (annotated !== undefined && spec.ingressClassName !== undefined && annotated !== spec.ingressClassName)
    errors.push(
      invalid(
        field('annotations', classAnnotation),
        annotated,
        'must match `ingressClassName` when both are specified',
      ),
    );
  return errors;
}

function ingressUpdateErrors({ spec = {} }: ReadonlyIngress, { spec: before = {} }: ReadonlyIngress): FieldError[] {
  const errors: Errors = [];
  checkIngressSpec(errors, spec, {
    anySecretName: hasInvalidSecretName(before),
    anyWildcardRule: hasInvalidWildcardRule(before),
  });
  return errors;
}

function statusErrors({ status }: ReadonlyIngress, old: ReadonlyIngress): FieldError[] {
  const errors: Errors = [];
  const known = new Set(old.status?.loadBalancer?.ingress?.map(({ ip = '' }) => ip));
  for (const [i, { ip = '', hostname = '' }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const at = field('status', 'loadBalancer', 'ingress').index(i);
    if (ip !== '') checkLegacyIp(errors, ip, known, at.child('ip'));
    if (hostname === '') continue;
    report(errors, at.child('hostname'), hostname, dns1123SubdomainErrors(hostname));
    if (parseIp(hostname) !== undefined)
      errors.push(invalid(at.child('hostname'), hostname, 'must be a DNS name, not an IP address'));
  }
  return errors;
}

function statusWarnings({ status }: ReadonlyIngress): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '' }, i) =>
    ipWarnings(`status.loadBalancer.ingress[${i}].ip`, ip),
  );
}

const strategy: Strategy<Ingress> = {
  generation: true,
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} };
  },
  validate: ingressErrors,
  validateUpdate: ingressUpdateErrors,
  // People do not often change the annotation, and controllers change the rest.
  warnings: ({ metadata }, old) =>
    old !== undefined || metadata.annotations?.[classAnnotation] === undefined
      ? []
      : [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`],
};

const hostsShownMax = 3;

function hostsText({ spec }: ReadonlyIngress): string {
  const rules = spec?.rules ?? [];
  const hosts: string[] = [];
  let more = false;
  for (const { host = '' } of rules) {
    more = hosts.length === hostsShownMax;
    if (!more && host !== '') hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  // Upstream counts the rules that have no host among the others.
  return more ? `${hosts.join(',')} + ${rules.length - hostsShownMax} more...` : hosts.join(',');
}

function addressText({ status }: ReadonlyIngress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip = '', hostname = '' }) =>
    ip !== '' ? [ip] : hostname !== '' ? [hostname] : [],
  );
  return [...new Set(addresses)].sort().join(',');
}

export const ingresses = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  namespaced: true,
  schema: 'io.k8s.api.networking.v1.Ingress',
  shortNames: ['ing'],
  collection: '/registry/ingress/',
  strategy,
  subresources: { status: { type: 'part', strategy: { validateUpdate: statusErrors, warnings: statusWarnings } } },
  columns: [
    nameColumn(),
    column('Class', 'The class of controllers that the ingress is for.', ({ spec }) => spec?.ingressClassName ?? none),
    column('Hosts', 'The hosts that have rules.', hostsText),
    column('Address', 'Where the load balancer is.', addressText),
    column('Ports', 'The ports of TLS configurations that are open.', ({ spec }) =>
      (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    ),
    ageColumn(),
  ],
});
