import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowSchemas, ipAddresses, jobs, ingresses, pods, serviceAccounts } from '../../api/mod.ts';
import type { Kind } from '../../machinery/mod.ts';
import { tableOf } from './table.ts';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly conditions?: readonly unknown[] }[];
}

function table(kind: unknown, ...objects: readonly object[]): Table {
  const options = { includeObject: 'None', headers: true, now: () => 0 } as const;
  const request = { kind: kind as Kind, apiVersion: 'meta.k8s.io/v1', listMetadata: undefined, options };
  return tableOf(request, objects) as Table;
}

function cell(kind: unknown, column: string, object: object): unknown {
  const { columnDefinitions, rows } = table(kind, object);
  return rows[0]?.cells[columnDefinitions.findIndex(({ name }) => name === column)];
}

void test('rows of pods that are over say so', () => {
  const phases = ['Running', 'Succeeded', 'Failed'];
  const { rows } = table(pods, ...phases.map((phase) => ({ metadata: { name: phase }, spec: {}, status: { phase } })));
  assert.deepEqual(
    rows.map(({ conditions }) => conditions),
    [
      undefined,
      [
        {
          type: 'Completed',
          status: 'True',
          reason: 'Succeeded',
          message: 'The pod has completed successfully.',
        },
      ],
      [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }],
    ],
  );
});

void test('a container that failed outdoes those that are done, and those that run when the pod is not ready', () => {
  const done = { ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } };
  const failed = { ready: false, restartCount: 0, state: { terminated: { exitCode: 1, reason: 'Error' } } };
  const runs = { ready: true, restartCount: 0, state: { running: {} } };
  const status = (containerStatuses: readonly object[], ready = false): unknown =>
    cell(pods, 'Status', {
      metadata: {},
      spec: { containers: [] },
      status: {
        phase: 'Running',
        containerStatuses,
        conditions: ready ? [{ type: 'Ready', status: 'True' }] : [],
      },
    });
  assert.equal(status([done, failed]), 'Error');
  assert.equal(status([done, runs]), 'NotReady');
  assert.equal(status([done, runs, failed]), 'Error');
  assert.equal(status([done, runs], true), 'Running');
});

void test('flow schemas stand in the order in which they are asked', () => {
  const schema = (name: string, matchingPrecedence: number): object => ({
    metadata: { name },
    spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'l' } },
  });
  const { rows } = table(flowSchemas, schema('a', 9000), schema('c', 200), schema('b', 200), schema('d', 1));
  assert.deepEqual(
    rows.map(({ cells }) => cells[0]),
    ['d', 'b', 'c', 'a'],
  );
});

void test('hosts that are left out are counted by rules', () => {
  const hosts = (...names: readonly string[]): unknown =>
    cell(ingresses, 'Hosts', { metadata: {}, spec: { rules: names.map((host) => ({ host })) } });
  assert.equal(hosts('', ''), '*');
  assert.equal(hosts('a', '', 'b', 'c'), 'a,b,c');
  assert.equal(hosts('a', '', 'b', 'c', ''), 'a,b,c + 2 more...');
});

void test('a job whose success is certain says so', () => {
  const status = { conditions: [{ type: 'SuccessCriteriaMet', status: 'True' }] };
  assert.equal(cell(jobs, 'Status', { metadata: {}, spec: {}, status }), 'SuccessCriteriaMet');
});

void test('columns that upstream has taken out or never had are not there', () => {
  const names = (kind: unknown): string[] => table(kind).columnDefinitions.map(({ name }) => name);
  assert.deepEqual(names(serviceAccounts), ['Name', 'Age']);
  assert.deepEqual(names(ipAddresses), ['Name', 'ParentRef']);
});
