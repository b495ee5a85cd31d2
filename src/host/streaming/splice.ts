/** Two sockets joined: what one sends the other receives, byte for byte, half-close included. */
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Resolves when both directions have ended. A connection that breaks takes the other one with it. */
export async function splice(left: Duplex, right: Duplex): Promise<void> {
  const cut = (): void => {
    left.destroy();
    right.destroy();
  };
  await Promise.all([pipeline(left, right).catch(cut), pipeline(right, left).catch(cut)]);
  cut();
}
