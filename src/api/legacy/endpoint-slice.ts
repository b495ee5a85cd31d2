/** EndpointSlice of discovery.k8s.io/v1beta1: where an endpoint is, is one map of labels, the zone and the node among them. */
import type { Kind } from '../../machinery/mod.ts';
import { endpointSlices } from '../discovery/endpoint-slice.ts';
import type { Endpoint } from '../upstream/types.ts';
import { legacyKind } from './version.ts';

const zoneKey = 'topology.kubernetes.io/zone';
const hostKey = 'kubernetes.io/hostname';

interface PlacedEndpoint extends Endpoint {
  topology?: Record<string, string>;
}

interface Slice {
  endpoints?: PlacedEndpoint[] | null;
}

function toCurrent({ endpoints }: Slice): void {
  for (const endpoint of endpoints ?? []) {
    if (endpoint.topology === undefined) continue;
    const { [zoneKey]: zone, ...rest }: Record<string, string> = endpoint.topology;
    delete endpoint.topology;
    if (zone !== undefined) endpoint.zone = zone;
    const { [hostKey]: host } = rest;
    if (host !== undefined) endpoint.nodeName ??= host;
    // Two names that differ are both kept.
    if (host === endpoint.nodeName) delete rest[hostKey];
    if (Object.keys(rest).length > 0) endpoint.deprecatedTopology = rest;
  }
}

function fromCurrent({ endpoints }: Slice): void {
  for (const endpoint of endpoints ?? []) {
    const { deprecatedTopology, zone, nodeName } = endpoint;
    delete endpoint.deprecatedTopology;
    delete endpoint.zone;
    if (deprecatedTopology === undefined && zone === undefined && nodeName === undefined) continue;
    const topology: Record<string, string> = {
      ...deprecatedTopology,
      ...(zone === undefined ? {} : { [zoneKey]: zone }),
    };
    if (nodeName !== undefined && (topology[hostKey] ?? '') === '') topology[hostKey] = nodeName;
    endpoint.topology = topology;
  }
}

export const legacyEndpointSlices: readonly Kind[] = [
  legacyKind(endpointSlices as unknown as Kind, { version: 'v1beta1', deprecated: [21, 25], toCurrent, fromCurrent }),
];
