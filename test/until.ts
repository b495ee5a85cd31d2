/** Waits for what sockets and other processes bring about, which no clock of a test can hurry. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

export async function until(done: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await done())) {
    assert.ok(performance.now() < giveUpAt, typeof what === 'string' ? what : what());
    await sleep(10);
  }
}

/** Asks until the answer is right; the failure is the last one. */
export async function eventually(timeoutMs: number, check: () => void | Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
    }
    await sleep(100);
  }
}
