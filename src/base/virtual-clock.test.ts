import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sleep } from './clock.ts';
import { AssertionError } from './errors.ts';
import { VirtualClock } from './virtual-clock.ts';

const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('timers fire in the order of time, then of arming, at exactly their time', async () => {
  const delays = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 20 }), disposed: fc.boolean() }), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(delays, fc.integer({ min: 0, max: 20 }), async (timers, limitMs) => {
      const clock = new VirtualClock({ rest, startMs: 1000 });
      const fired: { i: number; atMs: number }[] = [];
      const armed = timers.map(({ delayMs }, i) =>
        clock.after(delayMs, () => void fired.push({ i, atMs: clock.now() })),
      );
      for (const [i, timer] of armed.entries()) if (timers[i]?.disposed === true) timer[Symbol.dispose]();
      await clock.advance(limitMs);
      const expected = timers
        .map(({ delayMs, disposed }, i) => ({ i, atMs: 1000 + delayMs, disposed }))
        .filter(({ atMs, disposed }) => !disposed && atMs <= 1000 + limitMs)
        .sort((a, b) => a.atMs - b.atMs || a.i - b.i)
        .map(({ i, atMs }) => ({ i, atMs }));
      assert.deepEqual(fired, expected);
      assert.equal(clock.now(), 1000 + limitMs);
      assert.equal(clock.monotonic(), limitMs);
      assert.equal(clock.pending, timers.filter(({ delayMs, disposed }) => !disposed && delayMs > limitMs).length);
    }),
    { numRuns: 200 },
  );
});

test('what a timer sets in motion comes to rest before the next one fires', async () => {
  const clock = new VirtualClock({ rest });
  const seen: string[] = [];
  const worker = async (name: string): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, 10);
      for (let k = 0; k < 50; k++) await Promise.resolve();
      seen.push(`${name}${i}`);
    }
  };
  const done = Promise.all([worker('a'), worker('b')]);
  await clock.advance(25);
  assert.deepEqual(seen, ['a0', 'b0', 'a1', 'b1']);
  await clock.advance(5);
  await done;
  assert.equal(seen.length, 6);
});

test('a timer that an earlier one of the same instant disposes does not fire', async () => {
  const clock = new VirtualClock({ rest });
  const fired: number[] = [];
  clock.after(5, () => void Promise.resolve().then(() => second[Symbol.dispose]()));
  const second = clock.after(5, () => void fired.push(2));
  await clock.advance(10);
  assert.deepEqual(fired, []);
});

test('run goes from timer to timer until it is done, or the limit is reached', async () => {
  const clock = new VirtualClock({ rest });
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    clock.after(1000, tick);
  };
  tick();
  assert.equal(await clock.run(60_000, () => ticks === 11), true);
  assert.equal(clock.monotonic(), 10_000);
  assert.equal(await clock.run(5_000), false);
  assert.equal(clock.monotonic(), 15_000);
  const other = new VirtualClock({ rest });
  other.after(7, () => void other.after(7, () => {}));
  assert.equal(await other.run(1000), true);
  assert.equal(other.monotonic(), 14);
});

test('a timer that re-arms itself without a delay is found, not waited for', async () => {
  const clock = new VirtualClock({ rest, instantFiresMax: 100 });
  const spin = (): void => void clock.after(0, spin);
  spin();
  await assert.rejects(clock.advance(1), AssertionError);
  assert.throws(() => clock.after(Number.NaN, () => {}), AssertionError);
});

test('what a timer throws reaches the one who advances, and the clock can go on', async () => {
  const clock = new VirtualClock({ rest });
  clock.after(1, () => {
    throw new RangeError('boom');
  });
  await assert.rejects(clock.advance(5), RangeError);
  await clock.advance(5);
  assert.equal(clock.monotonic(), 6);
});

test('disposed timers do not pile up', async () => {
  const clock = new VirtualClock({ rest });
  for (let i = 0; i < 1000; i++) clock.after(60_000, () => assert.fail('disposed'))[Symbol.dispose]();
  assert.equal(clock.pending, 0);
  assert.equal(clock.nextMs, undefined);
  await clock.advance(60_000);
});
