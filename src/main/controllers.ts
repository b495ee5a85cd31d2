/** `kutter controller-manager`: the controllers as a program of their own, against any API server. */
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { signKeptToken } from '../apiserver/mod.ts';
import { UsageError, type Invocation } from '../cli/mod.ts';
import { DiscoveredResources } from '../client/mod.ts';
import { controllers, startControllers, unitsFor, type ControllerOptions } from '../controllers/mod.ts';
import { authorityOf, tokenKeys } from '../host/pki/mod.ts';
import { parseDuration } from '../machinery/mod.ts';
import { AccountClients } from './account-clients.ts';
import { runComponent } from './component.ts';

/** With what certificates and tokens are signed, as upstream's flags say it. Without these nobody signs any. */
async function signing(
  invocation: Invocation,
): Promise<Pick<ControllerOptions, 'certificates' | 'signKeptToken'> & { readonly certificateLifeMs?: number }> {
  const [certificate, key, accountKey] = await Promise.all(
    ['cluster-signing-cert-file', 'cluster-signing-key-file', 'service-account-private-key-file'].map(async (name) => {
      const path = invocation.string(name);
      return path === undefined ? undefined : await readFile(path, 'utf8');
    }),
  );
  const life = invocation.string('cluster-signing-duration');
  const lifeMs = life === undefined ? undefined : parseDuration(life);
  if (life !== undefined && lifeMs === undefined)
    throw new UsageError(`--cluster-signing-duration ${life}: a duration such as 8760h`);
  const keys = accountKey === undefined ? undefined : tokenKeys(createPrivateKey(accountKey));
  return {
    ...(certificate === undefined || key === undefined ? {} : { certificates: authorityOf(certificate, key) }),
    ...(keys === undefined ? {} : { signKeptToken: (claims) => signKeptToken(keys, claims) }),
    ...(lifeMs === undefined ? {} : { certificateLifeMs: lifeMs }),
  };
}

export function run(invocation: Invocation): Promise<void> {
  return runComponent('controller-manager', invocation, async (world) => {
    const { cache, clock, log, access } = world;
    await using stack = new AsyncDisposableStack();
    const resources = stack.use(await new DiscoveredResources(world).start());
    const names = new Set(unitsFor(controllers, resources).map(({ account }) => account));
    const accounts = stack.use(await AccountClients.open(world, names));
    const clientFor = accounts.clientFor.bind(accounts);
    stack.use(
      await startControllers(
        { clientFor, cache, resources, clock, log },
        { rootCa: access.certificateAuthority, ...(await signing(invocation)) },
      ),
    );
    return stack.move();
  });
}
