/** `kutter scheduler`: the scheduler as a program of its own. */
import type { Invocation } from '../cli/mod.ts';
import { EventRecorder } from '../client/mod.ts';
import { Scheduler } from '../scheduler/mod.ts';
import { runLeading } from './component.ts';

export function run(invocation: Invocation): Promise<void> {
  return runLeading('scheduler', invocation, (world) => {
    const events = new EventRecorder(world, { component: 'default-scheduler' });
    return new Scheduler({ ...world, events }).start();
  });
}
