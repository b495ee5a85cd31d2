/**
 * The whole cluster under simulation: every seed runs twice, to the same trace, and must keep the rules at every change and
 * come to rest in the end. `SEED=7 npm test` begins at a seed, `SEEDS=100` runs as many; `tools/simulate.ts` runs any.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { difference, report, runScenario } from '../sim/scenario.ts';

const firstSeed = Number(process.env['SEED'] ?? 1);
const seeds = Number(process.env['SEEDS'] ?? 10);
const rest = async (): Promise<void> => await setImmediate();

/** Seeds that found something once, with what it was. */
const found: readonly (readonly [seed: number, what: string])[] = [
  [38, 'node controller and kubelet wrote a pod ready and not ready, against each other'],
  [87, 'a binding whose answer was lost was forgotten, and its node given away twice'],
  [240, 'an owner was deleted and made again while the controllers were cut off, and its dependents stayed'],
  [333, 'two nodes got the same pod CIDR after an answer was lost'],
];

async function twice(seed: number, faults: boolean): Promise<void> {
  const first = await runScenario({ seed, rest, faults });
  if (first.failure !== undefined) assert.fail(report(first));
  assert.ok(first.trace.length > 200, `something happens: ${first.trace.length} changes`);
  const second = await runScenario({ seed, rest, faults });
  assert.equal(difference(first.trace, second.trace), undefined, `seed ${seed}: two runs differ`);
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed} comes to rest after faults`, () => twice(seed, true));

for (const [seed, what] of found) test(`seed ${seed}: ${what}`, () => twice(seed, true));

test('a seed comes to rest where nothing fails', () => twice(1, false));

test('another seed is another run', async () => {
  const [one, two] = [await runScenario({ seed: 1, rest, steps: 2 }), await runScenario({ seed: 2, rest, steps: 2 })];
  assert.notEqual(difference(one.trace, two.trace), undefined);
});
