/** The kubelet's metrics in Prometheus' text form. Pure. */
import type { Kubelet } from './kubelet.ts';
import type { StatsSummary } from './stats.ts';

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} [ALPHA] ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

export function metricsText({ world, parts }: Kubelet): string {
  const states = new Map<string, number>();
  let sandboxes = 0;
  for (const uid of parts.watch.uids()) {
    const runtime = parts.watch.get(uid);
    if (runtime.sandboxes.some(({ state }) => state === 'SANDBOX_READY')) sandboxes++;
    for (const { state } of runtime.containers) {
      const name = state.replace('CONTAINER_', '').toLowerCase();
      states.set(name, (states.get(name) ?? 0) + 1);
    }
  }
  return [
    family('kubelet_node_name', 'gauge', "The node's name. The count is always 1.", [
      { labels: { node: world.config.nodeName }, value: 1 },
    ]),
    family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [{ value: sandboxes }]),
    family(
      'kubelet_running_containers',
      'gauge',
      'Number of containers currently running',
      [...states].map(([state, value]) => ({ labels: { container_state: state }, value })),
    ),
  ].join('');
}

/** What a metrics server reads. */
export function resourceMetricsText({ node, pods }: StatsSummary): string {
  const containers = pods.flatMap(({ podRef, containers: list }) =>
    list.map((container) => ({
      labels: { container: container.name, namespace: podRef.namespace, pod: podRef.name },
      container,
    })),
  );
  const seconds = (nanos: number | undefined): number => (nanos ?? 0) / 1e9;
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      containers.map(({ labels, container }) => ({ labels, value: seconds(container.cpu?.usageCoreNanoSeconds) })),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      containers.map(({ labels, container }) => ({ labels, value: container.memory?.workingSetBytes ?? 0 })),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      containers.map(({ labels, container }) => ({ labels, value: Date.parse(container.startTime) / 1000 })),
    ),
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      { value: seconds(node.cpu?.usageCoreNanoSeconds) },
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      { value: node.memory?.workingSetBytes ?? 0 },
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      pods.map(({ podRef, cpu }) => ({
        labels: { namespace: podRef.namespace, pod: podRef.name },
        value: seconds(cpu.usageCoreNanoSeconds),
      })),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      'Current working set of the pod in bytes',
      pods.map(({ podRef, memory }) => ({
        labels: { namespace: podRef.namespace, pod: podRef.name },
        value: memory.workingSetBytes ?? 0,
      })),
    ),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { value: 0 },
    ]),
  ].join('');
}
