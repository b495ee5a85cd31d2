/** What a service uses: node ports and load balancers, besides being one. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { Quantity, zeroQuantity } from '../../../machinery/mod.ts';
import type { Service } from '../../upstream/types.ts';
import { oneObject, type QuotaEvaluator } from './usage.ts';

const names = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers'];

export const serviceEvaluator: QuotaEvaluator = {
  counts: (name) => names.includes(name),
  usage(object) {
    const { spec } = object as DeepReadonly<Service>;
    const balanced = spec?.type === 'LoadBalancer';
    return new Map([
      ['count/services', oneObject],
      ['services', oneObject],
      ['services.nodeports', Quantity.of(nodePorts(spec))],
      ['services.loadbalancers', balanced ? oneObject : zeroQuantity],
    ]);
  },
  changes: (subresource) => subresource === undefined,
};

function nodePorts(spec: DeepReadonly<Service>['spec']): number {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = spec ?? {};
  if (type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts)) return ports.length;
  if (type === 'LoadBalancer') return ports.filter(({ nodePort = 0 }) => nodePort !== 0).length;
  return 0;
}
