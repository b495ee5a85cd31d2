/**
 * What the kubelet writes on sandboxes and containers, and reads back: a restarted kubelet knows nothing else. The names
 * are upstream's, so tools that look at the runtime see what they are used to; one label more says whose node it is, so
 * kubelets that share a runtime leave each other's pods alone.
 */
import type { ContainerView, PodView } from './pod.ts';
import { uidOf } from './pod.ts';
import type { StringMap } from './ports.ts';

export const podName = 'io.kubernetes.pod.name';
export const podNamespace = 'io.kubernetes.pod.namespace';
export const podUid = 'io.kubernetes.pod.uid';
const containerName = 'io.kubernetes.container.name';
export const ownerNode = 'io.kutter.node';

const hashKey = 'io.kubernetes.container.hash';
const restartCountKey = 'io.kubernetes.container.restartCount';
const messagePathKey = 'io.kubernetes.container.terminationMessagePath';
const messagePolicyKey = 'io.kubernetes.container.terminationMessagePolicy';
const gracePeriodKey = 'io.kubernetes.pod.terminationGracePeriod';
const deletionGracePeriodKey = 'io.kubernetes.pod.deletionGracePeriod';
const preStopKey = 'io.kubernetes.container.preStopHandler';
const portsKey = 'io.kubernetes.container.ports';

export function sandboxLabels(pod: PodView, nodeName: string): StringMap {
  return { ...pod.metadata.labels, ...identity(pod), [ownerNode]: nodeName };
}

export function containerLabels(pod: PodView, container: ContainerView, nodeName: string): StringMap {
  return { ...identity(pod), [containerName]: container.name, [ownerNode]: nodeName };
}

function identity(pod: PodView): Record<string, string> {
  return {
    [podName]: pod.metadata.name ?? '',
    [podNamespace]: pod.metadata.namespace ?? '',
    [podUid]: uidOf(pod),
  };
}

export function containerAnnotations(pod: PodView, container: ContainerView, restartCount: number): StringMap {
  const { terminationMessagePath = '', terminationMessagePolicy = '', lifecycle, ports } = container;
  const { deletionGracePeriodSeconds } = pod.metadata;
  const grace = pod.spec?.terminationGracePeriodSeconds;
  return {
    [hashKey]: containerHash(container),
    [restartCountKey]: String(restartCount),
    [messagePathKey]: terminationMessagePath,
    [messagePolicyKey]: terminationMessagePolicy,
    ...(deletionGracePeriodSeconds === undefined
      ? {}
      : { [deletionGracePeriodKey]: String(deletionGracePeriodSeconds) }),
    ...(grace === undefined ? {} : { [gracePeriodKey]: String(grace) }),
    ...(lifecycle?.preStop === undefined ? {} : { [preStopKey]: JSON.stringify(lifecycle) }),
    ...(ports === undefined ? {} : { [portsKey]: JSON.stringify(ports) }),
  };
}

export interface ContainerNotes {
  readonly hash: string | undefined;
  readonly restartCount: number;
  readonly messagePath: string;
  readonly messagePolicy: string;
  readonly gracePeriodSeconds: number | undefined;
}

export function notesOf(annotations: StringMap): ContainerNotes {
  const number = (key: string): number | undefined => {
    const text = annotations[key];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return {
    hash: annotations[hashKey],
    restartCount: number(restartCountKey) ?? 0,
    messagePath: annotations[messagePathKey] ?? '',
    messagePolicy: annotations[messagePolicyKey] ?? 'File',
    gracePeriodSeconds: number(deletionGracePeriodKey) ?? number(gracePeriodKey),
  };
}

/** What may not change under a running container: its name and image, as upstream since 1.31. */
export function containerHash({ name, image }: ContainerView): string {
  return fnv32a(JSON.stringify({ name, image: image ?? '' })).toString(16);
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** The pod as far as the runtime's labels tell, for ending one that the API no longer knows. */
export function podFromLabels(labels: StringMap, nodeName: string, graceSeconds: number | undefined): PodView {
  const uid = labels[podUid] ?? '';
  const grace = graceSeconds === undefined ? {} : { terminationGracePeriodSeconds: graceSeconds };
  const metadata = { name: labels[podName] ?? '', namespace: labels[podNamespace] ?? '', uid };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName, containers: [], ...grace } };
}
