/** What a pod uses: a place, and while it may run what its containers ask for. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { parseQuantity, zeroQuantity, type Quantity } from '../../../machinery/mod.ts';
import type { ContainerStatus, Pod, PodAffinityTerm, PodSpec } from '../../upstream/types.ts';
import { implicitDevice, isExtendedResource, isNativeResource, podTotal, qosClassOf } from '../pod-spec/resources.ts';
import { oneObject, type QuotaEvaluator, type QuotaScope } from './usage.ts';
import { meansName } from './scopes.ts';

type ReadPod = DeepReadonly<Pod>;
type Amounts = Readonly<Record<string, string>>;

const count = 'count/pods';
const computed = ['cpu', 'memory', 'ephemeral-storage'];
const names: ReadonlySet<string> = new Set([
  count,
  'pods',
  ...computed.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** Where these are limited every container has to say how much it wants. Upstream regrets it, and keeps it to these. */
const demanded = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

export const podEvaluator: QuotaEvaluator = {
  counts: (name) =>
    names.has(name) ||
    name.startsWith('hugepages-') ||
    name.startsWith('requests.hugepages-') ||
    (name.startsWith('requests.') && (!isNativeResource(name) || name.startsWith(`requests.${implicitDevice}`))),
  usage(object, now) {
    const pod = object as ReadPod;
    const used = new Map([[count, oneObject]]);
    if (!mayRun(pod, now) || pod.spec === undefined) return used;
    used.set('pods', oneObject);
    addRequests(used, totalOf(pod, pod.spec, 'requests'));
    addLimits(used, totalOf(pod, pod.spec, 'limits'));
    return used;
  },
  inScope: (scope, object) => inScope(scope, object as ReadPod),
  lacks(limited, object) {
    const { spec } = object as ReadPod;
    if (spec === undefined || Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits }).length > 0)
      return undefined;
    const problems = demanded
      .filter((name) => limited.includes(name))
      .map((name) => [name, containersWithout(spec, name)] as const)
      .filter(([, containers]) => containers.length > 0)
      .map(([name, containers]) => `${name} for: ${containers.join(',')}`);
    return problems.length === 0 ? undefined : `must specify ${problems.join('; ')}`;
  },
  changes: (subresource, object, old) =>
    subresource === 'resize' ||
    (subresource === undefined && endsInTime(object as ReadPod) !== endsInTime(old as ReadPod)),
};

/** It has not ended, and the time that it had to end is not over. */
function mayRun({ metadata, status }: ReadPod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** Whether it is in the scope Terminating: the only one that a change can take it into. */
function endsInTime({ spec }: ReadPod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

/**
 * With what running a pod costs by itself. While it is resized the larger of what is and what shall be counts; what shall be
 * does not, once its node has said that it cannot be.
 */
function totalOf(pod: ReadPod, spec: DeepReadonly<PodSpec>, list: 'requests' | 'limits'): Map<string, Quantity> {
  const { containerStatuses = [], initContainerStatuses = [], conditions, ...status } = pod.status ?? {};
  const statuses = [...containerStatuses, ...initContainerStatuses];
  const pending = conditions?.find(({ type }) => type === 'PodResizePending');
  const counted = (asked: Amounts | undefined, used: Partial<Sized> | undefined): Amounts | undefined =>
    used?.resources === undefined
      ? asked
      : largest(pending?.reason === 'Infeasible' ? undefined : asked, inUse(used, list));
  const total = podTotal(spec, list, ({ name, resources }) =>
    counted(
      resources?.[list],
      statuses.find((one) => one.name === name),
    ),
  );
  const whole = counted(spec.resources?.[list], status);
  for (const name in spec.resources?.[list]) total.set(name, parseQuantity(whole?.[name] ?? '0'));
  for (const name in spec.overhead) {
    const before = total.get(name);
    // Nobody limits what nobody limited before.
    if (list === 'limits' && (before === undefined || before.isZero)) continue;
    total.set(name, (before ?? zeroQuantity).add(parseQuantity(spec.overhead[name] ?? '0')));
  }
  return total;
}

/** What the status says of a container, or of the pod as a whole. */
type Sized = Pick<DeepReadonly<ContainerStatus>, 'resources' | 'allocatedResources'>;

function inUse({ resources, allocatedResources }: Partial<Sized>, list: 'requests' | 'limits'): Amounts | undefined {
  const actual = resources?.[list];
  return list === 'requests' ? largest(actual, allocatedResources) : actual;
}

function largest(a: Amounts | undefined, b: Amounts | undefined): Amounts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const out: Record<string, string> = { ...a };
  for (const name in b) {
    const [one, other] = [out[name], b[name] ?? '0'];
    if (one === undefined || parseQuantity(other).compare(parseQuantity(one)) > 0) out[name] = other;
  }
  return out;
}

function addRequests(used: Map<string, Quantity>, requests: ReadonlyMap<string, Quantity>): void {
  for (const [name, amount] of requests) {
    const plain = computed.includes(name) || name.startsWith('hugepages-');
    if (plain) used.set(name, amount);
    if (plain || isExtendedResource(name) || name.startsWith(implicitDevice)) used.set(`requests.${name}`, amount);
  }
}

function addLimits(used: Map<string, Quantity>, limits: ReadonlyMap<string, Quantity>): void {
  for (const [name, amount] of limits) if (computed.includes(name)) used.set(`limits.${name}`, amount);
}

function containersWithout(spec: DeepReadonly<PodSpec>, limited: string): string[] {
  const list = limited.startsWith('limits.') ? 'limits' : 'requests';
  const name = limited.slice(limited.indexOf('.') + 1);
  return [...spec.containers, ...(spec.initContainers ?? [])]
    .filter(({ resources }) => resources?.[list]?.[name] === undefined)
    .map((container) => container.name)
    .sort();
}

function inScope(scope: QuotaScope, pod: ReadPod): boolean {
  const { spec } = pod;
  if (spec === undefined) return false;
  const className = spec.priorityClassName ?? '';
  switch (scope.scopeName) {
    case 'Terminating':
      return endsInTime(pod);
    case 'NotTerminating':
      return !endsInTime(pod);
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return meansName(scope, className === '' ? [] : [className]);
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec).some(
        ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
      );
    default:
      return false;
  }
}

function affinityTerms({ affinity }: DeepReadonly<PodSpec>): readonly DeepReadonly<PodAffinityTerm>[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}
