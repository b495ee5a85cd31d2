/**
 * A zone of nodes: those that are lost are marked for eviction one by one, at a rate that depends on how much of the zone is
 * lost. When every zone is lost altogether it is more likely that we are: then nothing is evicted at all.
 */
import { rfc3339 } from '../../base/mod.ts';
import type { Node } from '../../api/mod.ts';
import { nothing, type Plan, type ResourceView } from '../../client/mod.ts';
import { timeMs } from '../pod-state.ts';
import type { NodeOptions } from '../unit.ts';
import {
  evictingTaint,
  isEvicting,
  nodeCondition,
  readiness,
  taintsChange,
  zoneOf,
  type ReadNode,
} from './node-state.ts';

export interface ZoneMemory {
  /** When the next node may be marked. */
  readonly nextMs: number;
}

type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** When, and by which rules, a node or a zone is judged. */
export interface Judgement {
  readonly options: NodeOptions;
  readonly now: number;
}

export function planZone(
  view: ResourceView<Node>,
  zone: string,
  { options, now }: Judgement,
  memory: ZoneMemory | undefined,
): Plan<ZoneMemory> {
  const members = view.index('zone', zone);
  const zones = Map.groupBy(view.list(), zoneOf);
  if ([...zones.values()].every((all) => stateOf(all, options) === 'FullDisruption')) {
    const marked = members.filter(({ spec }) => spec?.taints?.some(isEvicting) === true);
    const actions = marked.map((node) =>
      taintsChange(
        node,
        (node.spec?.taints ?? []).filter((taint) => !isEvicting(taint)),
      ),
    );
    return { actions, ...(memory === undefined ? {} : { remember: memory }) };
  }
  const due = members.filter(isDue).toSorted((a, b) => since(a) - since(b));
  const perSecond = rateOf(members, options);
  const [first] = due;
  if (first === undefined || perSecond === 0) return memory === undefined ? nothing : { actions: [], remember: memory };
  const nextMs = memory?.nextMs ?? now;
  if (now < nextMs) return { actions: [], remember: { nextMs }, wakeAtMs: nextMs };
  const key = evictingTaint(first) ?? '';
  const taints = [...(first.spec?.taints ?? []), { key, effect: 'NoExecute', timeAdded: rfc3339(now) }];
  const after = now + 1000 / perSecond;
  return {
    actions: [taintsChange(first, taints)],
    remember: { nextMs: after },
    ...(due.length > 1 ? { wakeAtMs: after } : {}),
  };
}

function isDue(node: ReadNode): boolean {
  return evictingTaint(node) !== undefined && node.spec?.taints?.some(isEvicting) !== true;
}

function since(node: ReadNode): number {
  return timeMs(nodeCondition(node, 'Ready')?.lastTransitionTime) ?? 0;
}

function stateOf(members: readonly ReadNode[], options: NodeOptions): ZoneState {
  const lost = members.filter((node) => (readiness(node) ?? 'True') !== 'True').length;
  if (lost > 0 && lost === members.length) return 'FullDisruption';
  return lost > 2 && lost / members.length >= options.unhealthyZoneShare ? 'PartialDisruption' : 'Normal';
}

function rateOf(members: readonly ReadNode[], options: NodeOptions): number {
  if (stateOf(members, options) !== 'PartialDisruption') return options.evictionsPerSecond;
  return members.length > options.largeZoneSize ? options.secondaryEvictionsPerSecond : 0;
}
