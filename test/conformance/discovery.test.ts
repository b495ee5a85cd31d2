/** What a server says of itself: groups, versions and resources, lists in pieces, and the forms it answers in. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { definition, definitionsPath } from '../custom-resources.ts';
import { Requests, type Body } from './requests.ts';

let cluster: TestCluster;
let requests: Requests;

before(async () => {
  cluster = await startApiServer({ https: true });
  requests = new Requests(cluster);
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const aggregated = (version: string): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

async function discovered(path: string, accept: string): Promise<{ type: string; body: Body }> {
  const { status, headers, text } = await requests.http.send({ path, headers: { accept } });
  assert.equal(status, 200, text);
  return { type: String(headers['content-type']), body: JSON.parse(text) };
}

/** `group/version resource` of an aggregated document. */
function resourcesOf({ items }: Body): string[] {
  return items.flatMap(({ metadata, versions }: Body) =>
    versions.flatMap(({ version, resources }: Body) =>
      resources.map((one: Body) => `${metadata.name ?? ''}/${version} ${one.resource}`),
    ),
  );
}

async function define(plural: string, kind: string): Promise<string> {
  await requests.create(definitionsPath, definition(plural, kind));
  const path = `${definitionsPath}/${plural}.example.com`;
  await requests.until(path, ({ status }) =>
    status?.conditions?.some((one: Body) => one.type === 'Established' && one.status === 'True'),
  );
  return path;
}

test('AggregatedDiscovery should support aggregated discovery interface', async () => {
  const { body: core } = await discovered('/api', aggregated('v2'));
  const { body: groups } = await discovered('/apis', aggregated('v2'));
  assert.deepEqual([core.kind, core.apiVersion], ['APIGroupDiscoveryList', 'apidiscovery.k8s.io/v2']);
  const resources = [...resourcesOf(core), ...resourcesOf(groups)];
  for (const one of [
    '/v1 pods',
    '/v1 namespaces',
    'apps/v1 deployments',
    'batch/v1 jobs',
    'networking.k8s.io/v1 ingresses',
  ])
    assert.ok(resources.includes(one), one);
  const { groups: listed } = await requests.get('/apis');
  assert.deepEqual(
    groups.items.map(({ metadata, versions }: Body) => [metadata.name, versions.map(({ version }: Body) => version)]),
    listed.map(({ name, versions }: Body) => [name, versions.map(({ version }: Body) => version)]),
  );
});

test('AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers', async () => {
  for (const version of ['v2', 'v2beta1'])
    for (const path of ['/api', '/apis']) {
      const { type, body } = await discovered(path, aggregated(version));
      assert.equal(type, aggregated(version));
      assert.deepEqual([body.kind, body.apiVersion], ['APIGroupDiscoveryList', `apidiscovery.k8s.io/${version}`]);
    }
  const both = await discovered('/apis', `${aggregated('v2')},${aggregated('v2beta1')},application/json`);
  assert.equal(both.type, aggregated('v2'));
  const plain = await discovered('/apis', 'application/json');
  assert.deepEqual([plain.type, plain.body.kind], ['application/json', 'APIGroupList']);
  const unknown = await discovered('/apis', `${aggregated('v9')},application/json`);
  assert.deepEqual([unknown.type, unknown.body.kind], ['application/json', 'APIGroupList']);
});

for (const [name, plural, accept] of [
  ['AggregatedDiscovery should support aggregated discovery interface for CRDs', 'gadgets', aggregated('v2')],
  ['AggregatedDiscovery should support raw aggregated discovery request for CRDs', 'gizmos', aggregated('v2beta1')],
] as const)
  test(name, async () => {
    await define(plural, plural === 'gadgets' ? 'Gadget' : 'Gizmo');
    const shown = async (): Promise<string[]> => resourcesOf((await discovered('/apis', accept)).body);
    assert.ok((await shown()).includes(`example.com/v1 ${plural}`));
    const { items } = (await discovered('/apis', accept)).body;
    const group = items.find(({ metadata }: Body) => metadata.name === 'example.com');
    const found = group.versions[0].resources.find(({ resource }: Body) => resource === plural);
    assert.deepEqual(found.responseKind, {
      group: 'example.com',
      version: 'v1',
      kind: plural === 'gadgets' ? 'Gadget' : 'Gizmo',
    });
    assert.deepEqual([found.scope, found.singularResource], ['Namespaced', plural.slice(0, -1)]);
    assert.deepEqual(found.verbs, ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']);
    await requests.delete(`${definitionsPath}/${plural}.example.com`);
    await requests.gone(`${definitionsPath}/${plural}.example.com`);
    assert.ok(!(await shown()).includes(`example.com/v1 ${plural}`));
  });

test('Discovery should locate the groupVersion and a resource within each APIGroup', async () => {
  const { groups } = await requests.get('/apis');
  assert.ok(groups.length > 15);
  for (const group of groups) {
    assert.deepEqual(await requests.get(`/apis/${group.name}`), { kind: 'APIGroup', apiVersion: 'v1', ...group });
    for (const { groupVersion, version } of group.versions) {
      assert.equal(groupVersion, `${group.name}/${version}`);
      const list = await requests.get(`/apis/${groupVersion}`);
      assert.deepEqual([list.kind, list.apiVersion, list.groupVersion], ['APIResourceList', 'v1', groupVersion]);
      assert.ok(list.resources.length > 0);
      for (const { name, kind, verbs } of list.resources) assert.ok(name !== '' && kind !== '' && verbs.length > 0);
    }
  }
});

test('Discovery should validate PreferredVersion for each APIGroup', async () => {
  const { groups } = await requests.get('/apis');
  for (const { preferredVersion, versions } of groups)
    assert.deepEqual(
      versions.filter(({ groupVersion }: Body) => groupVersion === preferredVersion.groupVersion),
      [preferredVersion],
    );
});

test('CustomResourceDefinition resources should include custom resource definition resources in discovery documents', async () => {
  const name = 'apiextensions.k8s.io';
  const v1 = { groupVersion: `${name}/v1`, version: 'v1' };
  const group = { name, versions: [v1], preferredVersion: v1 };
  const { groups } = await requests.get('/apis');
  assert.deepEqual(
    groups.find((one: Body) => one.name === name),
    group,
  );
  assert.deepEqual(await requests.get(`/apis/${name}`), { kind: 'APIGroup', apiVersion: 'v1', ...group });
  const { resources } = await requests.get(`/apis/${name}/v1`);
  assert.deepEqual(
    resources.map((one: Body) => [one.name, one.kind, one.namespaced]),
    [
      ['customresourcedefinitions', 'CustomResourceDefinition', false],
      ['customresourcedefinitions/status', 'CustomResourceDefinition', false],
    ],
  );
});

test('server version should find the server version', async () => {
  const { major, minor, gitVersion } = await requests.get('/version');
  assert.match(major, /^[1-9]\d*$/);
  assert.match(minor, /^[1-9]\d*$/);
  assert.match(gitVersion, new RegExp(`^v${major}\\.${minor}\\.\\d+`));
});

const templates = '/api/v1/namespaces/default/podtemplates';

async function page(query: string): Promise<Body> {
  return requests.get(`${templates}?limit=17${query}`);
}

test('Servers with support for API chunking should return chunks of results for list calls', async () => {
  const names = Array.from({ length: 120 }, (_, i) => `template-${String(i).padStart(4, '0')}`);
  const template = { spec: { containers: [{ name: 'a', image: 'a' }] } };
  await Promise.all(names.map((name) => requests.create(templates, { metadata: { name }, template })));
  const seen: string[] = [];
  let revision: string | undefined;
  for (let query = ''; ;) {
    const { items, metadata } = await page(query);
    revision ??= metadata.resourceVersion;
    assert.equal(metadata.resourceVersion, revision);
    seen.push(...items.map((one: Body) => one.metadata.name));
    const left = names.length - seen.length;
    assert.equal(metadata.remainingItemCount, left === 0 ? undefined : left);
    if (left === 0) {
      assert.equal(metadata.continue, undefined);
      break;
    }
    assert.equal(items.length, 17);
    query = `&continue=${encodeURIComponent(metadata.continue)}`;
  }
  assert.deepEqual(seen, names);
  const whole = await requests.get(templates);
  assert.deepEqual([whole.items.length, whole.metadata.continue], [names.length, undefined]);
  await requests.delete(templates);
});

test('Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent', async () => {
  await using short = await startApiServer({ https: true, history: { historyRevisionsMax: 20 } });
  using asked = new Requests(short);
  const template = { spec: { containers: [{ name: 'a', image: 'a' }] } };
  const make = (name: string): Promise<Body> => asked.create(templates, { metadata: { name }, template });
  for (let i = 0; i < 40; i++) await make(`a-${String(i).padStart(2, '0')}`);
  const first = await asked.get(`${templates}?limit=10`);
  for (let i = 0; i < 60; i++) await make(`b-${String(i).padStart(2, '0')}`);
  const token = `&continue=${encodeURIComponent(first.metadata.continue)}`;
  const expired = await asked.refused(410, 'GET', `${templates}?limit=10${token}`);
  assert.equal(expired.reason, 'Expired');
  assert.match(expired.message, /^The provided continue parameter is too old to display a consistent list result\. /);
  const inconsistent = expired.metadata.continue;
  const second = await asked.get(`${templates}?limit=10&continue=${encodeURIComponent(inconsistent)}`);
  assert.equal(second.items[0].metadata.name, 'a-10');
  assert.ok(BigInt(second.metadata.resourceVersion) > BigInt(first.metadata.resourceVersion));
  const rest = await asked.get(`${templates}?continue=${encodeURIComponent(second.metadata.continue)}`);
  assert.deepEqual([rest.items.length, rest.metadata.resourceVersion], [80, second.metadata.resourceVersion]);
});

test('Servers with support for Table transformation should return a 406 for a backend which does not implement metadata', async () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const review = { spec: { resourceAttributes: { verb: 'list', resource: 'pods' } } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const { status, text } = await requests.http.json('POST', path, review, { accept });
  assert.equal(status, 406);
  const { reason, message } = JSON.parse(text);
  assert.equal(reason, 'NotAcceptable');
  assert.match(
    message,
    /^only the following media types are accepted: application\/json, application\/yaml, application\/vnd\.kubernetes\.protobuf/,
  );
});
