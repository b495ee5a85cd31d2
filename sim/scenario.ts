/** One run of a seed: people work, everything fails, then nothing fails any more, and the cluster must come to rest. */
import { seededRandom, TerminalError } from '../src/base/mod.ts';
import { unsettled } from './convergence.ts';
import { Faults } from './faults.ts';
import { World, type WorldOptions } from './world.ts';
import { Workload } from './workload.ts';

export interface ScenarioOptions extends WorldOptions {
  readonly steps?: number;
  readonly machines?: number;
  /** Without faults the same work is done in a world in which nothing goes wrong. */
  readonly faults?: boolean;
}

export interface Outcome {
  readonly seed: number;
  readonly trace: readonly string[];
  readonly actions: readonly string[];
  /** Undefined: all was well. */
  readonly failure: unknown;
}

const stepMsMax = 6_000;
const settleMsMax = 30 * 60_000;
const settleCheckMs = 20_000;

export async function runScenario(options: ScenarioOptions): Promise<Outcome> {
  const { seed, steps = 40, machines = 3, faults = true } = options;
  const random = seededRandom(seed * 31 + 3);
  const historyRevisionsMax = random.next() < 0.5 ? 20_000 : 200;
  const world = await World.start({ historyRevisionsMax, ...options }, machines);
  let failure: unknown;
  try {
    const workload = new Workload(world, random);
    const trouble = faults ? new Faults(world, seededRandom(seed * 31 + 4)) : undefined;
    await workload.begin();
    for (let i = 0; i < steps; i++) {
      await workload.step();
      if (random.next() < 0.4) await trouble?.step();
      await world.advance(random.next() * stepMsMax);
    }
    trouble?.stop();
    await settle(world, workload);
  } catch (error) {
    failure = error;
  }
  world.stop();
  return { seed, trace: world.history.trace, actions: world.actions, failure };
}

async function settle(world: World, workload: Workload): Promise<void> {
  await world.advanceUntil(() => world.server !== undefined, settleMsMax);
  await workload.relent();
  let left: readonly string[] = [];
  for (let ms = 0; ms < settleMsMax; ms += settleCheckMs) {
    await world.advance(settleCheckMs);
    left = unsettled(world);
    if (left.length === 0) return world.did('at rest');
  }
  throw new TerminalError(`not at rest after ${settleMsMax / 60_000} minutes:\n  ${left.join('\n  ')}`);
}

/** The first line in which two runs differ; undefined when they are the same. */
export function difference(first: readonly string[], second: readonly string[]): string | undefined {
  for (let i = 0; i < Math.max(first.length, second.length); i++)
    if (first[i] !== second[i]) return `line ${i}:\n  ${first[i] ?? 'nothing'}\n  ${second[i] ?? 'nothing'}`;
  return undefined;
}

/** What to print of a run that failed. */
export function report({ seed, failure, actions }: Outcome): string {
  const text = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  return `seed ${seed}: ${text}\nthe last actions:\n  ${actions.slice(-25).join('\n  ')}`;
}
