/**
 * The ServiceCIDR `kubernetes`: the range that the API server was started with. It is made anew when it is gone, and never
 * changed: what does not fit is told once.
 */
import { serviceCidrs, type ServiceCIDR } from '../../api/mod.ts';
import { errorText, rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { EventRecorder } from '../../client/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { RepairWorld } from './world.ts';

type Range = DeepReadonly<ServiceCIDR>;
type DefaultRangeWorld = Omit<RepairWorld, 'store'>;

const metadata = { name: 'kubernetes' };
const manager = 'kubernetes-service-cidr-controller';
const periodMs = 10_000;
const message = 'Kubernetes default Service CIDR is ready';

/** Makes the range and says that it is ready, where that is not so. Rejects with ApiError. */
export async function ensureDefaultRange(world: DefaultRangeWorld): Promise<Range> {
  const { objects, client, config, clock } = world;
  const range =
    objects.get(serviceCidrs, metadata.name) ??
    (await client.create(serviceCidrs, { metadata, spec: { cidrs: [config.serviceCidr] } }).catch((error: unknown) => {
      const made = objects.get(serviceCidrs, metadata.name);
      // Another server was faster.
      if (isApiError(error, 'AlreadyExists') && made !== undefined) return made;
      throw error;
    }));
  const status = readyOf(range)?.status ?? 'Unknown';
  if (range.metadata.deletionTimestamp !== undefined || !isOwn(range, config.serviceCidr) || status !== 'Unknown')
    return range;
  const condition = { type: 'Ready', status: 'True', lastTransitionTime: rfc3339(clock.now()), reason: '', message };
  const patch = { type: 'strategic', body: { status: { conditions: [condition] } } } as const;
  return client.patch(serviceCidrs, metadata, patch, { subresource: 'status', fieldManager: manager });
}

/** Keeps at it until it is disposed. */
export function keepDefaultRange(world: DefaultRangeWorld): Disposable {
  const { clock, log, config } = world;
  const events = new EventRecorder(world, { component: manager });
  const told = new Set<'different' | 'not ready'>();
  let ended = false;
  const tell = async (range: Range): Promise<void> => {
    const ready = readyOf(range);
    const warn = async (what: 'different' | 'not ready', reason: string, why: string): Promise<void> => {
      if (told.has(what)) return;
      told.add(what);
      await events.record({ regarding: range, type: 'Warning', reason, message: why });
    };
    if (range.metadata.deletionTimestamp !== undefined) return;
    if (!isOwn(range, config.serviceCidr))
      await warn(
        'different',
        'KubernetesDefaultServiceCIDRInconsistent',
        `The default ServiceCIDR [${(range.spec?.cidrs ?? []).join(' ')}] does not match the controller flag configurations [${config.serviceCidr}]`,
      );
    else if (ready?.status === 'False')
      await warn('not ready', ready.reason, `Configuration matches, but ${ready.message}`);
  };
  const look = async (): Promise<void> => {
    try {
      await tell(await ensureDefaultRange(world));
    } catch (error) {
      log.warn('the default ServiceCIDR cannot be kept', { error: errorText(error) });
    }
    if (!ended) timer = clock.after(periodMs, () => void look());
  };
  let timer = clock.after(periodMs, () => void look());
  return {
    [Symbol.dispose]() {
      ended = true;
      timer[Symbol.dispose]();
    },
  };
}

function readyOf({ status }: Range) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function isOwn({ spec }: Range, cidr: string): boolean {
  return spec?.cidrs?.length === 1 && spec.cidrs[0] === cidr;
}
