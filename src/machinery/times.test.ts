import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goDuration } from './times.ts';

void test('durations are printed as Go prints them', () => {
  assert.deepEqual([10_000, 80_000, 300_000, 1234, 520, 3_600_000, 0.25, 0].map(goDuration), [
    '10s',
    '1m20s',
    '5m0s',
    '1.234s',
    '520ms',
    '1h0m0s',
    '250µs',
    '0s',
  ]);
});
