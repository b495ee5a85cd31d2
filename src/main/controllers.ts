/** `kutter controller-manager`: the controllers as a program of their own, against any API server. */
import { kinds } from '../api/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { startControllers } from '../controllers/mod.ts';
import { runComponent } from './component.ts';

export function run(invocation: Invocation): Promise<void> {
  return runComponent('controller-manager', invocation, ({ client, cache, clock, log, certificateAuthority }) =>
    startControllers(
      { clientFor: () => client, cache, clock, log },
      { resources: kinds, rootCa: certificateAuthority },
    ),
  );
}
