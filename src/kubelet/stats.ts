/** What pods and the node use, in the form of upstream's `/stats/summary`. */
import { rfc3339 } from '../base/mod.ts';
import { ownerNode, podName, podNamespace, podUid } from './labels.ts';
import type { ContainerStats, CpuUsage, MemoryUsage } from './ports.ts';
import type { Kubelet } from './kubelet.ts';

export interface CpuStats {
  readonly time: string;
  readonly usageNanoCores?: number;
  readonly usageCoreNanoSeconds?: number;
}

export interface MemoryStats {
  readonly time: string;
  readonly availableBytes?: number;
  readonly usageBytes?: number;
  readonly workingSetBytes?: number;
  readonly rssBytes?: number;
}

export interface ContainerSummary {
  readonly name: string;
  readonly startTime: string;
  readonly cpu?: CpuStats;
  readonly memory?: MemoryStats;
  readonly rootfs?: object;
}

export interface PodSummary {
  readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly startTime: string;
  readonly containers: readonly ContainerSummary[];
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
}

export interface StatsSummary {
  readonly node: {
    readonly nodeName: string;
    readonly startTime: string;
    readonly cpu?: CpuStats;
    readonly memory?: MemoryStats;
    readonly fs?: object;
  };
  readonly pods: readonly PodSummary[];
}

export async function statsSummary({ world, parts }: Kubelet): Promise<StatsSummary> {
  const { runtime, config, clock } = world;
  const stats = await runtime.listContainerStats({ labelSelector: { [ownerNode]: config.nodeName } });
  const time = rfc3339(clock.now());
  const pods: PodSummary[] = [];
  for (const [uid, containers] of Map.groupBy(stats, ({ labels }) => labels[podUid] ?? '')) {
    const record = parts.workers.get(uid);
    const [first] = containers;
    if (record === undefined || first === undefined) continue;
    const started = (id: string): string =>
      rfc3339(parts.watch.get(uid).containers.find((container) => container.id === id)?.startedAtMs ?? 0);
    const summaries = containers.map((container) => summaryOf(container, started(container.id)));
    pods.push({
      podRef: { name: first.labels[podName] ?? '', namespace: first.labels[podNamespace] ?? '', uid },
      startTime: record.pod.status?.startTime ?? rfc3339(record.memory.startedAtMs),
      containers: summaries,
      cpu: {
        time,
        usageNanoCores: sum(containers, ({ cpu }) => cpu?.usageNanoCores),
        usageCoreNanoSeconds: sum(containers, ({ cpu }) => cpu?.usageCoreNanoSeconds),
      },
      memory: {
        time,
        workingSetBytes: sum(containers, ({ memory }) => memory?.workingSetBytes),
        usageBytes: sum(containers, ({ memory }) => memory?.usageBytes),
      },
    });
  }
  const usage = await world.host.node.usage();
  const { capacityBytes, availableBytes, inodes, inodesFree } = usage.filesystem;
  return {
    node: {
      nodeName: config.nodeName,
      startTime: parts.node.node?.metadata.creationTimestamp ?? time,
      cpu: { time, usageCoreNanoSeconds: usage.cpuUsageNanos },
      memory: {
        time,
        availableBytes: usage.memoryAvailableBytes,
        workingSetBytes: usage.memoryWorkingSetBytes,
        rssBytes: usage.memoryRssBytes,
      },
      fs: {
        time,
        capacityBytes,
        availableBytes,
        usedBytes: capacityBytes - availableBytes,
        inodes,
        inodesFree,
        inodesUsed: inodes - inodesFree,
      },
    },
    pods,
  };
}

function summaryOf({ metadata, cpu, memory, writableLayer }: ContainerStats, startTime: string): ContainerSummary {
  return {
    name: metadata.name,
    startTime,
    ...(cpu === undefined ? {} : { cpu: cpuStats(cpu) }),
    ...(memory === undefined ? {} : { memory: memoryStats(memory) }),
    ...(writableLayer === undefined
      ? {}
      : {
          rootfs: {
            time: rfc3339(writableLayer.timestampMs),
            usedBytes: writableLayer.usedBytes,
            inodesUsed: writableLayer.inodesUsed,
          },
        }),
  };
}

function cpuStats({ timestampMs, ...usage }: CpuUsage): CpuStats {
  return { time: rfc3339(timestampMs), ...usage };
}

function memoryStats({ timestampMs, availableBytes, usageBytes, workingSetBytes, rssBytes }: MemoryUsage): MemoryStats {
  const defined = Object.entries({ availableBytes, usageBytes, workingSetBytes, rssBytes }).filter(
    ([, value]) => value !== undefined,
  );
  return { time: rfc3339(timestampMs), ...Object.fromEntries(defined) };
}

function sum(stats: readonly ContainerStats[], of: (one: ContainerStats) => number | undefined): number {
  return stats.reduce((total, one) => total + (of(one) ?? 0), 0);
}
