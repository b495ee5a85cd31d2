/**
 * Starts controllers over one set of informers, each with a client of its own identity.
 *
 * What always holds: a controller starts once its own views are complete, and disposing waits for what is being carried out.
 */
import type { Clock, Log } from '../base/mod.ts';
import {
  ControllerRun,
  EventRecorder,
  type Client,
  type ControllerWorld,
  type InformerCache,
  type ServedResources,
} from '../client/mod.ts';
import { controllers } from './all.ts';
import { defaultControllerOptions, unitsFor, type ControllerOptions, type ControllerUnit } from './unit.ts';

export interface ControllersWorld {
  /** A client that acts as the service account of this name in kube-system. */
  readonly clientFor: (account: string) => Client;
  readonly cache: InformerCache;
  readonly resources: ServedResources;
  readonly clock: Clock;
  readonly log: Log;
  readonly onPlan?: ControllerWorld['onPlan'];
}

export type StartOptions = Pick<ControllerOptions, 'rootCa'> &
  Partial<ControllerOptions> & {
    /** Which controllers to run; all of them unless said otherwise. */
    readonly enabled?: (unit: ControllerUnit) => boolean;
  };

export async function startControllers(world: ControllersWorld, options: StartOptions): Promise<AsyncDisposable> {
  const { enabled = () => true, ...given } = options;
  const settings: ControllerOptions = { ...defaultControllerOptions, ...given };
  const running = new AsyncDisposableStack();
  const starting = unitsFor(controllers, world.resources)
    .filter(enabled)
    .flatMap((unit) => {
      const client = world.clientFor(unit.account);
      const { cache, resources, clock, onPlan } = world;
      const log = world.log.with({ controller: unit.name });
      const events = new EventRecorder({ client, clock, log }, { component: unit.component });
      const own: ControllerWorld = {
        client,
        cache,
        resources,
        events,
        clock,
        log,
        ...(onPlan === undefined ? {} : { onPlan }),
      };
      return unit
        .controllers(settings, resources)
        .map((controller) => running.use(new ControllerRun(controller, own)).start());
    });
  await Promise.all(starting);
  return running;
}

/** The user that a controller's account is, as the API server sees it. */
export function controllerUser(account: string): { readonly username: string; readonly groups: readonly string[] } {
  if (account === '') return { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
  return {
    username: `system:serviceaccount:kube-system:${account}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
}
