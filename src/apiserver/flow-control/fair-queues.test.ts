import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, VirtualClock } from '../../base/mod.ts';
import { allocate, bounds } from './allocation.ts';
import { FairQueues, FlowRejection, type Seat, type Work } from './fair-queues.ts';
import { OpenWatches } from './open-watches.ts';
import { deal } from './shuffle-sharding.ts';
import { changeWork, listWork } from './work.ts';

const rest = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
const one: Work = { seats: 1, finalSeats: 0, finalMs: 0 };
const shape = { queues: 4, handSize: 1, queueLengthMax: 10 };

/** Queues with requests that take a second each, and what happens in them. */
class Bench {
  readonly clock = new VirtualClock({ rest });
  readonly queues: FairQueues<string>;
  readonly began: string[] = [];
  readonly refused: string[] = [];
  seatsMost = 0;

  constructor(limit: number, more: Partial<typeof shape> & { waitMaxMs?: number } = {}) {
    const { waitMaxMs = 3_600_000, ...queues } = more;
    this.queues = new FairQueues(this.clock, { ...shape, ...queues }, { limit, waitMaxMs });
  }

  send(
    flow: number,
    name: string,
    work: Work = one,
    { ms = 1000, signal }: { ms?: number; signal?: AbortSignal } = {},
  ): void {
    const begin = (seat: Seat): void => {
      this.began.push(name);
      this.seatsMost = Math.max(this.seatsMost, this.queues.seatsInUse);
      this.clock.after(ms, () => seat.release());
    };
    const refuse = (error: unknown): void => {
      assert.ok(error instanceof FlowRejection);
      this.refused.push(`${name} ${error.reason}`);
    };
    try {
      const entered = this.queues.enter({ tag: name, hand: [flow], work, signal: () => signal });
      if (entered instanceof Promise) entered.then(begin, refuse);
      else begin(entered);
    } catch (error) {
      refuse(error);
    }
  }
}

test('a flow with many requests does not keep one with few from its turn', async () => {
  const bench = new Bench(2);
  for (const name of ['a1', 'a2', 'a3', 'a4']) bench.send(0, name);
  for (const name of ['b1', 'b2']) bench.send(1, name);
  assert.deepEqual(bench.began, ['a1', 'a2']);
  await bench.clock.advance(1000);
  assert.deepEqual(bench.began.slice(2), ['b1', 'b2']);
  await bench.clock.advance(1000);
  assert.deepEqual(bench.began.slice(4), ['a3', 'a4']);
  await bench.clock.advance(1000);
  assert.deepEqual(
    [bench.queues.executing, bench.queues.waiting, bench.queues.seatsInUse, bench.queues.activeQueues],
    [0, 0, 0, 0],
  );
});

test('a queue that is full refuses, one that does not queue refuses at once', () => {
  const bench = new Bench(1, { queueLengthMax: 2 });
  for (let i = 0; i < 4; i++) bench.send(0, `a${i}`);
  bench.send(1, 'b');
  assert.deepEqual(bench.refused, ['a3 queue-full']);
  assert.equal(bench.queues.waiting, 3);
  const rejecting = new Bench(1, { queues: 0 });
  rejecting.send(0, 'a');
  rejecting.send(0, 'b');
  assert.deepEqual([rejecting.began, rejecting.refused], [['a'], ['b concurrency-limit']]);
});

test('a request leaves its queue at its deadline, and with its client', async () => {
  const bench = new Bench(1, { waitMaxMs: 500 });
  const gone = new AbortController();
  bench.send(0, 'a', one, { ms: 2000 });
  bench.send(0, 'b');
  bench.send(0, 'c', one, { signal: gone.signal });
  gone.abort();
  await bench.clock.advance(499);
  assert.deepEqual(bench.refused, ['c cancelled']);
  await bench.clock.advance(1);
  assert.deepEqual(bench.refused, ['c cancelled', 'b time-out']);
  assert.equal(bench.queues.waiting, 0);
});

test('a wide request waits for its seats and runs alone if it needs more than there are', async () => {
  const bench = new Bench(4);
  bench.send(0, 'narrow', one);
  bench.send(1, 'wide', { seats: 10, finalSeats: 0, finalMs: 0 });
  await bench.clock.advance(999);
  assert.deepEqual(bench.began, ['narrow']);
  await bench.clock.advance(1);
  assert.deepEqual([bench.began, bench.queues.seatsInUse], [['narrow', 'wide'], 10]);
  bench.send(2, 'later');
  await bench.clock.advance(999);
  assert.equal(bench.queues.waiting, 1);
  await bench.clock.advance(1);
  assert.deepEqual(bench.began, ['narrow', 'wide', 'later']);
});

test('seats stay taken while watchers are told', async () => {
  const bench = new Bench(2);
  bench.send(0, 'change', { seats: 1, finalSeats: 2, finalMs: 50 });
  bench.send(1, 'next');
  await bench.clock.advance(1000);
  assert.deepEqual(bench.began, ['change']);
  await bench.clock.advance(50);
  assert.deepEqual(bench.began, ['change', 'next']);
});

for (const seed of [1, 2, 3, 4, 5])
  test(`under any load (seed ${seed}) seats are bounded, nobody starves, and flows share alike`, async () => {
    const random = seededRandom(seed);
    const limit = 2 + Math.floor(random.next() * 6);
    const bench = new Bench(limit, { queues: 16, queueLengthMax: 10_000 });
    const flows = 3;
    const load = [400, 100, 40];
    for (let flow = 0; flow < flows; flow++)
      for (let i = 0; i < (load[flow] ?? 0); i++)
        bench.send(flow, `${flow}`, one, { ms: 50 + Math.floor(random.next() * 100) });
    const total = 540;
    // For as long as all three have something to do, each gets about a third.
    let served = [0, 0, 0];
    while (bench.queues.waiting > 0) {
      await bench.clock.advance(100);
      served = [0, 1, 2].map((flow) => bench.began.filter((name) => name === `${flow}`).length);
      if ((served[2] ?? 0) < 40) {
        const [a = 0, b = 0, c = 0] = served;
        assert.ok(
          Math.abs(a - b) <= 3 * limit + 5 && Math.abs(b - c) <= 3 * limit + 5,
          `seed ${seed}: ${served.join(' ')}`,
        );
      }
    }
    await bench.clock.advance(1000);
    assert.equal(bench.began.length, total, `seed ${seed}`);
    assert.ok(bench.seatsMost <= limit, `seed ${seed}: ${bench.seatsMost} of ${limit}`);
    assert.deepEqual([bench.queues.seatsInUse, bench.queues.executing], [0, 0]);
  });

test('hands have different queues, the same for the same flow, and spread over all', () => {
  const used = new Set<number>();
  for (let i = 0; i < 500; i++) {
    const hand = deal(`schema|user-${i}`, 64, 6);
    assert.equal(new Set(hand).size, 6);
    assert.ok(hand.every((card) => card >= 0 && card < 64));
    assert.deepEqual(hand, deal(`schema|user-${i}`, 64, 6));
    for (const card of hand) used.add(card);
  }
  assert.equal(used.size, 64);
  assert.deepEqual(
    deal('x', 3, 8).toSorted((a, b) => a - b),
    [0, 1, 2],
  );
});

test('nominal limits follow the shares; what is not used is lent, and comes back', () => {
  const levels = [
    { shares: 30, lendablePercent: 50, borrowingLimitPercent: undefined },
    { shares: 10, lendablePercent: 0, borrowingLimitPercent: 100 },
  ];
  const all = bounds(100, levels);
  assert.deepEqual(all, [
    { nominal: 75, min: 38 - 1, max: 175 },
    { nominal: 25, min: 25, max: 50 },
  ]);
  const [first, second] = all as [(typeof all)[0], (typeof all)[0]];
  const quiet = { high: 0, smooth: 0 };
  const busy = { high: 1000, smooth: 1000 };
  const idle = allocate(100, [
    { ...first, ...quiet },
    { ...second, ...busy },
  ]);
  assert.ok((idle[1] ?? 0) === 50 && (idle[0] ?? 0) >= 37, `the second borrows what it may: ${idle.join(' ')}`);
  assert.deepEqual(
    allocate(100, [
      { ...first, ...busy },
      { ...second, ...busy },
    ]),
    [75, 25],
  );
  assert.deepEqual(
    allocate(100, [
      { ...first, ...busy },
      { ...second, ...quiet },
    ]),
    [75, 25],
    'what is not lendable stays',
  );
});

test('a list takes a seat for a hundred kilobytes, a change for ten watches, within bounds', () => {
  const listed = { objects: 0, bytesEach: 1000, limit: 0, single: false, selects: false, past: false };
  const seats = (more: Partial<typeof listed>, nominal = 1000): number =>
    listWork({ ...listed, ...more }, nominal).seats;
  assert.deepEqual(
    [0, 99, 101, 350, 100_000].map((objects) => seats({ objects })),
    [1, 1, 2, 4, 10],
    'what is sent by and by takes no more than a megabyte at once',
  );
  assert.equal(seats({ objects: 100_000, past: true }), 100);
  assert.equal(seats({ objects: 100_000, past: true }, 20), 3, 'a part of its level');
  assert.equal(seats({ objects: 100_000, limit: 500 }), 5);
  assert.equal(
    seats({ objects: 2000, limit: 500, selects: true, past: true }),
    10,
    'a selection looks at half of them',
  );
  assert.equal(seats({ objects: 2000, limit: 500, selects: true }), 5);
  assert.equal(seats({ objects: 2000, single: true }), 1);
  assert.deepEqual(changeWork(9, 600), one);
  assert.deepEqual(changeWork(25, 600), { seats: 1, finalSeats: 3, finalMs: 5 });
  assert.deepEqual(changeWork(1000, 600), { seats: 1, finalSeats: 10, finalMs: 50 });
});

test('a change is told to watches of everything, of its namespace and of itself', () => {
  const watches = new OpenWatches();
  const collection = '/registry/pods/';
  const open = [
    watches.open({ collection }),
    watches.open({ collection, namespace: 'a' }),
    watches.open({ collection, namespace: 'b' }),
    watches.open({ collection, namespace: 'a', name: 'x' }),
    watches.open({ collection: '/registry/nodes/' }),
    watches.open({ collection }, false),
  ];
  assert.equal(watches.size, 6);
  assert.equal(watches.telling({ collection, namespace: 'a', name: 'x' }), 3);
  assert.equal(watches.telling({ collection, namespace: 'a' }), 2, 'of one that has no name yet');
  assert.equal(watches.telling({ collection }), 1);
  for (const watch of [...open, ...open]) watch[Symbol.dispose]();
  assert.deepEqual([watches.size, watches.telling({ collection, namespace: 'a', name: 'x' })], [0, 0]);
});
