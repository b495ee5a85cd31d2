/** NetworkPolicy: which traffic the selected pods accept and may send. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  cidrContains,
  defineKind,
  field,
  forbidden,
  formatLabelSelector,
  invalid,
  labelSelectorErrors,
  nameColumn,
  notSupported,
  parseCidr,
  portNameErrors,
  portNumberErrors,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import { checkLegacyCidr, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { cidrWarnings } from '../ip-warnings.ts';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../upstream/types.ts';

type ReadonlySpec = DeepReadonly<NetworkPolicySpec>;
type ReadonlyPeer = DeepReadonly<NetworkPolicyPeer>;

/** What a policy that is there already may keep. */
interface Tolerated {
  readonly invalidValues: boolean;
  readonly cidrs: ReadonlySet<string>;
}

const specPath = field('spec');
const directions = ['Ingress', 'Egress'];
const protocols = ['TCP', 'UDP', 'SCTP'];

function peersOf({ ingress = [], egress = [] }: ReadonlySpec): readonly ReadonlyPeer[] {
  return [...ingress.flatMap(({ from }) => from ?? []), ...egress.flatMap(({ to }) => to ?? [])];
}

function policyErrors(spec: ReadonlySpec, tolerated: Tolerated): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec;
  const errors: Errors = labelSelectorErrors(podSelector, specPath.child('podSelector'), {
    allowInvalidValues: tolerated.invalidValues,
  });
  const rules = [
    ...ingress.map(({ ports, from: peers }, i) => ({
      ports,
      peers,
      name: 'from',
      at: specPath.child('ingress').index(i),
    })),
    ...egress.map(({ ports, to: peers }, i) => ({ ports, peers, name: 'to', at: specPath.child('egress').index(i) })),
  ];
  for (const { ports = [], peers = [], name, at } of rules) {
    for (const [i, port] of ports.entries()) checkPolicyPort(errors, port, at.child('ports').index(i));
    for (const [i, peer] of peers.entries()) checkPeer(errors, peer, tolerated, at.child(name).index(i));
  }
  const typesPath = specPath.child('policyTypes');
  if (policyTypes.length > directions.length)
    errors.push(invalid(typesPath, policyTypes, 'may not specify more than two policyTypes'));
  else
    for (const [i, type] of policyTypes.entries())
      if (!directions.includes(type)) errors.push(notSupported(typesPath.index(i), type, directions));
  return errors;
}

function checkPolicyPort(
  errors: Errors,
  { protocol, port, endPort }: DeepReadonly<NetworkPolicyPort>,
  path: FieldPath,
): void {
  if (protocol !== undefined && !protocols.includes(protocol))
    errors.push(notSupported(path.child('protocol'), protocol, protocols));
  const end = path.child('endPort');
  if (typeof port === 'number') {
    report(errors, path.child('port'), port, portNumberErrors(port));
    if (endPort === undefined) return;
    // Upstream shows the port, not the end.
    if (endPort < port) errors.push(invalid(end, port, 'must be greater than or equal to `port`'));
    report(errors, end, endPort, portNumberErrors(endPort));
    return;
  }
  if (endPort !== undefined) {
    const what = port === undefined ? 'not specified' : 'non-numeric';
    errors.push(invalid(end, endPort, `may not be specified when \`port\` is ${what}`));
  }
  if (port !== undefined) report(errors, path.child('port'), port, portNameErrors(port));
}

function checkPeer(errors: Errors, peer: ReadonlyPeer, tolerated: Tolerated, path: FieldPath): void {
  const { ipBlock } = peer;
  let selectors = 0;
  for (const name of ['podSelector', 'namespaceSelector'] as const) {
    const selector = peer[name];
    if (selector === undefined) continue;
    selectors += 1;
    errors.push(...labelSelectorErrors(selector, path.child(name), { allowInvalidValues: tolerated.invalidValues }));
  }
  if (ipBlock !== undefined) checkBlock(errors, ipBlock, tolerated.cidrs, path.child('ipBlock'));
  if (ipBlock === undefined && selectors === 0) errors.push(required(path, 'must specify a peer'));
  if (ipBlock !== undefined && selectors > 0)
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'));
}

function checkBlock(
  errors: Errors,
  { cidr, except = [] }: DeepReadonly<IPBlock>,
  known: ReadonlySet<string>,
  path: FieldPath,
): void {
  if (cidr === '') return void errors.push(required(path.child('cidr')));
  checkLegacyCidr(errors, cidr, known, path.child('cidr'));
  const outer = parseCidr(cidr);
  if (outer === undefined) return;
  for (const [i, text] of except.entries()) {
    const at = path.child('except').index(i);
    checkLegacyCidr(errors, text, known, at);
    const inner = parseCidr(text);
    if (inner === undefined) continue;
    if (!cidrContains(outer, inner.address) || outer.prefixLength >= inner.prefixLength)
      errors.push(invalid(at, text, 'must be a strict subset of `cidr`'));
  }
}

function policyWarnings({ ingress = [], egress = [] }: ReadonlySpec): string[] {
  const warnings: string[] = [];
  const warn = (peers: readonly ReadonlyPeer[] = [], at: string): void => {
    for (const [i, { ipBlock }] of peers.entries()) {
      if (ipBlock === undefined) continue;
      warnings.push(...cidrWarnings(`${at}[${i}].ipBlock.cidr`, ipBlock.cidr));
      for (const [j, cidr] of (ipBlock.except ?? []).entries())
        warnings.push(...cidrWarnings(`${at}[${i}].ipBlock.except[${j}]`, cidr));
    }
  };
  for (const [i, { from }] of ingress.entries()) warn(from, `spec.ingress[${i}].from`);
  for (const [i, { to }] of egress.entries()) warn(to, `spec.egress[${i}].to`);
  return warnings;
}

export const networkPolicies = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  listKind: 'NetworkPolicyList',
  shortNames: ['netpol'],
  strategy: {
    generation: true,
    defaults({ spec }) {
      if (spec === undefined) return;
      for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
        for (const port of ports ?? []) port.protocol ??= 'TCP';
      if ((spec.policyTypes ?? []).length > 0) return;
      // A policy is always about what comes in; what goes out it must name.
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    },
    validate: ({ spec = {} }) => policyErrors(spec, { invalidValues: false, cidrs: new Set() }),
    validateUpdate: ({ spec = {} }, { spec: before = {} }) =>
      policyErrors(spec, {
        invalidValues: labelSelectorErrors(before.podSelector, specPath).length > 0,
        cidrs: new Set(
          peersOf(before).flatMap(({ ipBlock }) =>
            ipBlock === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])],
          ),
        ),
      }),
    warnings: ({ spec = {} }) => policyWarnings(spec),
  },
  columns: [
    nameColumn(),
    column('Pod-Selector', 'The pods that the policy is for.', ({ spec }) => formatLabelSelector(spec?.podSelector)),
    ageColumn(),
  ],
});
