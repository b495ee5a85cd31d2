/**
 * Whether a pod fits this node, asked once before it starts: the scheduler may have decided on old facts, or somebody may
 * have named the node by hand. Pure; reasons and messages are upstream's.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../api/mod.ts';
import { parseQuantity } from '../machinery/mod.ts';
import { containersOf, isTerminalPhase, type PodView } from './pod.ts';
import type { PodFailure } from './pod-facts.ts';
import { podTotal } from './resources.ts';

export interface AdmissionInput {
  readonly pod: PodView;
  /** The pods that run here already. */
  readonly others: readonly PodView[];
  readonly node: DeepReadonly<Node>;
}

/** Undefined: let it in. */
export function admit({ pod, others, node }: AdmissionInput): PodFailure | undefined {
  const active = others.filter(({ status }) => !isTerminalPhase(status?.phase));
  return outOfResources(pod, active, node) ?? wrongNode(pod, node) ?? portTaken(pod, active) ?? wrongSystem(pod, node);
}

function outOfResources(
  pod: PodView,
  active: readonly PodView[],
  { status }: DeepReadonly<Node>,
): PodFailure | undefined {
  const allocatable = status?.allocatable ?? {};
  const podsMax = parseQuantity(allocatable['pods'] ?? '110').value();
  if (active.length + 1 > podsMax) return out('pods', 1, active.length, podsMax);
  const names = new Set(containersOf(pod).flatMap(({ container }) => Object.keys(container.resources?.requests ?? {})));
  for (const name of names) {
    const text = allocatable[name];
    const capacity =
      text === undefined ? 0 : name === 'cpu' ? parseQuantity(text).milliValue() : parseQuantity(text).value();
    const requested = podTotal(pod, 'requests', name) ?? 0;
    const used = active.reduce((sum, other) => sum + (podTotal(other, 'requests', name) ?? 0), 0);
    if (requested > 0 && requested + used > capacity) return out(name, requested, used, capacity);
  }
  return undefined;
}

function out(resource: string, requested: number, used: number, capacity: number): PodFailure {
  const message = `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message };
}

function wrongNode(pod: PodView, node: DeepReadonly<Node>): PodFailure | undefined {
  const { nodeSelector = {}, affinity } = pod.spec ?? { containers: [] };
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (selected && (required === undefined || matchesNode(required, node))) return undefined;
  return {
    reason: 'NodeAffinity',
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  };
}

function matchesNode({ nodeSelectorTerms }: DeepReadonly<NodeSelector>, node: DeepReadonly<Node>): boolean {
  return nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: DeepReadonly<NodeSelectorTerm>,
  { metadata }: DeepReadonly<Node>,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const fields: Record<string, string> = { 'metadata.name': metadata.name ?? '' };
  return (
    matchExpressions.every((one) => holds(one, metadata.labels ?? {})) && matchFields.every((one) => holds(one, fields))
  );
}

function holds(
  { key, operator, values = [] }: DeepReadonly<NodeSelectorRequirement>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function portTaken(pod: PodView, active: readonly PodView[]): PodFailure | undefined {
  const taken = active.flatMap(hostPorts);
  const clash = hostPorts(pod).some((port) => taken.some((other) => clashes(port, other)));
  if (!clash) return undefined;
  return {
    reason: 'NodePorts',
    message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  };
}

interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

function hostPorts(pod: PodView): HostPort[] {
  return containersOf(pod).flatMap(({ container }) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [{ ip: hostIP === undefined || hostIP === '' ? '0.0.0.0' : hostIP, port: hostPort, protocol }],
    ),
  );
}

function clashes(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');
}

function wrongSystem(pod: PodView, { metadata }: DeepReadonly<Node>): PodFailure | undefined {
  const wanted = pod.spec?.os?.name ?? pod.metadata.labels?.['kubernetes.io/os'];
  const own = metadata.labels?.['kubernetes.io/os'] ?? 'linux';
  if (pod.spec?.os?.name === undefined || wanted === own) return undefined;
  return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
}
