/** The client's contracts over both of its transports: in the process, and over HTTPS on the loopback. */
import { setTimeout as sleep } from 'node:timers/promises';
import { clientContract, type ClientUnderTest } from '../src/client/client.contract.ts';
import { informerContract } from '../src/client/informer.contract.ts';
import { watchContract } from '../src/client/watch.contract.ts';
import { startApiServer } from '../src/main/testing.ts';

async function start(https: boolean): Promise<ClientUnderTest> {
  const cluster = await startApiServer({ https });
  const { clock, store } = cluster;
  return {
    client: https ? cluster.endpoint.client() : cluster.client,
    clock,
    compact: () => store.compact(store.current.revision),
    cut: https ? () => cluster.endpoint.cut() : undefined,
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

for (const contract of [clientContract, watchContract, informerContract]) {
  contract('in process', () => start(false));
  contract('over HTTPS', () => start(true));
}
