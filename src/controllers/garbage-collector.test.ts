/** What the garbage collector remembers from one plan to the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, type ConfigMap } from '../api/mod.ts';
import type { Action, Plan, View } from '../client/mod.ts';
import { keyOf } from '../machinery/mod.ts';
import { garbageCollector } from './garbage-collector.ts';

const lost = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'gone' };

function owned(namespace: string, name: string, uid = lost.uid): ConfigMap {
  return { metadata: { namespace, name, uid: `uid-${name}`, ownerReferences: [{ ...lost, uid }] } };
}

/** A view of config maps alone. */
function viewOf(objects: readonly ConfigMap[]): View {
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  const shown = { resource: configMaps, get: (key: string) => byKey.get(key), index: () => [] };
  return { configmaps: shown } as unknown as View;
}

test('an owner that the API server does not know is asked for once, however many it had', () => {
  const objects = [
    owned('a', 'first'),
    owned('a', 'second'),
    owned('b', 'elsewhere'),
    owned('a', 'other', 'other-uid'),
  ];
  const view = viewOf(objects);
  const planned = (key: string): Plan => garbageCollector.plan(view, `configmaps ${key}`, 0, undefined);
  const done = (actions: readonly Action[]): readonly string[] => actions.map((action) => action.do);
  const first = planned('a/first');
  const [look] = first.actions;
  assert.ok(look?.do === 'look');
  assert.deepEqual(done(look.onSeen([[]])), ['delete']);
  assert.deepEqual(done(planned('a/second').actions), ['delete']);
  // In another namespace that name means another object, and so does another uid.
  assert.deepEqual(done(planned('b/elsewhere').actions), ['look']);
  assert.deepEqual(done(planned('a/other').actions), ['look']);
});
