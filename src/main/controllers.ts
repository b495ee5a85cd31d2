/** `kutter controller-manager`: the controllers as a program of their own, against any API server. */
import { kinds } from '../api/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { controllers, startControllers } from '../controllers/mod.ts';
import { AccountClients } from './account-clients.ts';
import { runLeading } from './component.ts';

export function run(invocation: Invocation): Promise<void> {
  return runLeading('controller-manager', invocation, async (world) => {
    const stack = new AsyncDisposableStack();
    const clients = stack.use(
      await AccountClients.open(
        controllers.map(({ account }) => account),
        world,
      ),
    );
    const options = { resources: kinds, rootCa: world.certificateAuthority };
    stack.use(await startControllers({ ...world, clientFor: (account) => clients.of(account) }, options));
    return stack;
  });
}
