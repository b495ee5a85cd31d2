/**
 * Facts about a pod that follow from its specification alone: its containers, how they restart, its quality of service.
 * Everything here is pure, and everything else in the kubelet asks here.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Container, ContainerRestartRule, EphemeralContainer, Pod } from '../api/mod.ts';
import { parseQuantity } from '../machinery/mod.ts';

export type PodView = DeepReadonly<Pod>;
export type ContainerView = DeepReadonly<Container>;
export type ContainerRole = 'init' | 'sidecar' | 'regular' | 'ephemeral';

export interface PodContainer {
  readonly container: ContainerView;
  readonly role: ContainerRole;
}

export function uidOf(pod: PodView): string {
  return pod.metadata.uid ?? '';
}

/** `name_namespace(uid)`: how upstream names a pod in messages. */
export function podText(pod: PodView): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}(${uidOf(pod)})`;
}

/** An init container that keeps running beside the others: one with `restartPolicy: Always`. */
export function isSidecar(container: ContainerView): boolean {
  return container.restartPolicy === 'Always';
}

export function containersOf(pod: PodView): PodContainer[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec ?? { containers: [] };
  return [
    ...initContainers.map((container) => ({ container, role: isSidecar(container) ? 'sidecar' : 'init' }) as const),
    ...containers.map((container) => ({ container, role: 'regular' }) as const),
    ...ephemeralContainers.map((container) => ({ container: asContainer(container), role: 'ephemeral' }) as const),
  ];
}

function asContainer({ targetContainerName: _, ...rest }: DeepReadonly<EphemeralContainer>): ContainerView {
  return rest;
}

export function containerNamed(pod: PodView, name: string): PodContainer | undefined {
  return containersOf(pod).find(({ container }) => container.name === name);
}

/** The field that events about a container name. */
export function fieldPathOf({ container, role }: PodContainer): string {
  const field = {
    init: 'initContainers',
    sidecar: 'initContainers',
    regular: 'containers',
    ephemeral: 'ephemeralContainers',
  };
  return `spec.${field[role]}{${container.name}}`;
}

/** Whether a container that ended with this code is started again. */
export function restarts(pod: PodView, { container, role }: PodContainer, exitCode: number): boolean {
  if (role === 'ephemeral') return false;
  if (role === 'sidecar') return true;
  const rule = container.restartPolicyRules?.find((candidate) => ruleApplies(candidate, exitCode));
  if (rule !== undefined) return rule.action === 'Restart' || rule.action === 'RestartAllContainers';
  const policy = container.restartPolicy ?? pod.spec?.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  return exitCode !== 0 || (policy === 'Always' && role !== 'init');
}

function ruleApplies({ exitCodes }: DeepReadonly<ContainerRestartRule>, exitCode: number): boolean {
  const listed = exitCodes?.values?.includes(exitCode) ?? false;
  return exitCodes?.operator === 'NotIn' ? !listed : listed;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const qosResources = ['cpu', 'memory'] as const;

/** The quality-of-service class, by upstream's rule: Guaranteed needs equal limits and requests of both resources everywhere. */
export function qosClass(pod: PodView): QosClass {
  const known = pod.status?.qosClass;
  if (known === 'Guaranteed' || known === 'Burstable' || known === 'BestEffort') return known;
  const { initContainers = [], containers, resources } = pod.spec ?? { containers: [] };
  const all = resources === undefined ? [...initContainers, ...containers] : [{ resources }];
  let any = false;
  let guaranteed = true;
  for (const { resources: { requests = {}, limits = {} } = {} } of all) {
    for (const name of qosResources) {
      const [request, limit] = [positive(requests[name]), positive(limits[name])];
      if (request !== undefined || limit !== undefined) any = true;
      if (limit === undefined || (request !== undefined && !request.equals(limit))) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(text: string | undefined): ReturnType<typeof parseQuantity> | undefined {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined || quantity.sign <= 0 ? undefined : quantity;
}

/** Whether the pod is finished for good, as the API says. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** The time that a pod is given to end, in seconds, before it is killed; at least one second. */
export function gracePeriodSeconds(pod: PodView): number {
  const asked = pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  return Math.max(1, asked);
}

/** Whether the pod may not be preempted or evicted before others: static ones, mirrors and system-critical priorities. */
export function isCriticalPod(pod: PodView): boolean {
  return isStaticPod(pod) || (pod.spec?.priority ?? 0) >= 2_000_000_000;
}

function isStaticPod(pod: PodView): boolean {
  const annotations = pod.metadata.annotations ?? {};
  const source = annotations['kubernetes.io/config.source'];
  return annotations['kubernetes.io/config.mirror'] !== undefined || (source !== undefined && source !== 'api');
}
