/** Node. Its addresses for pods and its provider's identity are given once. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  forbidden,
  goQuote,
  invalid,
  nameColumn,
  parseCidr,
  parseQuantity,
  utf8Length,
  type Column,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkCidr, repetition, type Errors } from '../checks.ts';
import { column, none, wideColumn } from '../columns.ts';
import { internalForm } from '../internal-form.ts';
import type { Node, NodeSpec } from '../upstream/types.ts';
import { checkQuantity } from './pod-spec/validation/resources.ts';
import { checkTaints } from './pod-spec/validation/scheduling.ts';

type ReadonlyNode = DeepReadonly<Node>;

const cidrsPath = field('spec', 'podCIDRs');
const taintsPath = field('metadata', 'taints');

/** A single CIDR and the list of CIDRs say the same; of two that differ the single one counts. */
function syncCidrs(spec: NodeSpec): void {
  const { podCIDR = '', podCIDRs = [] } = spec;
  if (podCIDR !== '' && podCIDRs[0] !== podCIDR) spec.podCIDRs = [podCIDR];
  else if (podCIDR === '' && podCIDRs[0] !== undefined) spec.podCIDR = podCIDRs[0];
}

function checkResources(errors: Errors, { status }: ReadonlyNode): void {
  for (const list of ['capacity', 'allocatable'] as const) {
    const amounts = status?.[list];
    for (const name in amounts)
      checkQuantity(errors, name, parseQuantity(amounts[name] ?? '0'), field('status', list, name));
  }
}

const featureLengthMax = 253;
const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

/** What a node says that it can do: names in the order of the alphabet. */
function checkFeatures(errors: Errors, features: readonly string[]): void {
  for (const [i, name] of features.entries()) {
    const at = field('status', 'declaredFeatures').index(i);
    const start = `invalid feature name ${goQuote(name)}: must`;
    if (utf8Length(name) > featureLengthMax)
      errors.push(invalid(at, name, `${start} be no more than ${featureLengthMax} characters`));
    else if (!featureName.test(name))
      errors.push(
        invalid(
          at,
          name,
          `${start} start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
        ),
      );
    const next = features[i + 1];
    const nextPath = field('status', 'declaredFeatures').index(i + 1);
    if (name === next) errors.push(duplicate(nextPath, next));
    else if (next !== undefined && name > next)
      errors.push(invalid(nextPath, next, 'list must be sorted alphabetically'));
  }
}

function checkCidrs(errors: Errors, cidrs: readonly string[]): void {
  for (const [i, cidr] of cidrs.entries()) checkCidr(errors, cidr, cidrsPath.index(i));
  if (cidrs.length < 2) return;
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.address.family));
  if (families.size < 2 || cidrs.length > 2)
    errors.push(invalid(cidrsPath, cidrs, 'may specify no more than one CIDR for each IP family'));
}

function nodeErrors(node: ReadonlyNode): FieldError[] {
  const errors: FieldError[] = [];
  checkTaints(errors, node.spec?.taints ?? [], taintsPath);
  checkResources(errors, node);
  const { nodeInfo, declaredFeatures = [] } = node.status ?? {};
  const swap = nodeInfo?.swap?.capacity;
  // Upstream looks for it in the wrong place.
  if (swap !== undefined && swap <= 0)
    errors.push(invalid(field('metadata', 'nodeSwapStatus', 'capacity'), swap, 'must be greater than zero'));
  checkFeatures(errors, declaredFeatures);
  checkCidrs(errors, node.spec?.podCIDRs ?? []);
  return errors;
}

function nodeUpdateErrors(node: ReadonlyNode, old: ReadonlyNode): FieldError[] {
  const errors: FieldError[] = [];
  const { spec = {}, status = {} } = node;
  const before = old.spec ?? {};
  checkResources(errors, node);
  checkFeatures(errors, status.declaredFeatures ?? []);
  const isRepeated = repetition<string>();
  for (const [i, { type, address }] of (status.addresses ?? []).entries())
    if (isRepeated(`${type}/${address}`))
      errors.push(
        duplicate(
          field('status', 'addresses').index(i),
          internalForm('io.k8s.api.core.v1.NodeAddress', status.addresses?.[i]),
        ),
      );
  const cidrs = spec.podCIDRs ?? [];
  const cidrsBefore = before.podCIDRs ?? [];
  const changed =
    cidrsBefore.length === 0
      ? []
      : cidrsBefore.length === cidrs.length
        ? cidrs.filter((cidr, i) => cidr !== cidrsBefore[i])
        : ['all'];
  for (const _ of changed)
    errors.push(forbidden(cidrsPath, 'node updates may not change podCIDR except from "" to valid'));
  if ((before.providerID ?? '') !== '' && before.providerID !== spec.providerID)
    errors.push(
      forbidden(field('spec', 'providerID'), 'node updates may not change providerID except from "" to valid'),
    );
  checkTaints(errors, spec.taints ?? [], taintsPath);
  if ((spec.externalID ?? '') !== (before.externalID ?? ''))
    errors.push(forbidden(field('spec', 'externalID'), 'may not be updated'));
  return errors;
}

/** Kubelets are no longer configured through the API. */
function dropDisabled({ spec, status }: Node): void {
  delete spec?.configSource;
  delete status?.config;
}

const strategy: Strategy<Node> = {
  defaults({ spec, status }) {
    if (spec !== undefined) syncCidrs(spec);
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  prepareForCreate(draft) {
    // A kubelet registers its node with a status; unlike elsewhere it stays.
    draft.spec ??= {};
    dropDisabled(draft);
  },
  prepareForUpdate: dropDisabled,
  validate: nodeErrors,
  // Upstream says twice what is wrong both with a new node and with a change.
  validateUpdate: (node, old) => [...nodeErrors(node), ...nodeUpdateErrors(node, old)],
  warnings({ spec }) {
    const warnings: string[] = [];
    if (spec?.configSource !== undefined) warnings.push('spec.configSource: the feature is no longer supported');
    if ((spec?.externalID ?? '') !== '')
      warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
    return warnings;
  },
};

function statusText({ spec, status }: ReadonlyNode): string {
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready');
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec?.unschedulable === true ? `${text},SchedulingDisabled` : text;
}

const rolePrefix = 'node-role.kubernetes.io/';

function rolesText({ metadata }: ReadonlyNode): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix)) {
      const role = key.slice(rolePrefix.length);
      if (role !== '') roles.add(role);
    } else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? none : [...roles].sort().join(',');
}

function addressOf({ status }: ReadonlyNode, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? none;
}

function info(
  name: string,
  of: 'osImage' | 'kernelVersion' | 'containerRuntimeVersion',
  description: string,
): Column<Node> {
  return wideColumn(name, description, ({ status }) => {
    const value = status?.nodeInfo?.[of] ?? '';
    return value === '' ? '<unknown>' : value;
  });
}

export const nodes = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Node',
  shortNames: ['no'],
  collection: '/registry/minions/',
  strategy,
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: dropDisabled, validateUpdate: nodeUpdateErrors } },
    proxy: {
      type: 'connect',
      methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
      optionsKind: 'NodeProxyOptions',
    },
  },
  columns: [
    nameColumn(),
    column('Status', 'The status of the node', statusText),
    column('Roles', 'The roles of the node', rolesText),
    ageColumn(),
    column('Version', 'The version of the kubelet.', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    wideColumn('Internal-IP', 'An address inside of the cluster.', (node) => addressOf(node, 'InternalIP')),
    wideColumn('External-IP', 'An address that the outside can reach.', (node) => addressOf(node, 'ExternalIP')),
    info('OS-Image', 'osImage', 'The operating system.'),
    info('Kernel-Version', 'kernelVersion', 'The version of the kernel.'),
    info('Container-Runtime', 'containerRuntimeVersion', 'The container runtime and its version.'),
  ],
  selectable: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
});
