/**
 * Keeps endpoints in slices with as few writes as possible: what is in a slice stays in it, what is new goes first where
 * something changes anyway, then into the one slice that it fills best, then into new ones.
 *
 * What always holds: every wanted endpoint is in exactly one slice; no slice has more than the limit; a slice that would be
 * empty goes.
 */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice } from '../../api/mod.ts';

export type ReadSlice = DeepReadonly<EndpointSlice>;
type ReadEndpoint = DeepReadonly<Endpoint>;

export interface Packing {
  /** The endpoints of slices that are to be made. */
  readonly create: readonly (readonly ReadEndpoint[])[];
  readonly update: ReadonlyMap<ReadSlice, readonly ReadEndpoint[]>;
  readonly remove: readonly ReadSlice[];
  readonly unchanged: readonly ReadSlice[];
}

/** Slices of one port mapping and address type. */
export function pack(existing: readonly ReadSlice[], wanted: readonly ReadEndpoint[], max: number): Packing {
  const missing = new Map(wanted.map((endpoint) => [identity(endpoint), endpoint]));
  const update = new Map<ReadSlice, ReadEndpoint[]>();
  const remove: ReadSlice[] = [];
  const unchanged: ReadSlice[] = [];
  for (const slice of existing) {
    const kept = keptIn(slice, missing);
    if (kept.endpoints.length === 0) remove.push(slice);
    else if (kept.changed) update.set(slice, kept.endpoints);
    else unchanged.push(slice);
  }
  const left = [...missing.values()];
  for (const endpoints of [...update.values()].toSorted((a, b) => b.length - a.length))
    endpoints.push(...left.splice(0, max - endpoints.length));
  if (left.length > 0 && left.length < max) {
    const filled = bestFit(unchanged, left.length, max);
    if (filled !== undefined) {
      unchanged.splice(unchanged.indexOf(filled), 1);
      update.set(filled, [...(filled.endpoints ?? []), ...left.splice(0)]);
    }
  }
  const create: ReadEndpoint[][] = [];
  while (left.length > 0) create.push(left.splice(0, max));
  // A slice that would go is used for endpoints that would need a new one.
  for (let endpoints = create.at(-1); endpoints !== undefined && remove.length > 0; endpoints = create.at(-1)) {
    create.pop();
    update.set(remove.pop() as ReadSlice, endpoints);
  }
  return { create, update, remove, unchanged };
}

/** What stays of a slice; what is found is taken out of `missing`. */
function keptIn(slice: ReadSlice, missing: Map<string, ReadEndpoint>): { endpoints: ReadEndpoint[]; changed: boolean } {
  const endpoints: ReadEndpoint[] = [];
  const before = slice.endpoints ?? [];
  let changed = false;
  for (const endpoint of before) {
    const id = identity(endpoint);
    const now = missing.get(id);
    if (now === undefined) continue;
    missing.delete(id);
    endpoints.push(now);
    changed ||= !jsonEqual(now, endpoint);
  }
  return { endpoints, changed: changed || endpoints.length !== before.length };
}

/** The slice that comes closest to full with so many more. */
function bestFit(slices: readonly ReadSlice[], more: number, max: number): ReadSlice | undefined {
  let best: ReadSlice | undefined;
  for (const slice of slices) {
    const size = slice.endpoints?.length ?? 0;
    if (size + more <= max && size > (best?.endpoints?.length ?? -1)) best = slice;
  }
  return best;
}

function identity({ addresses, targetRef }: ReadEndpoint): string {
  return JSON.stringify([addresses, targetRef?.kind, targetRef?.namespace, targetRef?.name, targetRef?.uid]);
}

/** Two slices with the same ports have the same key. */
export function portsKey(ports: readonly DeepReadonly<DiscoveryV1EndpointPort>[] | undefined): string {
  return JSON.stringify(
    (ports ?? [])
      .map(({ name = '', protocol = 'TCP', port, appProtocol }) => [name, protocol, port ?? null, appProtocol ?? null])
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );
}
