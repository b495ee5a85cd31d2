/** RuntimeClass: what a way of running containers costs by itself, and which nodes have it, becomes part of the pod. */
import { runtimeClasses, type PodSpec, type RuntimeClass } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { goQuote, parseQuantity } from '../../machinery/mod.ts';
import { forbidden, podSpecOf, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import { mergeTolerations } from './tolerations.ts';

type Amounts = Readonly<Record<string, string>>;

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  on: ['pods'],
  mutate(request) {
    const spec = podSpecOf(request, 'CREATE');
    if (spec === undefined) return;
    const found = classOf(request, spec);
    if (found?.overhead !== undefined) {
      if (spec.overhead !== undefined) checkOverhead(request, spec, found);
      const { podFixed } = found.overhead;
      if (podFixed === undefined) delete spec.overhead;
      else spec.overhead = { ...podFixed };
    }
    if (found?.scheduling !== undefined) addScheduling(request, spec, found.scheduling);
  },
  validate(request) {
    const spec = podSpecOf(request, 'CREATE');
    if (spec === undefined) return;
    const found = classOf(request, spec);
    if (found?.overhead !== undefined) checkOverhead(request, spec, found);
    else if (spec.overhead !== undefined)
      throw forbidden(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  },
};

function classOf(request: AdmissionRequest, { runtimeClassName }: PodSpec): DeepReadonly<RuntimeClass> | undefined {
  if (runtimeClassName === undefined) return undefined;
  const found = request.objects.get(runtimeClasses, runtimeClassName);
  if (found === undefined)
    throw forbidden(request, `pod rejected: RuntimeClass ${goQuote(runtimeClassName)} not found`);
  return found;
}

function checkOverhead(request: AdmissionRequest, { overhead = {} }: PodSpec, found: DeepReadonly<RuntimeClass>): void {
  if (!sameAmounts(overhead, found.overhead?.podFixed ?? {}))
    throw forbidden(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const other = b[name];
      return other !== undefined && parseQuantity(a[name] ?? '0').equals(parseQuantity(other));
    })
  );
}

function addScheduling(
  request: AdmissionRequest,
  spec: PodSpec,
  { nodeSelector = {}, tolerations = [] }: DeepReadonly<NonNullable<RuntimeClass['scheduling']>>,
): void {
  const asked = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const other = asked[key];
    if (other !== undefined && other !== value)
      throw forbidden(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${other}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...asked, ...nodeSelector };
  const merged = mergeTolerations(spec.tolerations ?? [], tolerations);
  if (merged.length > 0) spec.tolerations = merged;
}
