/**
 * A pod as the scheduler sees it: the object with everything that cycles ask about it, worked out once.
 *
 * What always holds: a PodInfo never changes; a pod that changed gets a new one. Everything derived follows from the object.
 */
import type { Pod, PodAffinityTerm, Toleration, WeightedPodAffinityTerm } from '../api/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import { keyOf, labelSelectorFromSpec, type LabelSelector } from '../machinery/mod.ts';
import { podRequests, scoredRequests, type Requests } from './requests.ts';

/** A port that the pod takes on its node. `0.0.0.0` takes it on every address. */
export interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

/** A term of pod affinity or anti-affinity, ready to be matched. */
export interface AffinityTerm {
  /** Equal terms have equal ids. */
  readonly id: string;
  readonly topologyKey: string;
  readonly selector: LabelSelector;
  readonly namespaces: ReadonlySet<string>;
  /** Namespaces by their labels, beside those that are named. */
  readonly namespaceSelector: LabelSelector | undefined;
  /** 1 to 100 for preferred terms, 0 for required ones. */
  readonly weight: number;
}

export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
}

const none: readonly never[] = Object.freeze([]);
const noTerms: AffinityTerms = Object.freeze({ required: none, preferred: none });

export class PodInfo {
  readonly pod: DeepReadonly<Pod>;
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly requests: Requests;
  readonly scored: Requests;
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly DeepReadonly<Toleration>[];
  readonly affinity: AffinityTerms;
  readonly antiAffinity: AffinityTerms;

  constructor(pod: DeepReadonly<Pod>) {
    const { metadata, spec } = pod;
    this.pod = pod;
    this.key = keyOf(pod);
    this.uid = metadata.uid ?? '';
    this.namespace = metadata.namespace ?? '';
    this.labels = metadata.labels ?? {};
    this.priority = spec?.priority ?? 0;
    this.requests = podRequests(pod);
    this.scored = scoredRequests(pod);
    this.hostPorts = hostPortsOf(pod);
    this.tolerations = spec?.tolerations ?? none;
    this.affinity = termsOf(pod, spec?.affinity?.podAffinity);
    this.antiAffinity = termsOf(pod, spec?.affinity?.podAntiAffinity);
  }

  get nodeName(): string {
    return this.pod.spec?.nodeName ?? '';
  }

  get schedulerName(): string {
    return this.pod.spec?.schedulerName ?? '';
  }

  get terminating(): boolean {
    return this.pod.metadata.deletionTimestamp !== undefined;
  }

  get hasAffinity(): boolean {
    return this.affinity !== noTerms || this.antiAffinity !== noTerms;
  }
}

function hostPortsOf({ spec }: DeepReadonly<Pod>): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  for (const container of spec?.containers ?? []) {
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of container.ports ?? []) {
      if (hostPort > 0) (ports ??= []).push({ protocol, ip: hostIP === '' ? '0.0.0.0' : hostIP, port: hostPort });
    }
  }
  // Sidecars keep running beside the containers; other init containers are over by then.
  for (const container of spec?.initContainers ?? []) {
    if (container.restartPolicy !== 'Always') continue;
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of container.ports ?? []) {
      if (hostPort > 0) (ports ??= []).push({ protocol, ip: hostIP === '' ? '0.0.0.0' : hostIP, port: hostPort });
    }
  }
  return ports ?? none;
}

/** Whether the term speaks of the pod. */
export function termMatches(
  { selector, namespaces, namespaceSelector }: AffinityTerm,
  pod: PodInfo,
  labelsOf: (namespace: string) => Readonly<Record<string, string>> | undefined,
): boolean {
  if (!namespaces.has(pod.namespace) && namespaceSelector?.matches(labelsOf(pod.namespace)) !== true) return false;
  return selector.matches(pod.labels);
}

interface Terms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly DeepReadonly<PodAffinityTerm>[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly DeepReadonly<WeightedPodAffinityTerm>[];
}

function termsOf(pod: DeepReadonly<Pod>, terms: Terms | undefined): AffinityTerms {
  const required = terms?.requiredDuringSchedulingIgnoredDuringExecution ?? none;
  const preferred = terms?.preferredDuringSchedulingIgnoredDuringExecution ?? none;
  if (required.length === 0 && preferred.length === 0) return noTerms;
  return {
    required: required.map((term) => termOf(pod, term, 0)),
    preferred: preferred.map(({ podAffinityTerm, weight }) => termOf(pod, podAffinityTerm, weight)),
  };
}

function termOf(pod: DeepReadonly<Pod>, term: DeepReadonly<PodAffinityTerm>, weight: number): AffinityTerm {
  const { namespaces = none, namespaceSelector, labelSelector, topologyKey } = term;
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  const selector = labelSelectorFromSpec(labelSelector);
  const named = new Set(own ? [pod.metadata.namespace ?? ''] : namespaces);
  const selected = namespaceSelector === undefined ? undefined : labelSelectorFromSpec(namespaceSelector);
  const id = [
    topologyKey,
    weight,
    [...named].toSorted().join(),
    selected?.toString() ?? '-',
    `${selector.selectable}`,
    selector.toString(),
  ].join('|');
  return { id, topologyKey, selector, namespaces: named, namespaceSelector: selected, weight };
}
