/** What every kind can do, over real HTTP: the way that one object takes, and what is to be seen at each step. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { TestCluster } from '../src/main/testing.ts';
import { RawHttp, type RawAnswer } from './raw-http.ts';

/** A kind, and what is to be seen of a new object of it. */
export interface Case {
  /** `a` unless said otherwise. */
  readonly name?: string;
  readonly path: string;
  readonly object: Readonly<Record<string, unknown>>;
  /** Also written: the status. */
  readonly status?: object;
  readonly columns: string;
  /** The cells of the new object, without its age. */
  readonly cells: readonly unknown[];
  readonly generation?: number;
  /** The server itself writes a new object once more; this is waited for. */
  readonly completed?: true;
}

type Body = Record<string, never> & {
  metadata: { generation?: number; resourceVersion: string; labels?: Record<string, string> };
  status?: object;
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[] }[];
};

function parsed({ text }: RawAnswer): Body {
  return JSON.parse(text) as Body;
}

export async function succeeds(sent: Promise<RawAnswer>, code = 200): Promise<Body> {
  const answer = await sent;
  assert.equal(answer.status, code, answer.text);
  return parsed(answer);
}

const patchTypes = [
  ['json-patch', [{ op: 'add', path: '/metadata/labels', value: { by: 'json' } }], 'json'],
  ['merge-patch', { metadata: { labels: { by: 'merge' } } }, 'merge'],
  ['strategic-merge-patch', { metadata: { labels: { by: 'strategic' } } }, 'strategic'],
] as const;

/** Creates, reads, lists, changes, watches and deletes one object. */
export async function goThrough(http: RawHttp, kind: string, given: Case): Promise<void> {
  const { name = 'a', path, object, status, columns, cells, generation, completed = false } = given;
  const one = `${path}/${name}`;
  const json = { 'content-type': 'application/json' };
  const [, root, ...rest] = path.split('/');
  const apiVersion = root === 'api' ? 'v1' : rest.slice(0, 2).join('/');
  const before = await succeeds(http.send({ path }));
  const made = { apiVersion, kind, metadata: { name }, ...object };
  const created = await succeeds(http.send({ method: 'POST', path, headers: json, body: JSON.stringify(made) }), 201);
  assert.equal(created.metadata.generation, generation, kind);
  if (completed) await untilWritten(http, one, created.metadata.resourceVersion);
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  const table = await succeeds(http.send({ path: `${path}?fieldSelector=metadata.name=${name}`, headers: { accept } }));
  assert.equal(table.columnDefinitions.map((column) => column.name).join(','), columns, kind);
  const timed = table.columnDefinitions.flatMap((column, i) =>
    column.name === 'Age' || column.name === 'Created At' ? [i] : [],
  );
  assert.deepEqual(
    table.rows[0]?.cells.filter((_, i) => !timed.includes(i)),
    cells,
  );
  for (const [type, body, by] of patchTypes) {
    const headers = { 'content-type': `application/${type}+json` };
    const patched = await succeeds(http.send({ method: 'PATCH', path: one, headers, body: JSON.stringify(body) }));
    assert.deepEqual([patched.metadata.labels, patched.metadata.generation], [{ by }, generation], kind);
  }
  const current = await succeeds(http.send({ path: one }));
  if (status !== undefined) {
    const written = await succeeds(
      http.send({
        method: 'PUT',
        path: `${one}/status`,
        headers: json,
        body: JSON.stringify({ ...current, metadata: { ...current.metadata, labels: { by: 'strategic' } }, status }),
      }),
    );
    assert.deepEqual({ ...written.status, ...status }, written.status, kind);
  }
  const latest = await succeeds(http.send({ path: one }));
  const changed = JSON.stringify({ ...latest, status: {}, metadata: { ...latest.metadata, labels: { by: 'put' } } });
  const replaced = await succeeds(http.send({ method: 'PUT', path: one, headers: json, body: changed }));
  assert.deepEqual([replaced.metadata.labels, replaced.status], [{ by: 'put' }, latest.status], kind);
  const stale = await http.send({ method: 'PUT', path: one, headers: json, body: changed });
  assert.equal(stale.status, 409, kind);
  await succeeds(http.send({ method: 'DELETE', path: one }));
  assert.equal((await http.send({ path: one })).status, 404, kind);
  const since = `watch=1&timeoutSeconds=1&fieldSelector=metadata.name=${name}&resourceVersion=${before.metadata.resourceVersion}`;
  const watched = await http.send({ path: `${path}?${since}` });
  const types = watched.text
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { type: string }).type]));
  const writes = patchTypes.length + 1 + (status === undefined ? 0 : 1) + (completed ? 1 : 0);
  assert.deepEqual(types, ['ADDED', ...Array.from({ length: writes }, () => 'MODIFIED'), 'DELETED'], kind);
}

const asksMax = 200;

async function untilWritten(http: RawHttp, path: string, since: string): Promise<void> {
  for (let asked = 0; asked < asksMax; asked++) {
    const { metadata } = await succeeds(http.send({ path }));
    if (metadata.resourceVersion !== since) return;
    await setTimeout(10);
  }
  assert.fail(`nobody wrote to ${path}`);
}

export async function withHttp(cluster: TestCluster, run: (http: RawHttp) => Promise<void>): Promise<void> {
  using http = new RawHttp(cluster.endpoint);
  await run(http);
}
