/** Custom resources over real HTTP: from the definition to the last of them, in one version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../src/main/testing.ts';
import { Api, definition, definitionsPath, hasCondition, widgetSchema } from './custom-resources.ts';

const widgets = '/apis/example.com/v1/namespaces/default/widgets';
const widget = (name: string, spec: object = { size: 1 }): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});

void test('a definition is served until it is deleted', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  assert.equal((await api.get(widgets)).status, 404);
  const created = await api.send(
    'POST',
    definitionsPath,
    definition('widgets', 'Widget', { names: { shortNames: ['wd'] } }),
  );
  assert.equal(created.status, 201);
  assert.deepEqual(created.body.status, {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: ['v1'],
  });
  assert.deepEqual(created.body.spec.conversion, { strategy: 'None' });
  const path = `${definitionsPath}/widgets.example.com`;
  const { body } = await api.until(path, (answer) => hasCondition(answer.body, 'Established'));
  assert.deepEqual(
    body.status.conditions.map(({ type, reason, message }: Record<string, string>) => [type, reason, message]),
    [
      ['NamesAccepted', 'NoConflicts', 'no conflicts found'],
      ['Established', 'InitialNamesAccepted', 'the initial names have been accepted'],
    ],
  );
  assert.deepEqual(body.status.acceptedNames, {
    plural: 'widgets',
    singular: 'widget',
    shortNames: ['wd'],
    kind: 'Widget',
    listKind: 'WidgetList',
  });
  const discovered = await api.get('/apis/example.com/v1');
  assert.deepEqual(
    discovered.body.resources.map(({ name, kind, namespaced, shortNames }: Record<string, unknown>) => ({
      name,
      kind,
      namespaced,
      shortNames,
    })),
    [{ name: 'widgets', kind: 'Widget', namespaced: true, shortNames: ['wd'] }],
  );
  assert.ok((await api.get('/apis')).body.groups.some(({ name }: { name: string }) => name === 'example.com'));
  const made = await api.send('POST', widgets, widget('a'));
  assert.equal(made.status, 201);
  assert.equal(made.body.metadata.generation, 1);
  const list = await api.get(widgets);
  assert.deepEqual([list.body.kind, list.body.apiVersion, list.body.items.length], ['WidgetList', 'example.com/v1', 1]);
  const deletion = await api.send('DELETE', path);
  assert.equal(deletion.status, 200);
  assert.deepEqual(deletion.body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  assert.ok(hasCondition(deletion.body, 'Terminating'));
  await api.until(path, (answer) => answer.status === 404);
  const after = await api.get(widgets);
  assert.deepEqual([after.status, after.body.message], [404, 'the server could not find the requested resource']);
  assert.ok(!(await api.get('/apis')).body.groups.some(({ name }: { name: string }) => name === 'example.com'));
});

void test('the definition stays until the last finalizer of its resources is gone, and nothing new is created', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  await api.send('POST', widgets, { ...widget('a'), metadata: { name: 'a', finalizers: ['example.com/stay'] } });
  await api.send('POST', widgets, widget('b'));
  const all = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
  assert.deepEqual((await api.get('/apis/example.com/v1')).body.resources[0].verbs, all);
  const path = `${definitionsPath}/widgets.example.com`;
  await api.send('DELETE', path);
  const ending = await api.until(`${widgets}/a`, ({ body }) => body.metadata?.deletionTimestamp !== undefined);
  assert.equal(ending.status, 200);
  await api.until(`${widgets}/b`, ({ status }) => status === 404);
  const refused = await api.send('POST', widgets, widget('c'));
  assert.deepEqual(
    [refused.status, refused.body.reason, refused.body.message],
    [405, 'MethodNotAllowed', 'create not allowed while custom resource definition is terminating'],
  );
  const { body: waiting } = await api.get(path);
  const { reason, message } = waiting.status.conditions.find(({ type }: { type: string }) => type === 'Terminating');
  const left = ['delete', 'deletecollection', 'get', 'list', 'watch'];
  assert.deepEqual((await api.get('/apis/example.com/v1')).body.resources[0].verbs, left);
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { items } = (await api.get('/apis', { accept })).body;
  const group = items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === 'example.com');
  assert.deepEqual(group.versions[0].resources[0].verbs, left);
  assert.deepEqual([reason, message], ['InstanceDeletionInProgress', 'CustomResource deletion is in progress']);
  await api.merge(`${widgets}/a`, { metadata: { finalizers: null } });
  await api.until(path, ({ status }) => status === 404);
});

void test('what no version serves any more is deleted with its definition all the same', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  await api.send('POST', widgets, widget('a'));
  const path = `${definitionsPath}/widgets.example.com`;
  const { spec } = (await api.get(path)).body;
  spec.versions[0].served = false;
  assert.equal((await api.merge(path, { spec })).status, 200);
  assert.equal((await api.get(widgets)).status, 404);
  await api.send('DELETE', path);
  await api.until(path, ({ status }) => status === 404);
  await api.define(definition('widgets', 'Widget'));
  assert.deepEqual((await api.get(widgets)).body.items, []);
});

void test('objects are pruned and given defaults, and told what they do not know', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  const given = {
    size: 2,
    unknown: 1,
    color: null,
    note: null,
    port: 'http',
    open: { anything: [{ goes: true }] },
    parts: [
      { name: 'a', extra: 1 },
      { name: 'b', count: 2 },
    ],
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', odd: 1 }, more: 1 },
  };
  const made = await api.send('POST', `${widgets}?fieldValidation=Warn`, widget('a', given));
  assert.equal(made.status, 201, made.body.message);
  assert.deepEqual(made.body.spec, {
    color: 'red',
    note: null,
    open: { anything: [{ goes: true }] },
    parts: [
      { count: 1, name: 'a' },
      { count: 2, name: 'b' },
    ],
    port: 'http',
    size: 2,
    template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, more: 1 },
  });
  assert.match(String(made.headers['warning']), /unknown field \\"spec.parts\[0\].extra\\"/);
  assert.match(String(made.headers['warning']), /unknown field \\"spec.unknown\\"/);
  const strict = await api.send('POST', `${widgets}?fieldValidation=Strict`, widget('b', { size: 1, x: 1, y: 2 }));
  assert.deepEqual(
    [strict.status, strict.body.message],
    [
      400,
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.x", unknown field "spec.y"',
    ],
  );
  const malformed = await api.send('POST', widgets, { ...widget('c'), metadata: { name: 'c', labels: 'x' } });
  assert.deepEqual(
    [malformed.status, malformed.body.message],
    [
      400,
      'Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal string into Go struct field ObjectMeta.labels of type map[string]string',
    ],
  );
});

void test('what does not fit the schema is refused in the words of the schema', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  const refusals: readonly [object, readonly string[]][] = [
    [{}, ['spec.size: Required value']],
    [{ size: 'big' }, ['spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"']],
    [{ size: 11 }, ['spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10']],
    [{ size: 1, color: 'blue' }, ['spec.color: Unsupported value: "blue": supported values: "red", "green"']],
    [{ size: 1, name: 'abcdef' }, ['spec.name: Too long: may not be more than 5 bytes']],
    [{ size: 1, name: 'A' }, ['spec.name: Invalid value: "A": spec.name in body should match \'^[a-z]+$\'']],
    [
      { size: 1, port: true },
      ['spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
    ],
    [
      { size: 1, parts: [{ name: 'a' }, { name: 'b' }, { name: 'a' }, { name: 'c' }] },
      ['spec.parts: Too many: 4: must have at most 3 items', 'spec.parts[2]: Duplicate value: {"name":"a"}'],
    ],
    [{ size: 1, template: { kind: 'Pod' } }, ['spec.template.apiVersion: Required value: must not be empty']],
  ];
  for (const [spec, wanted] of refusals) {
    const { status, body } = await api.send('POST', widgets, widget('a', spec));
    assert.equal(status, 422, JSON.stringify(spec));
    const list = wanted.length === 1 ? wanted[0] : `[${wanted.join(', ')}]`;
    assert.equal(body.message, `Widget.example.com "a" is invalid: ${list}`);
  }
});

void test('an update may keep what is wrong, but not add to it', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  await api.send('POST', widgets, widget('a', { size: 5, name: 'abc', parts: [{ name: 'x', count: 9 }] }));
  const tighter = structuredClone(widgetSchema);
  Object.assign(tighter.properties.spec.properties.name, { maxLength: 2 });
  Object.assign(tighter.properties.spec.properties.parts.items.properties.count, { maximum: 5 });
  const tightened = await api.merge(`${definitionsPath}/widgets.example.com`, {
    spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: tighter } }] },
  });
  assert.equal(tightened.status, 200, tightened.body.message);
  const kept = await api.merge(`${widgets}/a`, { spec: { size: 6 } });
  assert.equal(kept.status, 200, kept.body.message);
  const keptItem = await api.merge(`${widgets}/a`, { spec: { parts: [{ name: 'y' }, { name: 'x', count: 9 }] } });
  assert.equal(keptItem.status, 200, keptItem.body.message);
  const worse = await api.merge(`${widgets}/a`, { spec: { name: 'abd' } });
  assert.equal(
    worse.body.message,
    'Widget.example.com "a" is invalid: spec.name: Too long: may not be more than 2 bytes',
  );
});

void test('status and scale are subresources, and the generation counts what is wanted', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const subresources = {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  };
  await api.define(definition('widgets', 'Widget', { version: { subresources } }));
  const made = await api.send('POST', widgets, { ...widget('a', { size: 1, replicas: 2 }), status: { replicas: 9 } });
  assert.equal(made.body.status, undefined);
  const status = await api.merge(`${widgets}/a/status`, {
    metadata: { labels: { a: 'b' } },
    spec: { size: 7 },
    status: { replicas: 1, selector: 'app=a' },
  });
  assert.deepEqual(
    [status.body.spec.size, status.body.status.replicas, status.body.metadata.labels, status.body.metadata.generation],
    [1, 1, undefined, 1],
  );
  const wrong = await api.merge(`${widgets}/a/status`, { status: { replicas: 'many' } });
  assert.equal(
    wrong.body.message,
    'Widget.example.com "a" is invalid: [status.replicas: Invalid value: "string": replicas in body must be of type integer: "string", .status.replicas: Invalid value: 0: .status.replicas accessor error: many is of the type string, expected int64]',
  );
  const spec = await api.merge(`${widgets}/a`, { spec: { size: 3 }, status: { replicas: 5 } });
  assert.deepEqual([spec.body.status.replicas, spec.body.metadata.generation], [1, 2]);
  const scale = await api.get(`${widgets}/a/scale`);
  assert.deepEqual([scale.body.spec, scale.body.status], [{ replicas: 2 }, { replicas: 1, selector: 'app=a' }]);
  const rows = await api.get(`${widgets}/a/scale`, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' });
  assert.deepEqual(
    rows.body.columnDefinitions.map(({ name, type, format }: Record<string, unknown>) => [name, type, format]),
    [
      ['Name', 'string', 'name'],
      ['Desired', 'integer', ''],
      ['Available', 'integer', ''],
      ['Age', 'date', ''],
    ],
  );
  assert.deepEqual(rows.body.rows[0].cells.slice(0, 3), ['a', 2, 1]);
  const scaled = await api.merge(`${widgets}/a/scale`, { spec: { replicas: 4 } });
  assert.deepEqual([scaled.status, scaled.body.spec], [200, { replicas: 4 }]);
  const { body } = await api.get(`${widgets}/a`);
  assert.deepEqual([body.spec.replicas, body.metadata.generation], [4, 3]);
  const negative = await api.merge(`${widgets}/a`, { spec: { replicas: -1 } });
  assert.match(negative.body.message, /\.spec\.replicas: Invalid value: -1: should be a non-negative integer/);
});

void test('columns, wide ones and the age, and selectable fields', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const version = {
    additionalPrinterColumns: [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How large' },
      { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
      { name: 'First', type: 'string', jsonPath: '.spec.parts[?(@.name=="x")].count' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
    selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.size' }],
  };
  await api.define(definition('widgets', 'Widget', { version }));
  await api.send('POST', widgets, widget('a', { size: 1, parts: [{ name: 'x', count: 4 }] }));
  await api.send('POST', widgets, widget('b', { size: 2, color: 'green' }));
  const table = await api.get(widgets, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' });
  assert.deepEqual(
    table.body.columnDefinitions.map(({ name, type, format, description, priority }: Record<string, unknown>) => [
      name,
      type,
      format,
      name === 'Name' || name === 'Age' ? '' : description,
      priority,
    ]),
    [
      ['Name', 'string', 'name', '', 0],
      ['Size', 'integer', '', 'How large', 0],
      ['Color', 'string', '', 'Custom resource definition column (in JSONPath format): .spec.color', 1],
      [
        'First',
        'string',
        '',
        'Custom resource definition column (in JSONPath format): .spec.parts[?(@.name=="x")].count',
        0,
      ],
      ['Age', 'date', '', '', 0],
    ],
  );
  assert.deepEqual(
    table.body.rows.map(({ cells }: { cells: unknown[] }) => cells.slice(0, 4)),
    [
      ['a', 1, 'red', '4'],
      ['b', 2, 'green', null],
    ],
  );
  const names = async (selector: string): Promise<string[]> => {
    const { body } = await api.get(`${widgets}?fieldSelector=${encodeURIComponent(selector)}`);
    return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  };
  assert.deepEqual(await names('spec.color=green'), ['b']);
  assert.deepEqual(await names('spec.color!=green,spec.size=1'), ['a']);
  const unknown = await api.get(`${widgets}?fieldSelector=spec.name%3Dx`);
  assert.deepEqual([unknown.status, unknown.body.message], [400, 'field label not supported: spec.name']);
});

void test('names that somebody of the group has already are not had, until they are given up', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget', { names: { shortNames: ['wd'] } }));
  await api.send(
    'POST',
    definitionsPath,
    definition('gadgets', 'Widget', {
      names: { shortNames: ['wd', 'ga'], singular: 'gadget', listKind: 'GadgetList' },
    }),
  );
  const path = `${definitionsPath}/gadgets.example.com`;
  const { body } = await api.until(path, (answer) => hasCondition(answer.body, 'NamesAccepted', 'False'));
  const condition = (type: string): unknown[] => {
    const { status, reason, message } = body.status.conditions.find((one: { type: string }) => one.type === type);
    return [status, reason, message];
  };
  assert.deepEqual(condition('NamesAccepted'), ['False', 'KindConflict', '"Widget" is already in use']);
  assert.deepEqual(condition('Established'), ['False', 'NotAccepted', 'not all names are accepted']);
  assert.deepEqual(body.status.acceptedNames, {
    plural: 'gadgets',
    kind: '',
    singular: 'gadget',
    listKind: 'GadgetList',
  });
  assert.equal((await api.get('/apis/example.com/v1/gadgets')).status, 404);
  await api.send('DELETE', `${definitionsPath}/widgets.example.com`);
  await api.until(path, (answer) => hasCondition(answer.body, 'Established'));
  assert.equal((await api.get('/apis/example.com/v1/gadgets')).status, 200);
});

void test('the status of a definition can be written, lists selected, and many deleted', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  for (const [plural, kind] of [
    ['widgets', 'Widget'],
    ['gadgets', 'Gadget'],
  ] as const) {
    const body = definition(plural, kind);
    await api.define({ ...body, metadata: { name: `${plural}.example.com`, labels: { test: 'yes' } } });
  }
  const path = `${definitionsPath}/widgets.example.com/status`;
  const patch = { status: { conditions: [{ type: 'Mine', status: 'True', reason: 'Test', message: 'm' }] } };
  const patched = await api.send('PATCH', path, patch, { 'content-type': 'application/strategic-merge-patch+json' });
  assert.equal(patched.status, 200, patched.body.message);
  assert.ok(hasCondition((await api.get(path)).body, 'Mine'));
  const list = await api.get(`${definitionsPath}?labelSelector=test%3Dyes`);
  assert.equal(list.body.items.length, 2);
  await api.send('DELETE', `${definitionsPath}?labelSelector=test%3Dyes`);
  await api.until(`${definitionsPath}?labelSelector=test%3Dyes`, ({ body }) => body.items.length === 0);
});

void test('items of a list are whole, whatever the names of their fields', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await api.define(definition('opens', 'Open', { version: { schema: { openAPIV3Schema: open } } }));
  const opens = '/apis/example.com/v1/namespaces/default/opens';
  const self = { apiVersion: 'example.com/v1', kind: 'Open' };
  // Names that are numbers come before all others in an object of JavaScript.
  const made = [
    await api.send('POST', opens, { ...self, metadata: { name: 'a' }, 7: 'x', b: 1 }),
    await api.send('POST', opens, { ...self, metadata: { name: 'b' } }),
  ];
  const { body } = await api.get(opens);
  assert.deepEqual([body.kind, body.items], ['OpenList', made.map((answer) => answer.body)]);
  assert.deepEqual(
    body.items.map((item: Record<string, unknown>) => [item['kind'], item['apiVersion'], item['7']]),
    [
      ['Open', 'example.com/v1', 'x'],
      ['Open', 'example.com/v1', undefined],
    ],
  );
});

void test('a custom resource says itself what it is', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  const self = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' }, spec: { size: 1 } };
  const { kind: _, ...kindless } = self;
  const text = JSON.stringify(kindless);
  const [unrecognized, elsewhere] = [
    `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '${text}' ({"apiVersion":"example.com/v1" ...)`,
    'the API version in the data (example.com/v9) does not match the expected API version (example.com/v1)',
  ];
  const refused = async (body: object): Promise<unknown[]> => {
    const { status, body: answer } = await api.send('POST', widgets, body);
    return [status, answer.message];
  };
  assert.deepEqual(await refused(kindless), [400, unrecognized]);
  assert.deepEqual(await refused({ ...self, kind: '' }), [
    400,
    `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '${JSON.stringify({ ...self, kind: '' })}' ({"apiVersion":"example.com/v1" ...)`,
  ]);
  assert.deepEqual(await refused({ ...self, apiVersion: 'example.com/v9' }), [400, elsewhere]);
  assert.deepEqual(await refused({ ...self, apiVersion: '' }), [400, elsewhere.replace('example.com/v9', '')]);
  assert.deepEqual(await refused({ ...self, kind: 'Gadget' }), [
    422,
    'Gadget.example.com "a" is invalid: kind: Invalid value: "Gadget": must be Widget',
  ]);
  assert.equal((await api.send('POST', widgets, self)).status, 201);
  const patched = async (patch: object): Promise<unknown[]> => {
    const { status, body } = await api.merge(`${widgets}/a`, patch);
    return [status, body.message];
  };
  const [status, message] = await patched({ kind: null });
  assert.equal(status, 422);
  assert.match(String(message), /^ "" is invalid: patch: Invalid value: ".*": Object 'Kind' is missing in '.*'$/);
  assert.deepEqual(await patched({ kind: 'Gadget', apiVersion: 'example.com/v9' }), [
    422,
    'Gadget.example.com "a" is invalid: [kind: Invalid value: "Gadget": must be Widget, apiVersion: Invalid value: "example.com/v9": must be example.com/v1]',
  ]);
  assert.equal((await patched({ apiVersion: '' }))[0], 422);
  assert.deepEqual(
    [(await api.get(`${widgets}/a`)).body.kind, (await api.get(widgets)).body.items.length],
    ['Widget', 1],
  );
});

void test('an object is nested as deep as may be, and no patch goes deeper', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  await api.define(definition('opens', 'Open', { version: { schema: { openAPIV3Schema: open } } }));
  const opens = '/apis/example.com/v1/namespaces/default/opens';
  const levels = 990;
  const text = `{"kind":"Open","apiVersion":"example.com/v1","metadata":{"name":"a"},"deep":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
  assert.equal((await api.send('POST', opens, JSON.parse(text))).status, 201);
  const apply = { 'content-type': 'application/apply-patch+yaml' };
  assert.equal((await api.send('PATCH', `${opens}/a?fieldManager=me&force=true`, JSON.parse(text), apply)).status, 200);
  const inYaml = await api.get(`${opens}/a`, { accept: 'application/yaml' });
  assert.equal(inYaml.status, 200);
  const infinite = `{"kind":"Open","apiVersion":"example.com/v1","metadata":{"name":"b"},"a":1e400}`;
  const beyond = await api.send('POST', opens, infinite);
  assert.equal(beyond.status, 400);
  assert.match(beyond.body.message, /json: cannot unmarshal number into Go value of type float64/);
  const deeper = [{ op: 'add', path: `/deep${'/a'.repeat(levels)}`, value: { b: { c: { d: [[[[[[[[[[]]]]]]]]]] } } } }];
  const patched = await api.send('PATCH', `${opens}/a`, deeper, { 'content-type': 'application/json-patch+json' });
  assert.deepEqual(
    [patched.status, patched.body.message],
    [422, 'the server rejected our request due to an error in our request'],
  );
});

void test('a field may have a name that every object of JavaScript has', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await api.define(definition('opens', 'Open', { version: { schema, subresources: { status: {} } } }));
  const opens = '/apis/example.com/v1/namespaces/default/opens';
  const named = (object: object): unknown => JSON.parse(JSON.stringify(object).replaceAll('"proto"', '"__proto__"'));
  const self = { apiVersion: 'example.com/v1', kind: 'Open', metadata: { name: 'a' } };
  const { metadata } = (await api.send('POST', opens, self)).body;
  const ofStatus = { ...self, metadata, proto: 1, constructor: 1, toString: 1, status: { proto: 1 } };
  const first = await api.send('PUT', `${opens}/a/status`, named(ofStatus));
  assert.deepEqual([first.status, Object.keys(first.body)], [200, ['kind', 'apiVersion', 'metadata', 'status']]);
  assert.equal(Object.isFrozen(Object.prototype), false);
  const whole = { ...ofStatus, metadata: first.body.metadata, status: {} };
  const second = await api.send('PUT', `${opens}/a`, named(whole));
  const third = await api.send('PUT', `${opens}/a/status`, {
    ...self,
    metadata: second.body.metadata,
    status: { a: 1 },
  });
  assert.equal(third.status, 200);
  const { kind, apiVersion, metadata: _, ...fields } = third.body;
  assert.deepEqual([kind, apiVersion], ['Open', 'example.com/v1']);
  assert.deepEqual(
    Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['__proto__', 1],
      ['constructor', 1],
      ['status', { a: 1 }],
      ['toString', 1],
    ],
  );
});
