/**
 * Whether a binding took effect although its request failed. An answer may be lost after the server has bound the pod: who
 * takes the room for free then gives it away twice.
 */
import { pods, type Pod } from '../api/mod.ts';
import { sleep, type Clock, type DeepReadonly } from '../base/mod.ts';
import type { Client } from '../client/mod.ts';
import { ApiError, isApiError } from '../machinery/mod.ts';

export interface BindingOutcomeWorld {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const retryMinMs = 100;
const retryMaxMs = 10_000;

/** Asks until the server says; nothing can be bound meanwhile anyway. False as soon as the signal aborts. */
export async function tookEffect(
  { client, clock, signal }: BindingOutcomeWorld,
  { pod, nodeName, error }: { readonly pod: DeepReadonly<Pod>; readonly nodeName: string; readonly error: unknown },
): Promise<boolean> {
  // A refusal is an answer.
  if (error instanceof ApiError && error.code < 500) return false;
  const { namespace, name = '', uid } = pod.metadata;
  for (let delayMs = retryMinMs; !signal.aborted; delayMs = Math.min(retryMaxMs, delayMs * 2)) {
    try {
      const found = await client.get(pods, { namespace, name });
      return found.metadata.uid === uid && found.spec?.nodeName === nodeName;
    } catch (failure) {
      if (isApiError(failure, 'NotFound', 'Forbidden', 'Unauthorized')) return false;
    }
    await sleep(clock, delayMs, signal).catch(() => undefined);
  }
  return false;
}
