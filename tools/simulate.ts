/** Runs seeds of the simulator: `node tools/simulate.ts --seeds 1-100 [--twice] [--calm] [--steps 40] [--trace FILE]`. */
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { difference, report, runScenario, type Outcome } from '../sim/scenario.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-10' },
    steps: { type: 'string', default: '40' },
    twice: { type: 'boolean', default: false },
    calm: { type: 'boolean', default: false },
    trace: { type: 'string' },
  },
});
const [first = 1, last = first] = values.seeds.split('-').map(Number);
const failed: number[] = [];

async function run(seed: number): Promise<Outcome> {
  const rest = async (): Promise<void> => await setImmediate();
  return runScenario({ seed, rest, faults: !values.calm, steps: Number(values.steps) });
}

process.on('uncaughtException', (error) => {
  console.error('uncaught', error);
  process.exit(1);
});

for (let seed = first; seed <= last; seed++) {
  const startMs = performance.now();
  const outcome = await run(seed);
  if (values.trace !== undefined) writeFileSync(values.trace, [...outcome.trace, ...outcome.actions].join('\n'));
  const differs = values.twice ? difference(outcome.trace, (await run(seed)).trace) : undefined;
  if (outcome.failure !== undefined) console.log(report(outcome));
  if (differs !== undefined) console.log(`seed ${seed}: two runs differ in ${differs}`);
  if (outcome.failure !== undefined || differs !== undefined) failed.push(seed);
  console.log(`seed ${seed}: ${outcome.trace.length} changes, ${(performance.now() - startMs).toFixed(0)} ms`);
}
console.log(failed.length === 0 ? 'all seeds passed' : `failed: ${failed.join(' ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
