/** Endpoints. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  nameColumn,
  nameIsDns1123Subdomain,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';
import {
  checkChoice,
  checkDnsLabel,
  checkIp,
  checkNonSpecialIp,
  checkPortNumber,
  checkQualifiedName,
  protocols,
  report,
  type Errors,
} from '../checks.ts';
import { column, none } from '../columns.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from '../upstream/types.ts';

type ReadonlyEndpoints = DeepReadonly<Endpoints>;

function endpointsErrors({ subsets = [] }: ReadonlyEndpoints): FieldError[] {
  const errors: Errors = [];
  for (const [i, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
    const at = field('subsets').index(i);
    if (addresses.length + notReadyAddresses.length === 0)
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    for (const [j, address] of addresses.entries()) checkAddress(errors, address, at.child('addresses').index(j));
    for (const [j, address] of notReadyAddresses.entries())
      checkAddress(errors, address, at.child('notReadyAddresses').index(j));
    for (const [j, port] of ports.entries())
      checkEndpointPort(errors, port, ports.length > 1, at.child('ports').index(j));
  }
  return errors;
}

function checkAddress(
  errors: Errors,
  { ip, hostname, nodeName }: DeepReadonly<EndpointAddress>,
  path: FieldPath,
): void {
  checkIp(errors, ip, path.child('ip'));
  if (hostname !== undefined) checkDnsLabel(errors, hostname, path.child('hostname'));
  if (nodeName !== undefined) report(errors, path.child('nodeName'), nodeName, nameIsDns1123Subdomain(nodeName, false));
  checkNonSpecialIp(errors, ip, path.child('ip'));
}

function checkEndpointPort(
  errors: Errors,
  { name = '', port, protocol, appProtocol }: DeepReadonly<EndpointPort>,
  nameNeeded: boolean,
  path: FieldPath,
): void {
  if (name !== '') checkDnsLabel(errors, name, path.child('name'));
  else if (nameNeeded) errors.push(required(path.child('name')));
  checkPortNumber(errors, port, path.child('port'));
  checkChoice(errors, protocol, protocols, path.child('protocol'));
  if (appProtocol !== undefined) checkQualifiedName(errors, appProtocol, path.child('appProtocol'));
}

const shownMax = 3;

function endpointsText({ subsets = [] }: ReadonlyEndpoints): string {
  if (subsets.length === 0) return none;
  const shown: string[] = [];
  let count = 0;
  const add = (ip: string, port: number | undefined): void => {
    count += 1;
    if (shown.length < shownMax)
      shown.push(port === undefined ? ip : ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
  };
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) for (const { ip } of addresses) add(ip, undefined);
    for (const { port } of ports) for (const { ip } of addresses) add(ip, port);
  }
  return count > shownMax ? `${shown.join(',')} + ${count - shownMax} more...` : shown.join(',');
}

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Endpoints',
  shortNames: ['ep'],
  collection: '/registry/services/endpoints/',
  versions: [
    {
      version: 'v1',
      schema: 'io.k8s.api.core.v1.Endpoints',
      deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    },
  ],
  strategy: {
    createOnUpdate: true,
    defaults({ subsets }) {
      for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ??= 'TCP';
    },
    validate: endpointsErrors,
    validateUpdate: endpointsErrors,
  },
  columns: [nameColumn(), column('Endpoints', 'The addresses with their ports.', endpointsText), ageColumn()],
});
