/**
 * What people do with kubectl all day, with three versions of it, against a cluster whose nodes are simulated. The objects
 * of one part are there for the next.
 */
import { test, type TestContext } from 'node:test';
import { startCluster } from '../../src/main/testing.ts';
import { Kubectl } from './kubectl.ts';
import { decidesAccess, discovers, reads, watches } from './kubectl-reads.ts';
import { approves, configures, exposesAndScales, rollsOut, sparesNodes } from './kubectl-runs.ts';
import { applies, appliesOnTheServer, changes, creates, deletes, kustomizes, prunes } from './kubectl-writes.ts';

void test('a tour with kubectl', { concurrency: 3, timeout: 200_000 }, async (t) => {
  await Promise.all((['1.35', '1.32', '1.20'] as const).map((version) => t.test(version, (own) => tour(own, version))));
});

async function tour(t: TestContext, version: Kubectl['version']): Promise<void> {
  // The old one asks for versions of its own time.
  await using cluster = await startCluster({ https: true, nodes: 2, legacyApis: version === '1.20' });
  using kubectl = new Kubectl(version, cluster);
  const part = (name: string, what: (kubectl: Kubectl) => Promise<void>): Promise<void> =>
    t.test(name, () => what(kubectl));
  await part('discovery', discovers);
  await part('apply', applies);
  await part('server-side apply', appliesOnTheServer);
  await part('prune', prunes);
  await part('kustomize', kustomizes);
  await part('changes', changes);
  await part('outputs and selectors', reads);
  await part('watches', watches);
  await part('generators', creates);
  await part('access', decidesAccess);
  await part('rollouts', rollsOut);
  await part('services and scaling', exposesAndScales);
  await part('nodes', sparesNodes);
  await part('certificates', approves);
  await part('configuration', configures);
  await part('deletion', deletes);
}
