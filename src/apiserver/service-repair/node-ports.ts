/**
 * Ports of nodes: each is held by one Service, in an entry of its own that is written with the Service. Services that another
 * API server has left in the store have no such entries, and what it deleted may have left some. Every look is at one revision,
 * so what is found to be amiss is amiss, and nothing on its way.
 */
import { nodePortCollection, services, type Service } from '../../api/mod.ts';
import { errorText, type DeepReadonly } from '../../base/mod.ts';
import { EventRecorder } from '../../client/mod.ts';
import type { Claim } from '../../machinery/mod.ts';
import type { Change } from '../../store/mod.ts';
import { repairPeriodMs, type RepairWorld } from './world.ts';

type ReadonlyService = DeepReadonly<Service>;

interface Finding {
  readonly service: ReadonlyService;
  readonly reason: string;
  readonly message: string;
}

/** Looks now and from time to time, until it is disposed. */
export function keepNodePorts(world: RepairWorld): Disposable {
  const { clock, log } = world;
  const events = new EventRecorder(world, { component: 'portallocator-repair-controller' });
  let ended = false;
  let timer: Disposable | undefined;
  const look = async (): Promise<void> => {
    try {
      const { changes, findings } = repairs(world);
      for (const { service, reason, message } of findings)
        await events.record({ regarding: service, type: 'Warning', reason, message });
      // Whatever has changed meanwhile is found the next time.
      for (const change of changes) await world.store.commit([change]);
    } catch (error) {
      log.warn('ports of nodes cannot be repaired', { error: errorText(error) });
    }
    if (!ended) timer = clock.after(repairPeriodMs, () => void look());
  };
  void look();
  return {
    [Symbol.dispose]() {
      ended = true;
      timer?.[Symbol.dispose]();
    },
  };
}

/** What is to be written, and told of. */
function repairs({ store, config }: RepairWorld): { readonly changes: Change[]; readonly findings: Finding[] } {
  const held = store.current.collection(nodePortCollection);
  const owned = new Set<string>();
  const changes: Change[] = [];
  const findings: Finding[] = [];
  const { first, last } = config.nodePortRange;
  store.current.collection(services.collection ?? '').scan((entry) => {
    const service = entry.value as unknown as ReadonlyService;
    for (const { name, value } of claimedPorts(service)) {
      const find = (reason: string, message: string): void => void findings.push({ service, reason, message });
      const port = Number(name);
      if (port < first || port > last)
        find('PortOutOfRange', `Port ${name} is not within the port range ${first}-${last}; please recreate service`);
      else if (owned.has(name))
        find('PortAlreadyAllocated', `Port ${name} was assigned to multiple services; please recreate service`);
      else if (held.get(name) === undefined) {
        find('PortNotAllocated', `Port ${name} is not allocated; repairing`);
        changes.push({ collection: nodePortCollection, name, expected: 0, value });
      }
      owned.add(name);
    }
  });
  held.scan(({ name, revision }) => {
    if (!owned.has(name)) changes.push({ collection: nodePortCollection, name, expected: revision, value: undefined });
  });
  return { changes, findings };
}

function claimedPorts(service: ReadonlyService): readonly Claim[] {
  const { type } = service.spec ?? {};
  if (type !== 'NodePort' && type !== 'LoadBalancer') return [];
  return (services.strategy.claims?.(service) ?? []).filter(({ collection }) => collection === nodePortCollection);
}
