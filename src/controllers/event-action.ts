/** An event as an action of a plan. */
import type { DeepReadonly } from '../base/mod.ts';
import type { Action } from '../client/mod.ts';
import type { KubeObject } from '../machinery/mod.ts';

export function event(
  regarding: DeepReadonly<KubeObject>,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): Action {
  return { do: 'event', event: { regarding, type, reason, message } };
}
