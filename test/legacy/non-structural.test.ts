/**
 * Definitions from before schemas had to be structural: what their status says, what their resources may hold, and how they
 * become like all others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../src/main/testing.ts';
import { Api, definitionsPath, hasCondition, type Answer } from '../custom-resources.ts';

const old = '/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions';
const path = `${definitionsPath}/things.example.com`;
const things = '/apis/example.com/v1/namespaces/default/things';

/** Its schema names no types, and a clause says more than it may. */
const openAPIV3Schema = {
  properties: {
    spec: {
      properties: { size: { type: 'integer', maximum: 10 }, color: {} },
      anyOf: [{ type: 'object', required: ['size'] }, { required: ['color'] }],
    },
  },
};

function defined(spec: object): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      versions: [{ name: 'v1', served: true, storage: true }],
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      ...spec,
    },
  };
}

function thing(name: string, spec: object): object {
  return { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name }, spec };
}

function conditionOf({ body }: Answer, type: string): { status: string; reason: string; message: string } | undefined {
  return body.status?.conditions?.find((one: { type: string }) => one.type === type);
}

void test('its status says what is not structural, and its resources keep what the schema does not know', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  using api = new Api(cluster);
  const made = await api.send('POST', old, defined({ validation: { openAPIV3Schema } }));
  assert.equal(made.status, 201, made.body.message);
  const told = await api.until(path, (answer) => hasCondition(answer.body, 'NonStructuralSchema'));
  const at = 'spec.versions[0].schema.openAPIV3Schema';
  const { status, reason, message } = conditionOf(told, 'NonStructuralSchema') ?? {};
  assert.deepEqual([status, reason], ['True', 'Violations']);
  assert.equal(
    message,
    `[spec.preserveUnknownFields: Invalid value: true: must be false, ${[
      `${at}.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural`,
      `${at}.properties[spec].properties[color].type: Required value: must not be empty for specified object fields`,
      `${at}.properties[spec].type: Required value: must not be empty for specified object fields`,
      `${at}.type: Required value: must not be empty at the root`,
    ].join(', ')}]`,
  );
  const kept = await api.send('POST', things, thing('a', { size: 1, color: { deep: [1] }, more: { x: null } }));
  assert.equal(kept.status, 201, kept.body.message);
  assert.deepEqual((await api.get(`${things}/a`)).body.spec, { size: 1, color: { deep: [1] }, more: { x: null } });
  const wrong = await api.send('POST', things, thing('b', { size: 11 }));
  assert.equal(wrong.status, 422);
  assert.equal(
    wrong.body.message,
    'Thing.example.com "b" is invalid: spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10',
  );
  const neither = await api.send('POST', things, thing('c', { other: 1 }));
  assert.equal(neither.status, 422);
  const applied = await api.send('PATCH', `${things}/d?fieldManager=m`, thing('d', { size: 2, more: [1] }), {
    'content-type': 'application/apply-patch+yaml',
  });
  assert.deepEqual([applied.status, applied.body.spec], [201, { size: 2, more: [1] }]);
});

void test('it may be changed as it is, cannot be made anew, and is like all others once it is structural', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  using api = new Api(cluster);
  await api.send('POST', old, defined({ validation: { openAPIV3Schema } }));
  await api.until(path, (answer) => hasCondition(answer.body, 'NonStructuralSchema'));
  await api.until(path, (answer) => hasCondition(answer.body, 'Established'));
  await api.send('POST', things, thing('a', { size: 1, more: 1 }));
  const labelled = await api.merge(path, { metadata: { labels: { a: 'b' } } });
  assert.equal(labelled.status, 200, labelled.body.message);
  const renamed = await api.merge(path, { spec: { names: { shortNames: ['th'] } } });
  assert.equal(renamed.status, 200, renamed.body.message);
  const { spec } = (await api.get(path)).body;
  const anew = await api.send('POST', definitionsPath, {
    metadata: { name: 'others.example.com' },
    spec: { ...spec, names: { plural: 'others', kind: 'Other' } },
  });
  assert.equal(anew.status, 422);
  assert.match(anew.body.message, /spec\.preserveUnknownFields: Invalid value: true: cannot set to true/);
  assert.match(anew.body.message, /openAPIV3Schema\.type: Required value: must not be empty at the root/);
  const properties = { spec: { type: 'object', properties: { size: { type: 'integer', maximum: 10 } } } };
  const structural = { type: 'object', properties };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: structural } };
  const mended = await api.merge(path, { spec: { preserveUnknownFields: false, versions: [version] } });
  assert.equal(mended.status, 200, mended.body.message);
  await api.until(path, (answer) => conditionOf(answer, 'NonStructuralSchema') === undefined);
  const pruned = await api.until(`${things}/a`, ({ body }) => body.spec?.more === undefined);
  assert.deepEqual(pruned.body.spec, { size: 1 });
  const back = await api.merge(path, { spec: { preserveUnknownFields: true } });
  assert.equal(back.status, 422);
});

void test('OpenAPI says nothing of a schema that is not structural, and version 2 nothing where unknown fields are kept', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  using api = new Api(cluster);
  const properties = { spec: { type: 'object', properties: { size: { type: 'integer' } } } };
  const name = 'com.example.v1.Thing';
  const gvk = { 'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Thing', version: 'v1' }] };
  const told = async (schema: object): Promise<[v2: object, v3: { properties?: object }]> => {
    const made = await api.send('POST', old, defined({ validation: { openAPIV3Schema: schema } }));
    assert.equal(made.status, 201, made.body.message);
    await api.until(path, (answer) => hasCondition(answer.body, 'Established'));
    const { definitions } = (await api.get('/openapi/v2')).body;
    const { components } = (await api.get('/openapi/v3/apis/example.com/v1')).body;
    await api.send('DELETE', path);
    await api.until(path, ({ status }) => status === 404);
    return [definitions[name], components.schemas[name]];
  };
  assert.deepEqual(await told(openAPIV3Schema), [
    { type: 'object', ...gvk },
    { type: 'object', ...gvk },
  ]);
  const [v2, v3] = await told({ type: 'object', properties });
  assert.deepEqual(v2, { type: 'object', ...gvk });
  assert.deepEqual(Object.keys(v3.properties ?? {}), ['spec', 'apiVersion', 'kind', 'metadata']);
});

void test('one without any schema may be changed, and cannot be made anew', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  using api = new Api(cluster);
  assert.equal((await api.send('POST', old, defined({}))).status, 201);
  const told = await api.until(path, (answer) => hasCondition(answer.body, 'NonStructuralSchema'));
  const { message } = conditionOf(told, 'NonStructuralSchema') ?? {};
  assert.equal(message, 'spec.preserveUnknownFields: Invalid value: true: must be false');
  const renamed = await api.merge(path, { spec: { names: { shortNames: ['th'] } } });
  assert.equal(renamed.status, 200, renamed.body.message);
  const { spec } = renamed.body;
  const names = { plural: 'others', kind: 'Other' };
  const others = { metadata: { name: 'others.example.com' }, spec: { ...spec, names } };
  const anew = await api.send('POST', definitionsPath, others);
  assert.equal(anew.status, 422);
  assert.match(anew.body.message, /spec\.versions\[0\]\.schema\.openAPIV3Schema: Required value/);
});
