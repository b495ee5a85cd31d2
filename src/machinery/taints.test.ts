import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toleratesTaint } from './taints.ts';

const taint = { key: 'load', value: '5', effect: 'NoExecute' };

const cases: readonly (readonly [boolean, Parameters<typeof toleratesTaint>[0]])[] = [
  [true, { operator: 'Exists' }],
  [true, { key: 'load', operator: 'Exists', effect: 'NoExecute' }],
  [false, { key: 'load', operator: 'Exists', effect: 'NoSchedule' }],
  [false, { key: 'other', operator: 'Exists' }],
  [true, { key: 'load', value: '5' }],
  [true, { key: 'load', operator: '', value: '5' }],
  [false, { key: 'load', operator: 'Equal' }],
  [true, { key: 'load', operator: 'Gt', value: '4' }],
  [false, { key: 'load', operator: 'Gt', value: '5' }],
  [true, { key: 'load', operator: 'Lt', value: '10' }],
  [false, { key: 'load', operator: 'Lt', value: '010' }],
  [false, { key: 'load', operator: 'Likes', value: '5' }],
];

for (const [holds, toleration] of cases)
  test(`${JSON.stringify(toleration)} ${holds ? 'tolerates' : 'does not tolerate'} load=5:NoExecute`, () => {
    assert.equal(toleratesTaint(toleration, taint), holds);
  });
