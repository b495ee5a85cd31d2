/**
 * Every valid object is the same whichever way it is written and read: JSON, protobuf and YAML over HTTPS, and what kubectl
 * exports, replaces and applies; and kubectl prints each kind as upstream's server lets it.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import facts from '../../src/api/upstream/facts.json' with { type: 'json' };
import { apiVersionOf, compileDecoder, type Kind } from '../../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';
import { Requests, type Body } from './requests.ts';
import { collectionOf, kindOf, samples, valid, type Sample, type Valid } from './samples.ts';

const protobuf = 'application/vnd.kubernetes.protobuf';
const yaml = 'application/yaml';

/** The golden cases take place in more than one namespace. */
async function withNamespaces(requests: Requests): Promise<void> {
  const names = new Set(valid.map(({ metadata }) => metadata.namespace ?? 'default'));
  for (const name of names) if (name !== 'default') await requests.create('/api/v1/namespaces', { metadata: { name } });
}

/** What is read in another form is the object, and written back so it is no change. */
async function goesRound(cluster: TestCluster, requests: Requests, object: Valid): Promise<void> {
  const kind = kindOf(object);
  assert.ok(kind !== undefined);
  const { apiVersion } = object;
  const self = { kind: kind.kind, apiVersion };
  const version = kind.versions.find((one) => apiVersionOf(kind.group, one.version) === apiVersion);
  const decoder = compileDecoder(version?.schema ?? '', facts);
  const created = await requests.create(collectionOf(object, kind), object);
  const path = `${collectionOf(object, kind)}/${encodeURIComponent(object.metadata.name)}`;
  const read = async (accept: string): Promise<Buffer> => {
    const { status, bytes, headers } = await requests.http.send({ path, headers: { accept } });
    assert.deepEqual([status, headers['content-type']], [200, accept]);
    return bytes;
  };
  const forms: readonly [string, (bytes: Buffer) => unknown][] = [
    ['application/json', (bytes) => JSON.parse(bytes.toString())],
    // Protobuf has no field that is left out; as a client's types do, the decoder drops what is empty.
    [protobuf, (bytes) => ({ ...self, ...decoder.decode(cluster.api.server.world.codec.fromProtobuf(bytes)).object })],
    [yaml, (bytes) => parse(bytes.toString(), { version: '1.1' })],
  ];
  for (const [type, decode] of forms) {
    const bytes = await read(type);
    const current = await requests.get(path);
    assert.deepEqual(decode(bytes), type === protobuf ? untyped(current) : current, `${type} of ${path}`);
    assert.equal(current.metadata.uid, created.metadata.uid);
    const headers = { 'content-type': type, accept: 'application/json' };
    const answer = await requests.http.send({ method: 'PUT', path, headers, body: bytes });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(JSON.parse(answer.text), current, `${type} of ${path} is no change`);
  }
  await requests.delete(path, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
  await released(requests, path, kind);
}

/** Protobuf says what an object is around it, so the templates inside a StatefulSet do not say it. */
function untyped(object: Body): Body {
  const { volumeClaimTemplates } = object.spec ?? {};
  if (volumeClaimTemplates === undefined) return object;
  const plain = volumeClaimTemplates.map(({ kind: _kind, apiVersion: _version, ...rest }: Body) => rest);
  return { ...object, spec: { ...object.spec, volumeClaimTemplates: plain } };
}

async function released(requests: Requests, path: string, kind: Kind): Promise<void> {
  const { status, text } = await requests.http.json('GET', path);
  if (status === 404) return;
  if (kind.kind === 'Namespace')
    await requests.update(`${path}/finalize`, { ...(JSON.parse(text) as object), spec: {} });
  else await requests.patch(path, 'merge', { metadata: { finalizers: null } });
  await requests.gone(path);
}

test('every valid object is the same in JSON, protobuf and YAML', { timeout: 60_000 }, async (t) => {
  await using cluster = await startApiServer({ https: true, clock: 'virtual', seed: 1 });
  using requests = new Requests(cluster);
  await withNamespaces(requests);
  const converted = samples.flatMap(({ object, converted: other }) => (other ? [object] : []));
  // Two levels are there from the start.
  const fresh = valid.filter(
    ({ kind, metadata }) => kind !== 'PriorityLevelConfiguration' || metadata.name !== 'exempt',
  );
  for (const object of [...fresh, ...converted])
    await t.test(`${object.apiVersion} ${object.kind} ${object.metadata.name}`, () =>
      goesRound(cluster, requests, object),
    );
});

/** Each in a file of its own name: other versions of a kind are other objects. */
function named({ kind, version, object }: Sample): Valid {
  const [first] = kind.versions;
  const { name } = object.metadata;
  return version === first?.version
    ? object
    : { ...object, metadata: { ...object.metadata, name: `${name}-${version}` } };
}

/** All of them in one file. Those that judge others are to let them pass. */
function list(items: readonly Valid[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.map(harmless) });
}

const objectSelector = { matchLabels: { nobody: 'has-this' } };

function harmless(object: Body): Body {
  const { webhooks, spec } = object;
  if (webhooks !== undefined) return { ...object, webhooks: webhooks.map((one: Body) => ({ ...one, objectSelector })) };
  const { matchConstraints } = spec ?? {};
  if (matchConstraints === undefined) return object;
  return { ...object, spec: { ...spec, matchConstraints: { ...matchConstraints, objectSelector } } };
}

/** What stays when an object is made again; its status begins anew. */
function lasting({ metadata, status: _status, ...rest }: Body): Body {
  const { uid: _uid, resourceVersion: _revision, creationTimestamp: _time, managedFields: _fields, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

async function exported(kubectl: Program, file: string): Promise<{ text: string; items: Body[] }> {
  const text = await kubectl.does(['get', '-f', file, '-o', 'yaml']);
  return { text, items: (parse(text, { version: '1.1' }) as { items: Body[] }).items };
}

/** Of all but slices of devices: a taint in them that names no time began when it was written last. */
const revisions = (items: readonly Body[]): string[] =>
  items.flatMap(({ kind, metadata }) =>
    kind === 'ResourceSlice' ? [] : [`${kind} ${metadata.name} ${metadata.resourceVersion}`],
  );

test('what kubectl exports it puts back, and what it applies twice it changes once', { timeout: 150_000 }, async () => {
  await using cluster = await startApiServer({ https: true });
  using requests = new Requests(cluster);
  using kubectl = new Program(programPath('kubectl-1.35'), cluster);
  await withNamespaces(requests);
  // A namespace that is deleted stays until a controller has emptied it; a Job's selector is for itself alone.
  const objects = samples.filter(({ kind }) => kind.kind !== 'Namespace' && kind.kind !== 'Job').map(named);
  const file = kubectl.file('all.json', list(objects));
  await kubectl.does(['create', '-f', file]);
  const before = await exported(kubectl, file);
  assert.equal(before.items.length, objects.length);
  await kubectl.does(['replace', '--force', '-f', kubectl.file('export.yaml', before.text)]);
  const after = await exported(kubectl, file);
  assert.deepEqual(after.items.map(lasting), before.items.map(lasting));
  assert.ok(after.items.every(({ metadata }, i) => metadata.uid !== before.items[i].metadata.uid));

  await kubectl.does(['delete', '-f', file, '--force', '--grace-period=0']);
  await kubectl.does(['apply', '-f', file]);
  const applied = await exported(kubectl, file);
  await kubectl.does(['apply', '-f', file]);
  assert.deepEqual(revisions((await exported(kubectl, file)).items), revisions(applied.items));

  await kubectl.does(['delete', '-f', file, '--force', '--grace-period=0']);
  const words = ['apply', '--server-side', '--force-conflicts', '-f', file];
  await kubectl.does([...words]);
  const merged = await exported(kubectl, file);
  await kubectl.does([...words]);
  assert.deepEqual(revisions((await exported(kubectl, file)).items), revisions(merged.items));
});

const tables = join(import.meta.dirname, 'tables');

test('kubectl prints every kind as upstream does', { timeout: 60_000 }, async (t) => {
  // Time stands still, so that ages do, too; the seed decides what is chosen by chance.
  await using cluster = await startApiServer({ https: true, clock: 'virtual', seed: 1 });
  using requests = new Requests(cluster);
  using kubectl = new Program(programPath('kubectl-1.35'), cluster);
  await withNamespaces(requests);
  const objects = samples.map(named);
  const file = kubectl.file('all.json', list(objects));
  await kubectl.does(['create', '-f', file]);
  const [plain = [], wide = []] = await Promise.all(
    [[], ['-o', 'wide']].map(async (form) =>
      (await kubectl.does(['get', '-f', file, ...form])).trimEnd().split('\n\n'),
    ),
  );
  assert.deepEqual([plain.length, wide.length], [objects.length, objects.length]);
  const update = process.env['UPDATE'] === '1';
  if (update) rmSync(tables, { recursive: true, force: true });
  mkdirSync(tables, { recursive: true });
  const names = samples.map(({ kind, version }) => `${kind.plural}.${version}${kind.group && `.${kind.group}`}.txt`);
  for (const [i, name] of names.entries())
    await t.test(name, () => {
      const path = join(tables, name);
      const text = `${plain[i]?.trimEnd()}\n\n${wide[i]?.trimEnd()}\n`;
      if (update) writeFileSync(path, text);
      assert.ok(existsSync(path), 'UPDATE=1 writes it');
      assert.equal(text, readFileSync(path, 'utf8'));
    });
  assert.deepEqual(readdirSync(tables).sort(), [...names].sort());
});
