/** The client's contracts over both of its transports: in the process, and over HTTPS on the loopback. */
import { clientContract, type ClientUnderTest } from '../src/client/client.contract.ts';
import { informerContract } from '../src/client/informer.contract.ts';
import { watchContract } from '../src/client/watch.contract.ts';
import { startApiServer } from '../src/main/testing.ts';
import { until } from './until.ts';

async function start(https: boolean): Promise<ClientUnderTest> {
  const cluster = await startApiServer({ https });
  const { clock, store } = cluster;
  return {
    client: https ? cluster.endpoint.client() : cluster.client,
    clock,
    compact: () => store.compact(store.current.revision),
    cut: https ? () => cluster.endpoint.cut() : undefined,
    until: (done) => until(done, 'what was waited for'),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

for (const contract of [clientContract, watchContract, informerContract]) {
  contract('in process', () => start(false));
  contract('over HTTPS', () => start(true));
}
