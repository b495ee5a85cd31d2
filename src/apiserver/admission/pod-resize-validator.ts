/** PodResizeValidator: a pod that is resized where it runs must still fit onto its node. */
import { nodes, podTotal, type Pod } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { ApiError, parseQuantity, zeroQuantity, type Quantity } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

export const podResizeValidator: AdmissionPlugin = {
  name: 'PodResizeValidator',
  on: ['pods'],
  validate(request) {
    const { operation, subresource, draft, old, objects } = request;
    if (operation !== 'UPDATE' || subresource !== 'resize' || draft === undefined) return;
    const { spec } = draft as Pod;
    const nodeName = spec?.nodeName ?? '';
    if (spec === undefined || nodeName === '' || draft.metadata?.generation === old?.metadata?.generation) return;
    const node = objects.get(nodes, nodeName);
    if (node === undefined) throw forbidden(request, `node ${JSON.stringify(nodeName)} not found`);
    const system = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux';
    if (system !== 'linux')
      throw refusal(
        request,
        'UnsupportedPlatform',
        `pod resize is only supported on linux nodes, node ${JSON.stringify(nodeName)} is ${JSON.stringify(system)}`,
      );
    const lacking = lackOf(spec, node.status?.allocatable ?? {});
    if (lacking.length > 0)
      throw refusal(request, 'NodeCapacity', `node didn't have enough allocatable resources: ${lacking.join('; ')}`);
  },
};

/** What the pod asks for and its node does not have, as upstream words it. */
function lackOf(spec: DeepReadonly<NonNullable<Pod['spec']>>, allocatable: Readonly<Record<string, string>>): string[] {
  const requests = podTotal(spec, 'requests');
  return (['cpu', 'memory'] as const).flatMap((name) => {
    const asked = (requests.get(name) ?? zeroQuantity).add(parseQuantity(spec.overhead?.[name] ?? '0'));
    const there = parseQuantity(allocatable[name] ?? '0');
    if (asked.compare(there) <= 0) return [];
    const number = (amount: Quantity): number => (name === 'cpu' ? amount.milliValue() : amount.value());
    return [`${name}, requested: ${number(asked)}, allocatable: ${number(there)}`];
  });
}

function refusal(request: AdmissionRequest, cause: string, why: string): ApiError {
  const { reason, message, details } = forbidden(request, why);
  return new ApiError(reason, message, { details: { ...details, causes: [{ reason: cause }] } });
}
