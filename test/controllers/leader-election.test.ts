/** Leader election between candidates whose connection to the API server comes and goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases } from '../../src/api/mod.ts';
import { HostError, seededRandom, silentLog } from '../../src/base/mod.ts';
import { LeaderElection, type Client } from '../../src/client/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';

const lease = { namespace: 'kube-system', name: 'kube-controller-manager' };

class Candidate {
  readonly history: string[];
  readonly election: LeaderElection;
  connected = true;

  constructor(cluster: TestCluster, identity: string, history: string[]) {
    this.history = history;
    const cut =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> =>
        this.connected ? call(...args) : Promise.reject(new HostError('Unreachable', 'cut off'));
    const { client: real, clock } = cluster;
    const client = {
      get: cut(real.get.bind(real)),
      create: cut(real.create.bind(real)),
      update: cut(real.update.bind(real)),
    } as unknown as Client;
    const tell = (what: string): void =>
      void history.push(`${Math.round(clock.monotonic() / 1000)}s ${identity} ${what}`);
    this.election = new LeaderElection({
      client,
      clock,
      random: seededRandom(7),
      log: silentLog,
      lease,
      identity,
      onLeading: () => tell('leads'),
      onLost: () => tell('lost'),
    }).start();
  }
}

test('one leads at a time; a leader that is cut off stops before the next one begins', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const history: string[] = [];
  const a = new Candidate(cluster, 'a', history);
  await cluster.advance(100);
  const b = new Candidate(cluster, 'b', history);
  await cluster.advance(60_000);
  assert.deepEqual(history, ['0s a leads']);
  const held = await cluster.client.get(leases, lease);
  assert.deepEqual(
    [held.spec?.holderIdentity, held.spec?.leaseDurationSeconds, held.spec?.leaseTransitions],
    ['a', 15, 0],
  );
  a.connected = false;
  await cluster.advance(60_000);
  assert.equal(a.election.leading, false);
  assert.equal(b.election.leading, true);
  const [, lost, leads, ...rest] = history;
  assert.deepEqual(rest, []);
  const secondsOf = (line: string | undefined): number => Number.parseInt(line ?? '', 10);
  assert.match(lost ?? '', /^(6[89]|70)s a lost$/);
  assert.match(leads ?? '', / b leads$/);
  assert.ok(secondsOf(leads) >= secondsOf(lost) + 5 && secondsOf(leads) <= 82, history.join());
  assert.equal((await cluster.client.get(leases, lease)).spec?.leaseTransitions, 1);
  await b.election[Symbol.asyncDispose]();
  await a.election[Symbol.asyncDispose]();
});

test('a lease that is given back is taken at the next look', async () => {
  await using cluster = await startApiServer({ clock: 'virtual' });
  const history: string[] = [];
  const a = new Candidate(cluster, 'a', history);
  await cluster.advance(100);
  const b = new Candidate(cluster, 'b', history);
  await cluster.advance(1000);
  await a.election[Symbol.asyncDispose]();
  await cluster.advance(5000);
  assert.equal(history.at(-1)?.endsWith('b leads'), true);
  assert.ok(!history.some((line) => line.endsWith('lost')));
  await b.election[Symbol.asyncDispose]();
});
