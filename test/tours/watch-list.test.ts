/**
 * What client-go does instead of a LIST: a watch that begins with everything there is and says with a bookmark that it has
 * told it all. For every served kind, in JSON and in protobuf; and what a watch does when its revision is no more, when it
 * is asked for wrongly, and when nothing happens for long.
 */
import assert from 'node:assert/strict';
import https from 'node:https';
import { after, before, test } from 'node:test';
import { configMaps } from '../../src/api/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { samples, type Sample } from '../conformance/samples.ts';
import { RawHttp } from '../raw-http.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from([0x6b, 0x38, 0x73, 0]);
const everything =
  'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
const initialEventsEnd = 'k8s.io/initial-events-end';

interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: Metadata;
    readonly status?: unknown;
    readonly code?: number;
    readonly reason?: string;
    readonly message?: string;
  };
}

interface Metadata {
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

let cluster: TestCluster;
let http: RawHttp;

before(async () => {
  cluster = await startApiServer({ https: true });
  http = new RawHttp(cluster.endpoint);
});
after(async () => {
  http[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

/** What a request answers, all of it, as bytes. */
function bytesOf(
  path: string,
  accept: string,
  sent?: { readonly type: string; readonly body: Uint8Array },
): Promise<{ status: number; bytes: Buffer }> {
  const { certificate: cert, key } = cluster.endpoint.admin;
  const headers = { accept, ...(sent === undefined ? {} : { 'content-type': sent.type }) };
  const options = { host: '127.0.0.1', port: cluster.endpoint.port, ca: cluster.endpoint.ca, cert, key, path, headers };
  return new Promise((resolve, reject) => {
    const request = https.request({ ...options, method: sent === undefined ? 'GET' : 'POST' }, (got) => {
      const chunks: Buffer[] = [];
      got.on('data', (chunk: Buffer) => void chunks.push(chunk));
      got.on('end', () => resolve({ status: got.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
      got.on('error', reject);
    });
    request.on('error', reject).end(sent?.body);
  });
}

async function eventsOf(path: string): Promise<WatchEvent[]> {
  const { status, bytes } = await bytesOf(path, 'application/json');
  assert.equal(status, 200, bytes.toString());
  const lines = bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as WatchEvent);
}

/** Frames of a length in four bytes; in each a WatchEvent whose object is an enveloped Unknown. */
async function protobufEventsOf(path: string): Promise<WatchEvent[]> {
  const { status, bytes } = await bytesOf(path, protobuf);
  assert.equal(status, 200, bytes.toString());
  const events: WatchEvent[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    events.push(watchEvent(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return events;
}

function watchEvent(frame: Buffer): WatchEvent {
  const [type, raw] = fieldsOf(frame);
  // RawExtension has the bytes in its first field.
  const [object = Buffer.alloc(0)] = fieldsOf(raw ?? Buffer.alloc(0));
  assert.deepEqual(object.subarray(0, 4), magic);
  const decoded = cluster.api.server.world.codec.fromProtobuf(object) as unknown as WatchEvent['object'];
  return { type: type?.toString() ?? '', object: decoded };
}

/** The length-delimited fields of a message, in their order. */
function fieldsOf(message: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    assert.equal(varint() & 7, 2);
    const length = varint();
    fields.push(message.subarray(at, at + length));
    at += length;
  }
  return fields;
}

function pathOf({ kind, apiVersion }: Sample): string {
  const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}${kind.namespaced ? '/namespaces/default' : ''}/${kind.plural}`;
}

/** First everything that a LIST shows, then the bookmark that says so. */
function isWholeList(events: readonly WatchEvent[], list: { kind: string; items: { metadata: Metadata }[] }): void {
  const bookmark = events.findIndex(({ type }) => type === 'BOOKMARK');
  const added = events.slice(0, bookmark);
  assert.deepEqual(
    added.map(({ type, object }) => `${type} ${object.kind}List ${object.metadata.name}`),
    list.items.map(({ metadata }) => `ADDED ${list.kind} ${metadata.name}`),
  );
  const { kind, metadata } = events[bookmark]?.object ?? assert.fail('no bookmark comes');
  assert.equal(`${kind}List`, list.kind);
  assert.deepEqual(metadata.annotations, { [initialEventsEnd]: 'true' });
  const newest = added
    .map(({ object }) => BigInt(object.metadata.resourceVersion ?? '0'))
    .reduce((a, b) => (a > b ? a : b), 0n);
  assert.ok(BigInt(metadata.resourceVersion ?? '0') >= newest);
}

void test('everything that is served comes as a watch, in JSON and in protobuf, and is written in protobuf', async () => {
  const { codec } = cluster.api.server.world;
  const last = ['admissionregistration.k8s.io', 'apiregistration.k8s.io'];
  const ordered = [...samples].sort((a, b) => last.indexOf(a.kind.group) - last.indexOf(b.kind.group));
  const written = new Set<string>();
  for (const sample of ordered) {
    const { kind, apiVersion, object } = sample;
    if (written.has(`${kind.group}/${kind.kind}`)) continue;
    written.add(`${kind.group}/${kind.kind}`);
    const typed = { ...object, apiVersion, kind: kind.kind };
    const body = codec.toProtobuf(typed) ?? assert.fail(`${kind.kind} has no protobuf`);
    const { status, bytes } = await bytesOf(pathOf(sample), 'application/json', { type: protobuf, body });
    // The definition among the samples may have registered its group already.
    assert.equal(status, status === 409 && kind.kind === 'APIService' ? 409 : 201, bytes.toString());
  }
  await Promise.all(
    samples.map(async (sample) => {
      const path = pathOf(sample);
      const list = JSON.parse((await bytesOf(path, 'application/json')).bytes.toString()) as {
        kind: string;
        items: { metadata: Metadata }[];
      };
      assert.ok(list.items.length > 0, path);
      isWholeList(await eventsOf(`${path}?${everything}`), list);
      isWholeList(await protobufEventsOf(`${path}?${everything}`), list);
    }),
  );
});

const maps = '/api/v1/namespaces/kube-system/configmaps';

function make(name: string, labels: Readonly<Record<string, string>> = {}): Promise<{ metadata: Metadata }> {
  return cluster.client.create(configMaps, { metadata: { name, namespace: 'kube-system', labels } });
}

function seen(events: readonly WatchEvent[]): string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
}

void test('a watch goes on from the bookmark, with the same selection', async () => {
  await make('first', { chosen: 'yes' });
  await make('other');
  const chosen = `${maps}?${everything}&labelSelector=chosen%3Dyes`;
  const begun = await eventsOf(chosen);
  assert.deepEqual(seen(begun).slice(0, 2), ['ADDED first', 'BOOKMARK']);
  const from = begun[1]?.object.metadata.resourceVersion ?? '';
  await make('second', { chosen: 'yes' });
  await make('third');
  const watch = `${maps}?watch=true&timeoutSeconds=1&labelSelector=chosen%3Dyes&resourceVersion=${from}`;
  assert.deepEqual(seen(await eventsOf(watch)), ['ADDED second']);
  const again = await eventsOf(`${chosen}&resourceVersion=${from}`);
  assert.deepEqual(seen(again).slice(0, 3), ['ADDED first', 'ADDED second', 'BOOKMARK']);
  const none = await eventsOf(`${maps}?${everything}&labelSelector=chosen%3Dno`);
  assert.deepEqual(seen(none).slice(0, 1), ['BOOKMARK']);
  const without = everything.replace('sendInitialEvents=true', 'sendInitialEvents=false');
  assert.deepEqual(
    seen(await eventsOf(`${maps}?${without}`)).filter((one) => one.startsWith('ADDED')),
    [],
  );
});

void test('a watch from a revision that is no more ends with 410, and a new one begins with everything', async () => {
  const { metadata } = await make('before');
  await make('after');
  cluster.store.compact(cluster.store.current.revision);
  const expired = `${maps}?watch=true&timeoutSeconds=5&resourceVersion=${metadata.resourceVersion}`;
  for (const read of [eventsOf, protobufEventsOf]) {
    const [event, ...more] = await read(expired);
    assert.deepEqual([event?.type, more], ['ERROR', []]);
    const { kind, status, code, reason, message } = event?.object ?? assert.fail('nothing comes');
    assert.deepEqual([kind, status, code, reason], ['Status', 'Failure', 410, 'Expired']);
    assert.match(message ?? '', /^too old resource version: \d+ \(\d+\)$/);
  }
  assert.ok(seen(await eventsOf(`${maps}?${everything}`)).includes('ADDED after'));
});

void test('what does not go together is refused', async () => {
  const refused: readonly (readonly [string, string])[] = [
    [
      'watch=true&sendInitialEvents=true',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'watch=true&resourceVersionMatch=NotOlderThan',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
    [
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=0',
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
  ];
  for (const [query, why] of refused) {
    const { status, text } = await http.json('GET', `${maps}?${query}`);
    const { message, reason } = JSON.parse(text) as { message: string; reason: string };
    assert.deepEqual([status, reason, message], [422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${why}`]);
  }
});
