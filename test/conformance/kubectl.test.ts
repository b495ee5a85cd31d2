/** What conformance asks of kubectl: the real one, against a cluster, and against custom resources that publish their schema. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../src/base/mod.ts';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { definition, definitionsPath } from '../custom-resources.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';
import { Requests, type Body } from './requests.ts';

let cluster: TestCluster;
let requests: Requests;
let kubectl: Program;

before(async () => {
  cluster = await startCluster({ https: true, nodes: 0 });
  requests = new Requests(cluster);
  kubectl = new Program(programPath('kubectl-1.35'), cluster);
});

after(async () => {
  kubectl[Symbol.dispose]();
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

test('Kubectl client Kubectl api-versions should check if v1 is in available api versions', async () => {
  assert.ok((await kubectl.does('api-versions')).split('\n').includes('v1'));
});

test('Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info', async () => {
  const out = await kubectl.does('cluster-info');
  assert.match(out, /Kubernetes control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/);
});

test('Kubectl client Kubectl version should check is all data is printed', async () => {
  const out = await kubectl.does('version');
  assert.match(out, /^Client Version: v\d+\.\d+\.\d+\S*\nKustomize Version: v\S+\nServer Version: v1\.36\.\d+\S*\n$/);
  const { serverVersion } = JSON.parse(await kubectl.does(['version', '-o', 'json']));
  for (const field of [
    'major',
    'minor',
    'gitVersion',
    'gitCommit',
    'gitTreeState',
    'buildDate',
    'goVersion',
    'compiler',
    'platform',
  ])
    assert.ok(serverVersion[field] !== undefined, field);
});

test('Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments', async () => {
  const deployment = (image: string): string => {
    const template = { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'a', image }] } };
    const spec = { replicas: 1, selector: { matchLabels: { app: 'd' } }, template };
    return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec });
  };
  await kubectl.does(['create', '-f', kubectl.file('one.json', deployment('a:1'))]);
  const { code, out } = await kubectl.run(['diff', '-f', kubectl.file('two.json', deployment('a:2'))]);
  assert.equal(code, 1);
  assert.match(out, /^- +- image: a:1$|^- +image: a:1$|^- {6}- image: a:1$/m);
  assert.match(out, /^\+.*image: a:2$/m);
  await kubectl.does(['delete', 'deployment', 'd']);
});

/** The first line that `kubectl proxy` prints; it is stopped in the end. */
async function proxied(words: readonly string[], use: (line: string) => Promise<void>): Promise<void> {
  const child = spawn(kubectl.path, ['proxy', ...words], {
    env: kubectl.environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  try {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    for (let waitedMs = 0; !text.includes('\n'); waitedMs += 10) {
      assert.ok(waitedMs < 10_000, 'kubectl proxy does not start');
      await sleep(10);
    }
    await use(text.trim());
  } finally {
    child.kill();
    await ended;
  }
}

function got(where: { readonly port: number } | { readonly socketPath: string }): Promise<Body> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...where, path: '/api/' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject).end();
  });
}

test('Kubectl client Proxy server should support proxy with --port 0', () =>
  proxied(['-p', '0', '--disable-filter'], async (line) => {
    const port = Number(/^Starting to serve on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]);
    assert.deepEqual((await got({ port })).versions, ['v1']);
  }));

test('Kubectl client Proxy server should support --unix-socket=/path', () => {
  const socketPath = join(kubectl.home, 'test.sock');
  return proxied([`--unix-socket=${socketPath}`], async (line) => {
    assert.equal(line, `Starting to serve on ${socketPath}`);
    assert.deepEqual((await got({ socketPath })).versions, ['v1']);
  });
});

const schemaWithRules = {
  description: 'Foo CRD for Testing',
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      description: 'Specification of Foo',
      properties: {
        bars: {
          description: 'List of Bars and their specs.',
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { description: 'Name of Bar.', type: 'string' },
              age: { description: 'Age of Bar.', type: 'string' },
              feeling: { description: 'Whether Bar is feeling great.', type: 'string', enum: ['Great', 'Down'] },
              bazs: { description: 'List of Bazs.', items: { type: 'string' }, type: 'array' },
            },
          },
        },
      },
    },
    status: {
      description: 'Status of Foo',
      type: 'object',
      properties: { bars: { type: 'array', items: { type: 'string' } } },
    },
  },
};

interface Published {
  readonly kind: string;
  readonly plural: string;
  readonly group?: string;
  readonly versions: readonly { readonly name: string; readonly schema: JsonObject }[];
}

async function publish({ kind, plural, group = 'example.com', versions }: Published): Promise<string> {
  const made = definition(plural, kind, {
    spec: { group },
    versions: versions.map(({ name, schema }, i) => ({
      name,
      served: true,
      storage: i === 0,
      schema: { openAPIV3Schema: schema },
    })),
  });
  await requests.create(definitionsPath, { ...made, metadata: { name: `${plural}.${group}` } });
  for (const { name } of versions) await untilPublished(`${group}/${name}`, kind, true);
  return `${definitionsPath}/${plural}.${group}`;
}

/** Until both forms of the specification have the kind, or no longer have it. */
async function untilPublished(apiVersion: string, kind: string, there: boolean): Promise<void> {
  const [group = '', version = ''] = apiVersion.split('/');
  const name = `${group.split('.').reverse().join('.')}.${version}.${kind}`;
  await requests.until('/openapi/v2', ({ definitions }) => name in definitions === there);
  const { paths } = await requests.get('/openapi/v3');
  const found = paths[`apis/${apiVersion}`];
  const schemas = found === undefined ? {} : (await requests.get(found.serverRelativeURL)).components.schemas;
  assert.equal(name in schemas, there);
}

const object = (apiVersion: string, kind: string, more: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'test-foo' }, ...more });

/** kubectl lets these through by both ways of writing. */
async function accepts(text: string, plural: string): Promise<void> {
  const file = kubectl.file('object.json', text);
  await kubectl.does(['create', '-f', file]);
  await kubectl.does(['delete', plural, 'test-foo']);
  await kubectl.does(['apply', '-f', file]);
  await kubectl.does(['delete', plural, 'test-foo']);
}

async function refuses(text: string, why: RegExp): Promise<void> {
  const file = kubectl.file('object.json', text);
  for (const verb of ['create', 'apply']) assert.match(await kubectl.fails([verb, '-f', file]), why);
}

test('CustomResourcePublishOpenAPI works for CRD with validation schema', async () => {
  const path = await publish({ kind: 'Foo', plural: 'foos', versions: [{ name: 'v1', schema: schemaWithRules }] });
  const foo = (bar: object, more: object = {}): string =>
    object('example.com/v1', 'Foo', { spec: { bars: [bar], ...more } });
  await accepts(foo({ name: 'test-bar', age: '10' }), 'foos');
  await refuses(foo({ name: 'test-bar' }, { unknown: 1 }), /unknown field "spec\.unknown"/);
  await refuses(foo({ age: '10' }), /spec\.bars\[0\]\.name: Required value/);
  await refuses(
    foo({ name: 'test-bar', feeling: 'NonExistentValue' }),
    /Unsupported value: "NonExistentValue": supported values: "Great", "Down"/,
  );
  assert.match(
    await kubectl.does(['explain', 'foos']),
    /DESCRIPTION:\s+Foo CRD for Testing[^]*FIELDS:[^]*apiVersion\s+<string>[^]*spec\s+<Object>\s+Specification of Foo/,
  );
  assert.match(
    await kubectl.does(['explain', 'foos.metadata']),
    /DESCRIPTION:[^]*FIELDS:[^]*creationTimestamp\s+<string>/,
  );
  assert.match(
    await kubectl.does(['explain', 'foos.spec.bars']),
    /List of Bars and their specs\.[^]*feeling[^]*Whether Bar is feeling great\.\s+name\s+<string> -required-\s+Name of Bar\./,
  );
  assert.match(await kubectl.fails(['explain', 'foos.spec.bars2']), /field "bars2" does not exist/);
  await requests.delete(path);
});

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const nested = (inner: object): JsonObject => ({
  type: 'object',
  description: 'preserve-unknown-properties in nested field for Testing',
  properties: {
    spec: { description: 'Specification of Waldo', ...inner },
    status: { description: 'Status of Waldo', type: 'object' },
  },
});

for (const [name, kind, schema, explained] of [
  ['CustomResourcePublishOpenAPI works for CRD without validation schema', 'Bare', open, /DESCRIPTION:\s+<empty>/],
  [
    'CustomResourcePublishOpenAPI works for CRD preserving unknown fields at the schema root',
    'Rootless',
    { ...open, properties: { spec: { type: 'object', properties: { known: { type: 'string' } } } } },
    /DESCRIPTION:[^]*FIELDS:[^]*spec/,
  ],
  [
    'CustomResourcePublishOpenAPI works for CRD preserving unknown fields in an embedded object',
    'Waldo',
    nested(open),
    /DESCRIPTION:\s+preserve-unknown-properties in nested field for Testing[^]*Specification of Waldo/,
  ],
] as const)
  test(name, async () => {
    const plural = `${kind.toLowerCase()}s`;
    const path = await publish({ kind, plural, versions: [{ name: 'v1', schema }] });
    const where = kind === 'Rootless' ? { a: { b: ['c'] } } : { spec: { a: null, b: [{ c: 'd' }] } };
    await accepts(object('example.com/v1', kind, where), plural);
    assert.match(await kubectl.does(['explain', plural]), explained);
    await requests.delete(path);
  });

for (const [name, group, kinds, versions] of [
  [
    'CustomResourcePublishOpenAPI works for multiple CRDs of different groups',
    'other.example.com',
    ['Grid', 'Grad'],
    ['v1', 'v1'],
  ],
  [
    'CustomResourcePublishOpenAPI works for multiple CRDs of same group but different versions',
    'example.com',
    ['Old', 'New'],
    ['v2', 'v3'],
  ],
  [
    'CustomResourcePublishOpenAPI works for multiple CRDs of same group and version but different kinds',
    'example.com',
    ['Left', 'Right'],
    ['v4', 'v4'],
  ],
] as const)
  test(name, async () => {
    const paths: string[] = [];
    for (const [i, kind] of kinds.entries())
      paths.push(
        await publish({
          kind,
          plural: `${kind.toLowerCase()}s`,
          ...(i === 0 ? {} : { group }),
          versions: [{ name: versions[i] ?? '', schema: schemaWithRules }],
        }),
      );
    await untilPublished(`example.com/${versions[0]}`, kinds[0], true);
    await untilPublished(`${group}/${versions[1]}`, kinds[1], true);
    for (const path of paths) await requests.delete(path);
    await untilPublished(`example.com/${versions[0]}`, kinds[0], false);
  });

test('CustomResourcePublishOpenAPI updates the published spec when one version gets renamed', async () => {
  const versions = ['v2', 'v3'].map((name) => ({ name, schema: schemaWithRules }));
  const path = await publish({ kind: 'Renamed', plural: 'renameds', versions });
  await requests.patch(path, 'json', [
    { op: 'test', path: '/spec/versions/1/name', value: 'v3' },
    { op: 'replace', path: '/spec/versions/1/name', value: 'v4' },
  ]);
  await untilPublished('example.com/v4', 'Renamed', true);
  await untilPublished('example.com/v3', 'Renamed', false);
  await untilPublished('example.com/v2', 'Renamed', true);
  await requests.delete(path);
});

test('CustomResourcePublishOpenAPI removes definition from spec when one version gets changed to not be served', async () => {
  const versions = ['v5', 'v6alpha1'].map((name) => ({ name, schema: schemaWithRules }));
  const path = await publish({ kind: 'Unserved', plural: 'unserveds', versions });
  await requests.patch(path, 'json', [{ op: 'replace', path: '/spec/versions/1/served', value: false }]);
  await untilPublished('example.com/v6alpha1', 'Unserved', false);
  await untilPublished('example.com/v5', 'Unserved', true);
  await requests.delete(path);
});
