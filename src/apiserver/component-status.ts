/**
 * The health of the control plane's parts, looked at when somebody asks. A part that runs in this process is well; one that
 * runs elsewhere is as long as it holds the lease by which its programs agree on a leader.
 */
import { leases } from '../api/mod.ts';
import { errorText } from '../base/mod.ts';
import type { ComputedObjects } from './subresources.ts';
import type { WriteWorld } from './world.ts';

export type ControlPlanePart = 'scheduler' | 'controller-manager';

/** What is wrong; undefined: nothing. */
type Look = () => string | undefined | Promise<string | undefined>;

export function componentStatuses(
  world: WriteWorld,
  runsHere: (part: ControlPlanePart) => boolean = () => false,
): ComputedObjects {
  const part = (name: ControlPlanePart): Look => {
    return () => (runsHere(name) ? undefined : leaseProblem(world, `kube-${name}`));
  };
  const looks: readonly (readonly [name: string, look: Look])[] = [
    ['scheduler', part('scheduler')],
    ['controller-manager', part('controller-manager')],
    ['etcd-0', () => storeProblem(world)],
  ];
  return {
    on: 'componentstatuses',
    unknown: (name) => `Component not found: ${name}`,
    objects: () =>
      Promise.all(
        looks.map(async ([name, look]) => {
          const problem = await look();
          const condition = {
            type: 'Healthy',
            status: problem === undefined ? 'True' : 'False',
            message: problem ?? 'ok',
          };
          return {
            kind: 'ComponentStatus',
            apiVersion: 'v1',
            metadata: { name, creationTimestamp: null },
            conditions: [condition],
          };
        }),
      ),
  };
}

async function storeProblem({ store }: WriteWorld): Promise<string | undefined> {
  try {
    await store.sync();
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}

function leaseProblem({ objects, clock }: WriteWorld, name: string): string | undefined {
  const {
    holderIdentity = '',
    renewTime,
    leaseDurationSeconds = 0,
  } = objects.get(leases, `kube-system/${name}`)?.spec ?? {};
  const endMs = Date.parse(renewTime ?? '') + leaseDurationSeconds * 1000;
  return holderIdentity !== '' && endMs > clock.now() ? undefined : `lease kube-system/${name} is not held`;
}
