import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventFromStorage, eventToStorage, newEvents } from './event.ts';
import { events } from '../core/event.ts';

const stored = {
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: 'e', namespace: 'default' },
  involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
  reason: 'Started',
  message: 'started',
  source: { component: 'kubelet', host: 'n1' },
  firstTimestamp: '2026-03-04T05:06:07Z',
  lastTimestamp: '2026-03-04T05:06:07Z',
  count: 2,
  type: 'Normal',
  eventTime: null,
  reportingComponent: 'kubelet',
  reportingInstance: 'n1',
};

void test('the two forms of an event turn into each other without loss', () => {
  const served = eventFromStorage(stored);
  assert.deepEqual(served['regarding'], stored.involvedObject);
  assert.deepEqual(
    [served['note'], served['deprecatedCount'], served['reportingController']],
    ['started', 2, 'kubelet'],
  );
  assert.equal(served['apiVersion'], 'events.k8s.io/v1');
  assert.deepEqual(Object.keys(served).slice(0, 3), ['kind', 'apiVersion', 'metadata']);
  assert.deepEqual(eventToStorage(served), stored);
});

void test('both kinds keep the same objects in the same place', () => {
  assert.equal(newEvents.collection, events.collection);
  assert.equal(newEvents.storedAs, events.storedAs);
  assert.equal(events.strategy.ttlMs?.({} as never), 3_600_000);
});
