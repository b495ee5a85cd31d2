/**
 * Makes room for a pod of higher priority: on each node where fewer pods would help, the fewest and least important victims;
 * of these nodes the one where it hurts least.
 */
import {
  definePlugin,
  type Failure,
  type FailedAttempt,
  type PostFilterResult,
  type PreemptionPlan,
} from '../framework.ts';
import { fitFailureText } from '../message.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodInfo } from '../pod-info.ts';

const name = 'DefaultPreemption';
const candidatesMin = 100;
const candidatesPercent = 10;
const noVictims: Failure = {
  plugin: name,
  reasons: ['No preemption victims found for incoming pod'],
  unresolvable: true,
};
const notHelpful: Failure = { plugin: name, reasons: ['Preemption is not helpful for scheduling'], unresolvable: true };

function startedMs({ pod }: PodInfo): number {
  // What has not started yet started last.
  return pod.status?.startTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(pod.status.startTime);
}

/** Higher priority first, then who has run longer. */
function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [startedA, startedB] = [startedMs(a), startedMs(b)];
  return startedA === startedB ? 0 : startedA - startedB;
}

function whyNotEligible(pod: PodInfo, { snapshot, failures }: FailedAttempt): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.pod.status?.nominatedNodeName ?? '';
  if (nominated === '' || failures.get(nominated)?.unresolvable === true) return undefined;
  for (const other of snapshot.node(nominated)?.pods.values() ?? []) {
    if (other.priority < pod.priority && leavesForPreemption(other))
      return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

function leavesForPreemption({ pod, terminating }: PodInfo): boolean {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return terminating && condition?.status === 'True' && condition.reason === 'PreemptionByScheduler';
}

/** The pods that must leave the node: all that may, less those that the new pod fits beside. */
function victimsOn(node: NodeInfo, pod: PodInfo, attempt: FailedAttempt): readonly PodInfo[] | Failure {
  if (node.lowestPriority >= pod.priority) return noVictims;
  const candidates = [...node.pods.values()].filter(({ priority }) => priority < pod.priority).toSorted(byImportance);
  const failure = attempt.fits(node, [], candidates);
  if (failure !== undefined) return failure;
  const victims = new Set(candidates);
  for (const candidate of candidates) {
    victims.delete(candidate);
    if (attempt.fits(node, [], [...victims]) !== undefined) victims.add(candidate);
  }
  return [...victims].toSorted(byImportance);
}

/** Less is better, one after the other: the highest priority hurt, the sum of them, the number, the youngest of the highest. */
function harm({ victims }: PreemptionPlan): readonly number[] {
  const highest = victims[0]?.priority ?? 0;
  const sum = victims.reduce((total, { priority }) => total + priority + 2_147_483_648, 0);
  const oldest = Math.min(...victims.filter(({ priority }) => priority === highest).map(startedMs));
  return [highest, sum, victims.length, -oldest];
}

function hurtsLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const [left = 0, right = 0] = [a[i], b[i]];
    if (left !== right) return left < right;
  }
  return false;
}

function bestPlan(plans: readonly PreemptionPlan[]): PreemptionPlan | undefined {
  let best: { readonly plan: PreemptionPlan; readonly harm: readonly number[] } | undefined;
  for (const plan of plans) {
    const own = harm(plan);
    if (best === undefined || hurtsLess(own, best.harm)) best = { plan, harm: own };
  }
  return best?.plan;
}

function postFilter(pod: PodInfo, attempt: FailedAttempt): PostFilterResult {
  const reason = whyNotEligible(pod, attempt);
  if (reason !== undefined) return { message: `preemption: ${reason}` };
  const nodes = attempt.snapshot.nodes.filter(({ name: node }) => attempt.failures.get(node)?.unresolvable === false);
  const enough = Math.max(candidatesMin, Math.floor((nodes.length * candidatesPercent) / 100));
  const offset = Math.floor(attempt.random() * nodes.length);
  const plans: PreemptionPlan[] = [];
  const failures = new Map<string, Failure>();
  for (let i = 0; i < nodes.length && plans.length < enough; i++) {
    const node = nodes[(offset + i) % nodes.length];
    if (node === undefined) break;
    const victims = victimsOn(node, pod, attempt);
    if ('plugin' in victims) failures.set(node.name, victims);
    else plans.push({ nodeName: node.name, victims });
  }
  const preemption = bestPlan(plans);
  if (preemption !== undefined) return { preemption };
  const text = fitFailureText({ nodeCount: attempt.snapshot.nodes.length, failures, others: notHelpful });
  return { message: `preemption: ${text}`, clearNomination: true };
}

export const defaultPreemption = definePlugin({ name, postFilter });
