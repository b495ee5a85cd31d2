/**
 * What programs build from `/openapi/v2`: Argo CD and others walk it strictly before they merge or compare anything. So
 * every reference leads somewhere, every kind of discovery has one definition, and what says how lists are merged names
 * fields that there are.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { definition } from '../custom-resources.ts';
import { RawHttp } from '../raw-http.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-group-version-kind'?: readonly Gvk[];
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-unions'?: readonly { readonly discriminator?: string }[];
}

interface Gvk {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly parameters?: readonly Parameter[];
  readonly 'x-kubernetes-group-version-kind'?: Gvk;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly schema?: Schema;
}

interface Document {
  readonly swagger: string;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Listed extends Gvk {
  readonly name: string;
  readonly path: string;
}

let cluster: TestCluster;
let http: RawHttp;
let document: Document;

before(async () => {
  cluster = await startApiServer({ https: true });
  http = new RawHttp(cluster.endpoint);
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const made = await http.json('POST', crds, definition('widgets', 'Widget', {}));
  assert.equal(made.status, 201, made.text);
  document = await get<Document>('/openapi/v2');
});
after(async () => {
  http[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

async function get<T>(path: string): Promise<T> {
  const { status, text } = await http.json('GET', path);
  assert.equal(status, 200, `${path}: ${text}`);
  return JSON.parse(text) as T;
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
const definitionPrefix = '#/definitions/';
const keywords = new Set(
  'type format description properties required items additionalProperties $ref default enum x-kubernetes-group-version-kind x-kubernetes-list-map-keys x-kubernetes-list-type x-kubernetes-map-type x-kubernetes-patch-merge-key x-kubernetes-patch-strategy x-kubernetes-unions x-kubernetes-preserve-unknown-fields x-kubernetes-embedded-resource x-kubernetes-int-or-string minimum maximum maxItems minLength maxLength pattern'.split(
    ' ',
  ),
);

/** Every schema of the document, with where it is. */
function* schemas(): Generator<readonly [string, Schema]> {
  for (const [name, schema] of Object.entries(document.definitions)) yield* within(name, schema);
  for (const [path, method, operation] of operations()) {
    for (const [code, { schema }] of Object.entries(operation.responses))
      if (schema !== undefined) yield* within(`${method} ${path} ${code}`, schema);
    for (const { schema, name } of operation.parameters ?? [])
      if (schema !== undefined) yield* within(`${method} ${path} ${name}`, schema);
  }
}

function* within(where: string, schema: Schema): Generator<readonly [string, Schema]> {
  yield [where, schema];
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* within(`${where}.${name}`, property);
  if (schema.items !== undefined) yield* within(`${where}[]`, schema.items);
  if (schema.additionalProperties !== undefined) yield* within(`${where}{}`, schema.additionalProperties);
}

function* operations(): Generator<readonly [string, string, Operation]> {
  for (const [path, item] of Object.entries(document.paths))
    for (const method of methods) if (method in item) yield [path, method, item[method] as Operation];
}

function resolve({ $ref }: Schema): Schema | undefined {
  return $ref?.startsWith(definitionPrefix) === true
    ? document.definitions[$ref.slice(definitionPrefix.length)]
    : undefined;
}

/** All that discovery names, subresources among it. */
async function discovered(): Promise<Listed[]> {
  const { groups } = await get<{ groups: { versions: { groupVersion: string }[] }[] }>('/apis');
  const versions = groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion));
  const lists = ['v1', ...versions].map(async (groupVersion) => {
    const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const { resources } = await get<{ resources: Partial<Listed>[] }>(path);
    const [version = '', group = ''] = groupVersion.split('/').reverse();
    return resources.map((one) => ({ group, version, kind: '', name: '', ...one, path }));
  });
  return (await Promise.all(lists)).flat();
}

void test('no reference leads nowhere, and no keyword is unknown', () => {
  assert.equal(document.swagger, '2.0');
  const wrong: string[] = [];
  for (const [where, schema] of schemas()) {
    if (schema.$ref !== undefined && resolve(schema) === undefined) wrong.push(`${where}: ${schema.$ref}`);
    for (const keyword of Object.keys(schema)) if (!keywords.has(keyword)) wrong.push(`${where}: ${keyword}`);
    if (schema.type === 'array' && schema.items === undefined) wrong.push(`${where}: array of nothing`);
    for (const name of schema.required ?? [])
      if (schema.properties?.[name] === undefined) wrong.push(`${where}: requires ${name}`);
  }
  assert.deepEqual(wrong, []);
});

void test('every definition is used', () => {
  const used = new Set([...schemas()].map(([, { $ref = '' }]) => $ref.slice(definitionPrefix.length)));
  const unused = Object.entries(document.definitions).filter(
    ([name, schema]) => !used.has(name) && schema['x-kubernetes-group-version-kind'] === undefined,
  );
  assert.deepEqual(
    unused.map(([name]) => name),
    [],
  );
});

/** Options of connections stand in the query; they are no kind that could be sent or received. */
const connections = /^(Node|Pod|Service)(Attach|Exec|PortForward|Proxy)Options$/;

void test('every kind of discovery has one definition, with what every object has', async () => {
  const wrong: string[] = [];
  for (const { group, version, kind, name } of await discovered()) {
    if (connections.test(kind)) continue;
    const found = Object.entries(document.definitions).filter(([, schema]) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (one) => one.group === group && one.version === version && one.kind === kind,
      ),
    );
    const [only] = found;
    if (found.length !== 1 || only === undefined) wrong.push(`${name} ${group}/${version} ${kind}: ${found.length}`);
    else if (!name.includes('/'))
      for (const field of ['apiVersion', 'kind', 'metadata'])
        if (only[1].properties?.[field] === undefined) wrong.push(`${only[0]} has no ${field}`);
  }
  assert.deepEqual(wrong, []);
});

void test('what says how to merge names fields that there are', () => {
  const wrong: string[] = [];
  for (const [where, schema] of schemas()) {
    const items = schema.items && (resolve(schema.items) ?? schema.items);
    const keys = schema['x-kubernetes-list-map-keys'];
    const mergeKey = schema['x-kubernetes-patch-merge-key'];
    if (keys !== undefined && schema['x-kubernetes-list-type'] !== 'map') wrong.push(`${where}: keys, but no map`);
    if (schema['x-kubernetes-list-type'] === 'map' && keys === undefined) wrong.push(`${where}: no keys`);
    for (const key of [...(keys ?? []), ...(mergeKey === undefined ? [] : [mergeKey])])
      if (items?.properties?.[key] === undefined) wrong.push(`${where}: ${key}`);
  }
  assert.deepEqual(wrong, []);
});

void test('every resource has its paths, and every operation an identifier of its own', async () => {
  const identifiers = [...operations()].map(([, , { operationId }]) => operationId);
  assert.equal(new Set(identifiers).size, identifiers.length);
  const paths = Object.keys(document.paths);
  const missing = (await discovered()).filter(({ path, name }) => {
    const [plural = '', subresource] = name.split('/');
    const ending = subresource === undefined ? `/${plural}` : `/${plural}/{name}/${subresource}`;
    return !paths.some((one) => one.startsWith(`${path}/`) && one.endsWith(ending));
  });
  assert.deepEqual(
    missing.map(({ path, name }) => `${path} ${name}`),
    [],
  );
  const written = ({ group, version, kind }: Gvk): string => `${group}/${version} ${kind}`;
  const kinds = new Set(
    Object.values(document.definitions)
      .flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? [])
      .map(written),
  );
  for (const [path, method, operation] of operations()) {
    const gvk = operation['x-kubernetes-group-version-kind'];
    if (gvk === undefined || connections.test(gvk.kind)) continue;
    assert.ok(kinds.has(written(gvk)), `${method} ${path}`);
  }
});
