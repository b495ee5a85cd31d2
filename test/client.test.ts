/** The client's contract over both of its transports: in the process, and over HTTPS on the loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import { clientContract, type ClientUnderTest } from '../src/client/client.contract.ts';
import { startApiServer } from '../src/main/testing.ts';

async function start(transport: 'in-process' | 'https'): Promise<ClientUnderTest> {
  const cluster = await startApiServer({ https: transport === 'https' });
  return {
    client: transport === 'https' ? cluster.endpoint.client() : cluster.client,
    compact: () => cluster.store.compact(cluster.store.current.revision),
    until,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (done()) return;
    await sleep(5);
  }
  throw new Error('what was waited for did not happen');
}

for (const transport of ['in-process', 'https'] as const) {
  clientContract(transport, () => start(transport));
}
