import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate } from './gate.ts';

test('only so many are inside, and who finishes goes before who begins', async () => {
  const gate = new Gate(2);
  const order: string[] = [];
  const leave: (() => void)[] = [];
  const enter = (name: string, stage: 'beginning' | 'finishing'): Promise<void> =>
    gate.run(() => {
      order.push(name);
      return new Promise((resolve) => leave.push(resolve));
    }, stage);
  const all = [enter('a', 'beginning'), enter('b', 'beginning'), enter('c', 'beginning'), enter('d', 'finishing')];
  await Promise.resolve();
  assert.deepEqual(order, ['a', 'b']);
  leave[0]?.();
  await all[0];
  await Promise.resolve();
  assert.deepEqual(order, ['a', 'b', 'd']);
  for (let i = 1; i < 4; i++) {
    leave[i]?.();
    await Promise.race([all[i], new Promise((resolve) => queueMicrotask(() => resolve(undefined)))]);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }
  await Promise.all(all);
  assert.deepEqual(order, ['a', 'b', 'd', 'c']);
});

test('a failure leaves the place to the next', async () => {
  const gate = new Gate(1);
  await assert.rejects(gate.run(() => Promise.reject('x')));
  assert.equal(await gate.run(() => Promise.resolve(1)), 1);
});
