/** `kutter controller-manager`: the controllers as a program of their own, against any API server. */
import type { Invocation } from '../cli/mod.ts';
import { DiscoveredResources } from '../client/mod.ts';
import { controllers, startControllers } from '../controllers/mod.ts';
import { AccountClients } from './account-clients.ts';
import { runComponent } from './component.ts';

export function run(invocation: Invocation): Promise<void> {
  return runComponent('controller-manager', invocation, async (world) => {
    const { cache, clock, log, access } = world;
    await using stack = new AsyncDisposableStack();
    const accounts = stack.use(await AccountClients.open(world, new Set(controllers.map(({ account }) => account))));
    const clientFor = accounts.clientFor.bind(accounts);
    const resources = stack.use(await new DiscoveredResources(world).start());
    stack.use(
      await startControllers({ clientFor, cache, resources, clock, log }, { rootCa: access.certificateAuthority }),
    );
    return stack.move();
  });
}
