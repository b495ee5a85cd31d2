/**
 * Requests and limits as what the kernel understands: cgroup shares, quotas and limits, and who is killed first when the
 * memory runs out. Pure; the numbers are upstream's.
 */
import { parseQuantity } from '../machinery/mod.ts';
import {
  containersOf,
  isCriticalPod,
  qosClass,
  type ContainerView,
  type PodContainer,
  type PodView,
  type QosClass,
} from './pod.ts';
import type { LinuxContainerResources } from './ports.ts';

const sharesMin = 2;
const sharesMax = 262_144;
const quotaPeriodUs = 100_000;
const quotaMinUs = 1_000;

export interface NodeResources {
  readonly memoryBytes: number;
  /** The lowest oom_score_adj that this node may give; a process without CAP_SYS_RESOURCE cannot go below its own. */
  readonly oomScoreAdjMin: number;
}

export function milliCpuToShares(milli: number): number {
  return milli === 0 ? sharesMin : Math.min(sharesMax, Math.max(sharesMin, Math.trunc((milli * 1024) / 1000)));
}

/** 0: no limit. */
export function milliCpuToQuota(milli: number): number {
  return milli === 0 ? 0 : Math.max(quotaMinUs, Math.trunc((milli * quotaPeriodUs) / 1000));
}

export function containerResources(pod: PodView, target: PodContainer, node: NodeResources): LinuxContainerResources {
  const { container } = target;
  const limits = container.resources?.limits ?? {};
  const requests = container.resources?.requests ?? {};
  const cpuLimit = milli(limits['cpu']);
  const cpuRequest = requests['cpu'] === undefined && cpuLimit > 0 ? cpuLimit : milli(requests['cpu']);
  const quota = milliCpuToQuota(cpuLimit);
  const memory = bytes(limits['memory']);
  return {
    cpuShares: milliCpuToShares(cpuRequest),
    ...(quota > 0 ? { cpuQuota: quota, cpuPeriod: quotaPeriodUs } : {}),
    ...(memory > 0 ? { memoryLimitInBytes: memory } : {}),
    oomScoreAdj: Math.max(node.oomScoreAdjMin, oomScoreAdj(pod, target, node.memoryBytes)),
  };
}

/** From -997 (killed last) to 1000 (killed first). */
export function oomScoreAdj(pod: PodView, { container, role }: PodContainer, memoryBytes: number): number {
  if (isCriticalPod(pod)) return -997;
  const qos = qosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const own = burstableScore(container, memoryBytes);
  if (role !== 'sidecar') return own;
  const others = (pod.spec?.containers ?? []).map((regular) => burstableScore(regular, memoryBytes));
  return Math.min(own, ...others);
}

function burstableScore(container: ContainerView, memoryBytes: number): number {
  const request = bytes(container.resources?.requests?.['memory']);
  const score = 1000 - Math.trunc((1000 * request) / Math.max(1, memoryBytes));
  if (score < 3) return 3;
  return score === 1000 ? 999 : score;
}

/** The cgroup that holds all of a pod. Absent limits are unlimited. */
export interface PodCgroupSettings {
  readonly qos: QosClass;
  readonly cpuShares: number;
  readonly cpuQuotaUs?: number;
  readonly cpuPeriodUs: number;
  readonly memoryLimitBytes?: number;
}

export function podCgroup(pod: PodView): PodCgroupSettings {
  const cpuRequest = podTotal(pod, 'requests', 'cpu');
  const cpuLimit = podTotal(pod, 'limits', 'cpu');
  const memoryLimit = podTotal(pod, 'limits', 'memory');
  const quota = cpuLimit === undefined ? 0 : milliCpuToQuota(cpuLimit);
  return {
    qos: qosClass(pod),
    cpuShares: milliCpuToShares(cpuRequest ?? 0),
    cpuPeriodUs: quotaPeriodUs,
    ...(quota > 0 ? { cpuQuotaUs: quota } : {}),
    ...(memoryLimit === undefined || memoryLimit === 0 ? {} : { memoryLimitBytes: memoryLimit }),
  };
}

/**
 * What the pod as a whole asks for or may use at most (thousandths for cpu, bytes otherwise): sidecars run beside the
 * regular containers, init containers run alone. A limit counts only if every container has one.
 */
export function podTotal(pod: PodView, kind: 'requests' | 'limits', resource: string): number | undefined {
  const amount = resource === 'cpu' ? milli : bytes;
  const own = pod.spec?.resources?.[kind]?.[resource];
  if (own !== undefined) return amount(own);
  let running = 0;
  let peak = 0;
  let sidecars = 0;
  for (const { container, role } of containersOf(pod)) {
    if (role === 'ephemeral') continue;
    const text =
      container.resources?.[kind]?.[resource] ??
      (kind === 'requests' ? container.resources?.limits?.[resource] : undefined);
    if (text === undefined && kind === 'limits') return undefined;
    const value = amount(text);
    if (role === 'init') peak = Math.max(peak, sidecars + value);
    else running += value;
    if (role === 'sidecar') sidecars += value;
  }
  const overhead = amount(pod.spec?.overhead?.[resource]);
  return Math.max(running, peak) + overhead;
}

function milli(text: string | undefined): number {
  return text === undefined ? 0 : parseQuantity(text).milliValue();
}

function bytes(text: string | undefined): number {
  return text === undefined ? 0 : parseQuantity(text).value();
}
