/** EndpointSlice. The type of its addresses never changes. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  fullyQualifiedDomainNameErrors,
  invalid,
  ipErrors,
  labelsErrors,
  labelValueErrors,
  nameColumn,
  nameIsDns1123Subdomain,
  parseIp,
  required,
  tooMany,
  notSupported,
  type FieldError,
  type FieldPath,
  type Strategy,
} from '../../machinery/mod.ts';
import {
  checkChoice,
  checkDnsLabel,
  checkImmutable,
  checkNonSpecialIp,
  checkQualifiedName,
  protocols,
  report,
  type Errors,
} from '../checks.ts';
import { column, listText } from '../columns.ts';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointHints, EndpointSlice } from '../upstream/types.ts';

type ReadonlySlice = DeepReadonly<EndpointSlice>;

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const addressesMax = 100;
const portsMax = 20_000;
const endpointsMax = 1000;
const hintsMax = 8;
const topologyMax = 16;

function sliceErrors({ addressType, ...slice }: ReadonlySlice): FieldError[] {
  const endpoints = slice.endpoints ?? [];
  const ports = slice.ports ?? [];
  const errors: Errors = [];
  if (addressType === '') errors.push(required('addressType'));
  else if (!addressTypes.includes(addressType)) errors.push(notSupported('addressType', addressType, addressTypes));
  if (endpoints.length > endpointsMax) errors.push(tooMany('endpoints', endpoints.length, endpointsMax));
  else for (const [i, endpoint] of endpoints.entries()) checkEndpoint(errors, endpoint, addressType, i);
  if (ports.length > portsMax) errors.push(tooMany('ports', ports.length, portsMax));
  else checkPorts(errors, ports);
  return errors;
}

function checkEndpoint(errors: Errors, endpoint: DeepReadonly<Endpoint>, addressType: string, i: number): void {
  const { deprecatedTopology, nodeName, hostname, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const at = field('endpoints').index(i);
  const list = at.child('addresses');
  if (addresses.length === 0) errors.push(required(list, 'must contain at least 1 address'));
  else if (addresses.length > addressesMax) errors.push(tooMany(list, addresses.length, addressesMax));
  for (const [j, address] of addresses.entries()) checkAddress(errors, address, addressType, list.index(j));
  if (nodeName !== undefined) report(errors, at.child('nodeName'), nodeName, nameIsDns1123Subdomain(nodeName, false));
  const topologyPath = at.child('deprecatedTopology');
  const topologyCount = Object.keys(deprecatedTopology ?? {}).length;
  if (topologyCount > topologyMax) errors.push(tooMany(topologyPath, topologyCount, topologyMax));
  if (deprecatedTopology !== undefined) errors.push(...labelsErrors(deprecatedTopology, topologyPath));
  if (hostname !== undefined) checkDnsLabel(errors, hostname, at.child('hostname'));
  if (hints !== undefined) checkHints(errors, hints, at.child('hints'));
}

function checkHints(
  errors: Errors,
  { forZones = [], forNodes = [] }: DeepReadonly<EndpointHints>,
  path: FieldPath,
): void {
  const lists = [
    { list: forZones, at: path.child('forZones'), problems: labelValueErrors },
    { list: forNodes, at: path.child('forNodes'), problems: (name: string) => nameIsDns1123Subdomain(name, false) },
  ];
  const tooLong = lists.find(({ list }) => list.length > hintsMax);
  if (tooLong !== undefined) return void errors.push(tooMany(tooLong.at, tooLong.list.length, hintsMax));
  for (const { list, at, problems } of lists)
    for (const [i, { name }] of list.entries()) {
      const namePath = at.index(i).child('name');
      if (list.findIndex((other) => other.name === name) < i) errors.push(duplicate(namePath, name));
      report(errors, namePath, name, problems(name));
    }
}

function checkAddress(errors: Errors, address: string, type: string, path: FieldPath): void {
  if (type === 'FQDN') return report(errors, path, address, fullyQualifiedDomainNameErrors(address));
  if (type !== 'IPv4' && type !== 'IPv6') return;
  const ip = parseIp(address);
  if ((ip?.family === 4 ? 'IPv4' : ip?.family === 6 ? 'IPv6' : '') !== type)
    return void errors.push(invalid(path, address, `must be a valid ${type} address`));
  report(errors, path, address, ipErrors(address, true));
  checkNonSpecialIp(errors, address, path);
}

function checkPorts(errors: Errors, ports: readonly DeepReadonly<DiscoveryV1EndpointPort>[]): void {
  const names = new Set<string>();
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    const at = field('ports').index(i);
    if (name !== '') checkDnsLabel(errors, name, at.child('name'));
    if (names.has(name)) errors.push(duplicate(at.child('name'), name));
    names.add(name);
    checkChoice(errors, protocol, protocols, at.child('protocol'));
    if (appProtocol !== undefined) checkQualifiedName(errors, appProtocol, at.child('appProtocol'));
  }
}

const strategy: Strategy<EndpointSlice> = {
  generation: true,
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForUpdate(draft, old) {
    // Who finds the slice by its labels must look at it again too.
    if (!jsonEqual(draft.metadata.labels, old.metadata.labels))
      draft.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: sliceErrors,
  validateUpdate(slice, old) {
    const errors = sliceErrors(slice);
    checkImmutable(errors, slice.addressType, old.addressType, 'addressType');
    return errors;
  },
};

const shownMax = 3;
const orUnset = (text: string): string => (text === '' ? '<unset>' : text);

export const endpointSlices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  strategy,
  columns: [
    nameColumn(),
    column('AddressType', 'The type of all addresses.', ({ addressType }) => addressType),
    column('Ports', 'The ports of each endpoint.', ({ ports }) =>
      orUnset(
        listText(
          (ports ?? []).map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))),
          shownMax,
        ),
      ),
    ),
    column('Endpoints', 'The addresses of the endpoints.', ({ endpoints }) =>
      orUnset(
        listText(
          (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
          shownMax,
        ),
      ),
    ),
    ageColumn(),
  ],
});
