/**
 * The difference between two pod statuses as a strategic merge patch. What always holds: conditions of other writers are
 * not named in it, so they survive; applied to `from` it gives `to` in everything that the kubelet owns.
 */
import { jsonEqual, type DeepReadonly } from '../base/mod.ts';
import type { PodStatus } from '../api/mod.ts';

type Status = DeepReadonly<PodStatus>;

/** The fields that the kubelet writes; it leaves the others (`nominatedNodeName`, `resize`, ...) alone. */
const owned = [
  'observedGeneration',
  'phase',
  'reason',
  'message',
  'hostIP',
  'podIP',
  'startTime',
  'qosClass',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
] as const;

/** Undefined when there is nothing to write. */
export function statusPatch(uid: string, from: Status, to: Status): Record<string, unknown> | undefined {
  const changed: Record<string, unknown> = {};
  for (const field of owned) {
    if (jsonEqual(from[field], to[field])) continue;
    changed[field] = to[field] ?? null;
  }
  const conditions = (to.conditions ?? []).filter((condition) => {
    const old = from.conditions?.find(({ type }) => type === condition.type);
    return !jsonEqual(normal(old), normal(condition));
  });
  if (conditions.length > 0) changed['conditions'] = conditions.map((condition) => withNulls(condition, from));
  for (const field of ['podIPs', 'hostIPs'] as const) {
    const ips = ipPatch(from[field], to[field]);
    if (ips !== undefined) changed[field] = ips;
  }
  return Object.keys(changed).length === 0 ? undefined : { metadata: { uid }, status: changed };
}

/** A field that the old condition has and the new one lacks has to be taken out by name. */
function withNulls(condition: DeepReadonly<{ type: string }>, from: Status): Record<string, unknown> {
  const old = from.conditions?.find(({ type }) => type === condition.type) ?? {};
  const gone = Object.keys(old).filter((key) => !(key in condition));
  return { ...condition, ...Object.fromEntries(gone.map((key) => [key, null])) };
}

/** Other servers write null for unset times. */
function normal(condition: object | undefined): object | undefined {
  if (condition === undefined) return undefined;
  return Object.fromEntries(Object.entries(condition).filter(([, value]) => value !== null));
}

type Ips = readonly { readonly ip: string }[] | undefined;

function ipPatch(from: Ips = [], to: Ips = []): unknown[] | undefined {
  if (jsonEqual(from, to)) return undefined;
  if (from.length === 0) return [...to];
  return [{ $patch: 'replace' }, ...to];
}
