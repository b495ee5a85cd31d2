/** `kutter controller-manager`: the controllers as a program of their own, against any API server. */
import { kinds } from '../api/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { controllers, startControllers } from '../controllers/mod.ts';
import { AccountClients } from './account-clients.ts';
import { runComponent } from './component.ts';

export function run(invocation: Invocation): Promise<void> {
  return runComponent('controller-manager', invocation, async (world) => {
    const { cache, clock, log, access } = world;
    await using stack = new AsyncDisposableStack();
    const accounts = stack.use(await AccountClients.open(world, new Set(controllers.map(({ account }) => account))));
    const clientFor = accounts.clientFor.bind(accounts);
    stack.use(
      await startControllers(
        { clientFor, cache, clock, log },
        { resources: kinds, rootCa: access.certificateAuthority },
      ),
    );
    return stack.move();
  });
}
