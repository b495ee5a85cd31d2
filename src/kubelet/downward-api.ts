/** The downward API: fields and resources of a pod as text, for environment variables and volumes. Pure. */
import { goQuote, type Labels } from '../machinery/mod.ts';
import type { DeepReadonly } from '../base/mod.ts';
import type { ResourceFieldSelector } from '../api/mod.ts';
import { parseQuantity, Quantity } from '../machinery/mod.ts';
import { containerNamed, type ContainerView, type PodView } from './pod.ts';

export interface PodAddresses {
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
}

/** The value of a field; undefined for a field that does not exist. */
export function podField(pod: PodView, fieldPath: string, { hostIPs, podIPs }: PodAddresses): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const [, map, key = ''] = subscript;
    return pod.metadata[map as 'labels' | 'annotations']?.[key] ?? '';
  }
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
      return hostIPs[0] ?? '';
    case 'status.hostIPs':
      return hostIPs.join(',');
    case 'status.podIP':
      return podIPs[0] ?? '';
    case 'status.podIPs':
      return podIPs.join(',');
    default:
      return undefined;
  }
}

/** Sorted lines of `key="value"`. */
function formatMap(map: Labels | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${goQuote(value)}`)
    .join('\n');
}

/**
 * A container's resource in units of the divisor, rounded up. A limit that is not set is what the node can give. An answer
 * without `value` says what is wrong.
 */
export function resourceField(
  pod: PodView,
  selector: DeepReadonly<ResourceFieldSelector>,
  ownContainer: string,
  allocatable: Readonly<Record<string, string>>,
): { readonly value: string } | { readonly problem: string } {
  const name =
    selector.containerName === undefined || selector.containerName === '' ? ownContainer : selector.containerName;
  const found = containerNamed(pod, name);
  if (found === undefined) return { problem: `container ${name} not found` };
  const [kind, resource = ''] = splitOnce(selector.resource);
  const known =
    resource === 'cpu' ||
    resource === 'memory' ||
    resource === 'ephemeral-storage' ||
    resource.startsWith('hugepages-');
  if (!known || (kind !== 'limits' && kind !== 'requests'))
    return { problem: `unsupported container resource : ${selector.resource}` };
  const amount = amountOf(found.container, kind, resource, allocatable);
  const divisor = parseQuantity(selector.divisor ?? '1');
  const unit = divisor.isZero ? Quantity.of(1) : divisor;
  const value =
    resource === 'cpu' ? ceilDiv(amount.milliValue(), unit.milliValue()) : ceilDiv(amount.value(), unit.value());
  return { value: String(value) };
}

function amountOf(
  container: ContainerView,
  kind: 'limits' | 'requests',
  resource: string,
  allocatable: Readonly<Record<string, string>>,
): Quantity {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const own = kind === 'limits' ? limits[resource] : requests[resource];
  const text = own ?? (kind === 'limits' ? allocatable[resource] : undefined) ?? '0';
  const amount = parseQuantity(text);
  return kind === 'limits' && amount.isZero ? parseQuantity(allocatable[resource] ?? '0') : amount;
}

function splitOnce(text: string): [string, string | undefined] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
}

function ceilDiv(amount: number, unit: number): number {
  return Math.ceil(amount / Math.max(1, unit));
}
