/** Managed fields and apply patches as bare requests get them: codes, texts and entries are exact. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ManagedFieldsEntry, Status } from '../src/machinery/mod.ts';
import { startApiServer } from '../src/main/testing.ts';
import { RawHttp } from './raw-http.ts';

interface Answer {
  readonly code: number;
  readonly body: ObjectLike;
  readonly warning: string | undefined;
}

type ObjectLike = Partial<Status> & {
  readonly metadata?: {
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly managedFields?: readonly ManagedFieldsEntry[];
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
};

class Requests implements Disposable {
  readonly #http: RawHttp;

  constructor(http: RawHttp) {
    this.#http = http;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await this.#http.send({
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body),
    });
    const parsed = JSON.parse(answer.text) as ObjectLike;
    return { code: answer.status, body: parsed, warning: answer.headers['warning'] };
  }

  apply(path: string, body: unknown, query = 'fieldManager=me'): Promise<Answer> {
    return this.send('PATCH', `${path}?${query}`, body, { 'content-type': 'application/apply-patch+yaml' });
  }

  merge(path: string, body: unknown, query = ''): Promise<Answer> {
    return this.send('PATCH', `${path}?${query}`, body, { 'content-type': 'application/merge-patch+json' });
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

const maps = '/api/v1/namespaces/default/configmaps';
const config = (data: Readonly<Record<string, string>>, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  data,
});

function managers({ body }: Answer): string[] {
  return (body.metadata?.managedFields ?? []).map(
    ({ manager = '', operation = '', subresource }) =>
      `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}`,
  );
}

function refused({ code, body }: Answer): readonly [number, string | undefined, string | undefined] {
  return [code, body.reason, body.message];
}

test('what cannot be an apply patch is refused in upstream words', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const invalid = (kind: string, why: string): readonly [number, string, string] => [
    422,
    'Invalid',
    `${kind}.meta.k8s.io "" is invalid: ${why}`,
  ];
  assert.deepEqual(
    refused(await api.apply(`${maps}/c`, config({}), '')),
    invalid('PatchOptions', 'fieldManager: Required value: is required for apply patch'),
  );
  assert.deepEqual(
    refused(await api.merge(`${maps}/c`, {}, 'force=true')),
    invalid('PatchOptions', 'force: Forbidden: may not be specified for non-apply patch'),
  );
  assert.deepEqual(
    refused(await api.apply(`${maps}/c`, config({}), `fieldManager=${'x'.repeat(129)}`)),
    invalid('PatchOptions', 'fieldManager: Too long: may not be more than 128 bytes'),
  );
  assert.deepEqual(
    refused(await api.send('POST', `${maps}?fieldManager=a%07b`, config({}))),
    invalid('CreateOptions', 'fieldManager: Invalid value: "a\\ab": invalid character U+0007 (at position 1)'),
  );
  const cbor = await api.send('PATCH', `${maps}/c?fieldManager=me`, '', {
    'content-type': 'application/apply-patch+cbor',
  });
  assert.equal(cbor.code, 415);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, config({}, { managedFields: [] }))), [
    400,
    'BadRequest',
    'metadata.managedFields must be nil',
  ]);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, { ...config({}), kind: 'Secret' })), [
    400,
    'BadRequest',
    'invalid object type: /v1, Kind=Secret',
  ]);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, {})), [400, 'BadRequest', 'invalid object type: /, Kind=']);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, [])), [
    400,
    'BadRequest',
    'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ]);
  assert.match(
    (await api.apply(`${maps}/c`, 'a: [')).body.message ?? '',
    /^error decoding YAML: error converting YAML to JSON: /,
  );
  assert.deepEqual(refused(await api.apply(`${maps}/other`, config({}))), [
    400,
    'BadRequest',
    'the name of the object (c) does not match the name on the URL (other)',
  ]);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, config({}, { uid: 'u1' }))), [
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "c": uid mismatch: the provided object specified uid u1, and no existing object was found',
  ]);
  assert.deepEqual(refused(await api.apply(`${maps}/c`, { ...config({}), data: { a: 1 } })), [
    500,
    undefined,
    'failed to create typed patch object (/c; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}',
  ]);
  assert.deepEqual(
    refused(
      await api.apply('/api/v1/namespaces/default/pods/p/status', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p' },
      }),
    ),
    [404, 'NotFound', 'pods "p" not found'],
  );
});

test('apply creates, changes, and leaves alone', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const created = await api.apply(`${maps}/c`, config({ a: '1' }));
  assert.equal(created.code, 201);
  assert.deepEqual(created.body.metadata?.managedFields?.[0]?.fieldsV1, { 'f:data': { 'f:a': {} } });
  const same = await api.apply(`${maps}/c`, config({ a: '1' }));
  assert.equal(same.code, 200);
  assert.deepEqual(same.body, created.body);
  const stale = await api.apply(`${maps}/c`, config({ a: '2' }, { resourceVersion: '1' }));
  assert.deepEqual(refused(stale), [
    409,
    'Conflict',
    'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again',
  ]);
  const conflict = await api.apply(`${maps}/c`, config({ a: '2' }), 'fieldManager=you');
  assert.deepEqual(conflict.body, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Apply failed with 1 conflict: conflict with "me": .data.a',
    reason: 'Conflict',
    details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.a' }] },
    code: 409,
  });
  const dry = await api.apply(`${maps}/c`, config({ a: '2' }), 'fieldManager=you&force=true&dryRun=All');
  assert.deepEqual([dry.body.data, managers(dry)], [{ a: '2' }, ['you Apply']]);
  assert.deepEqual((await api.send('GET', `${maps}/c`)).body, created.body);
  const shared = await api.apply(`${maps}/c`, config({ a: '1', b: '1' }), 'fieldManager=you');
  assert.deepEqual(managers(shared), ['me Apply', 'you Apply']);
  const { data: _, ...nothing } = config({}) as { readonly data: object };
  const gone = await api.apply(`${maps}/c`, nothing, 'fieldManager=you');
  assert.deepEqual([gone.body.data, managers(gone)], [{ a: '1' }, ['me Apply']]);
});

test('repeated keys of a configuration are warned of, or refused', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1"}\ndata: {a: "2"}\n';
  const why = 'error converting YAML to JSON: yaml: unmarshal errors:\n  line 5: key "data" already set in map';
  assert.deepEqual(refused(await api.apply(`${maps}/c`, twice, 'fieldManager=me&fieldValidation=Strict')), [
    400,
    'BadRequest',
    `error strict decoding YAML: ${why}`,
  ]);
  assert.match((await api.apply(`${maps}/c`, twice)).warning ?? '', /already set in map/);
});

test('a write is by its field manager, or by the program that sent it', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const by = async (
    name: string,
    headers: Readonly<Record<string, string>>,
    query = '',
  ): Promise<string | undefined> => {
    const answer = await api.send('POST', `${maps}${query}`, config({ a: '1' }, { name }), headers);
    return answer.body.metadata?.managedFields?.[0]?.manager;
  };
  assert.equal(await by('a', { 'user-agent': 'controller/v1.2.3 (linux/amd64)' }), 'controller');
  assert.equal(await by('b', { 'user-agent': 'x'.repeat(200) }), 'x'.repeat(128));
  assert.equal(await by('c', { 'user-agent': 'controller/v1' }, '?fieldManager=named'), 'named');
  assert.equal(await by('d', {}), 'unknown');
});

test('writes move fields between managers, and an empty list gives all of them up', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  await api.send('POST', `${maps}?fieldManager=a`, config({ x: '1', y: '1' }));
  const changed = await api.merge(`${maps}/c`, { data: { x: '2' } }, 'fieldManager=b');
  assert.deepEqual(
    changed.body.metadata?.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [
      ['a', { 'f:data': { '.': {}, 'f:y': {} } }],
      ['b', { 'f:data': { 'f:x': {} } }],
    ],
  );
  const nothing = await api.send('PUT', `${maps}/c?fieldManager=c`, changed.body);
  assert.equal(nothing.body.metadata?.resourceVersion, changed.body.metadata?.resourceVersion);
  const without = { ...changed.body, metadata: { ...changed.body.metadata, managedFields: undefined } };
  assert.deepEqual(managers(await api.send('PUT', `${maps}/c?fieldManager=c`, without)), ['a Update', 'b Update']);
  const invalid = { metadata: { managedFields: [{ operation: 'Other', apiVersion: 'v1', fieldsType: 'FieldsV1' }] } };
  assert.deepEqual(managers(await api.merge(`${maps}/c`, invalid)), ['a Update', 'b Update']);
  assert.deepEqual(managers(await api.merge(`${maps}/c`, { metadata: { managedFields: [] } })), []);
  assert.deepEqual(
    managers(await api.merge(`${maps}/c`, { data: { x: '3' } })),
    [],
    'not tracked until somebody applies',
  );
  assert.deepEqual(managers(await api.apply(`${maps}/c`, config({ z: '1' }))), [
    'me Apply',
    'before-first-apply Update',
  ]);
  const reset = [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }];
  const patched = await api.send('PATCH', `${maps}/c`, reset, { 'content-type': 'application/json-patch+json' });
  assert.deepEqual(managers(patched), []);
});

test('the status and the scale have managers of their own', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const path = '/apis/apps/v1/namespaces/default/deployments/web';
  const meta = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
  const spec = { replicas: 1, selector: { matchLabels: { app: 'web' } }, template };
  const created = await api.apply(path, { ...meta, spec, status: { replicas: 7 } });
  assert.equal(created.code, 201);
  const owned = created.body.metadata?.managedFields?.[0]?.fieldsV1 ?? {};
  assert.deepEqual(Object.keys(owned), ['f:spec']);
  const withStatus = await api.apply(
    `${path}/status`,
    { ...meta, spec: { replicas: 9 }, status: { replicas: 1 } },
    'fieldManager=me&force=true',
  );
  assert.deepEqual(managers(withStatus), ['me Apply', 'me Apply status']);
  assert.deepEqual(
    withStatus.body.metadata?.managedFields?.find(({ subresource }) => subresource === 'status')?.fieldsV1,
    { 'f:status': { 'f:replicas': {} } },
  );
  assert.equal(withStatus.body.spec?.['replicas'], 1);
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } };
  assert.deepEqual(refused(await api.apply(`${path}/scale`, scale, 'fieldManager=hpa')), [
    409,
    'Conflict',
    'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
  ]);
  assert.equal((await api.apply(`${path}/scale`, scale, 'fieldManager=hpa&force=true')).code, 200);
  const scaled = await api.send('GET', path);
  assert.deepEqual(managers(scaled).toSorted(), ['hpa Apply scale', 'me Apply', 'me Apply status']);
  assert.equal(scaled.body.spec?.['replicas'], 4);
  const back = await api.apply(path, { ...meta, spec: { ...spec, replicas: 2 } });
  assert.deepEqual(refused(back), [
    409,
    'Conflict',
    'Apply failed with 1 conflict: conflict with "hpa" with subresource "scale": .spec.replicas',
  ]);
});

test('fields that were written in another version stay with their manager', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const regarding = { kind: 'Pod', name: 'p', namespace: 'default' };
  const event = {
    metadata: { name: 'e' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'c.example.com/x',
    reportingInstance: 'i',
    action: 'A',
    reason: 'R',
    note: 'first',
    type: 'Normal',
    regarding,
  };
  await api.send('POST', '/apis/events.k8s.io/v1/namespaces/default/events?fieldManager=new', event);
  const changed = await api.merge('/api/v1/namespaces/default/events/e', { message: 'second' }, 'fieldManager=old');
  const [first, second] = changed.body.metadata?.managedFields ?? [];
  assert.deepEqual([first?.manager, first?.apiVersion], ['new', 'events.k8s.io/v1']);
  const kept = first?.fieldsV1 as Readonly<Record<string, object>>;
  assert.ok('f:reason' in kept && !('f:note' in kept), JSON.stringify(kept));
  assert.deepEqual([second?.manager, second?.apiVersion, second?.fieldsV1], ['old', 'v1', { 'f:message': {} }]);
});

test('what is emptied on the way through another version stops no apply', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const path = (version: string, name: string): string =>
    `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name}`;
  const autoscaler = (version: string, behavior: object | undefined, annotations?: object): object => ({
    apiVersion: `autoscaling/${version}`,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'a', annotations },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 5, behavior },
  });
  const created = autoscaler('v2', { scaleDown: { stabilizationWindowSeconds: 50 } });
  assert.equal((await api.send('POST', path('v2', '?fieldManager=other'), created)).code, 201);
  // All that is in scaleDown changes hands, scaleDown itself does not.
  const rules = {
    StabilizationWindowSeconds: 60,
    SelectPolicy: 'Min',
    Policies: [{ Type: 'Pods', Value: 1, PeriodSeconds: 1 }],
  };
  const behavior = { 'autoscaling.alpha.kubernetes.io/behavior': JSON.stringify({ ScaleDown: rules }) };
  const old = path('v2beta1', '/a');
  assert.equal(
    (await api.apply(old, autoscaler('v2beta1', undefined, behavior), 'fieldManager=me&force=true')).code,
    200,
  );
  const { code, body } = await api.apply(old, autoscaler('v2beta1', undefined), 'fieldManager=me');
  assert.equal(code, 200, String(body.message));
  // The owner of scaleDown still has it, and all of it is one annotation here.
  const shown = (await api.send('GET', path('v2', '/a'))).body.spec?.['behavior'];
  const { scaleDown } = shown as { scaleDown: { stabilizationWindowSeconds: number } };
  assert.equal(scaleDown.stabilizationWindowSeconds, 60);
});

test('nothing is applied to what does not fit its type', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'a' }, secrets: [{ name: 's' }] };
  assert.equal((await api.send('POST', accounts, { ...account, secrets: [{ kind: 'Secret' }] })).code, 201);
  const { code, body } = await api.apply(`${accounts}/a`, account);
  assert.deepEqual(
    [code, body.message],
    [
      500,
      'failed to create typed live object (default/a; /v1, Kind=ServiceAccount): .secrets: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
  );
});

test('an item whose key nobody else owns cannot be given up in part', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const services = '/api/v1/namespaces/default/services';
  const ports = [{ name: 'web', port: 80, protocol: 'TCP', targetPort: 80 }];
  const service = (spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec });
  const owns = (manager: string, operation: string, fields: object): object => ({
    manager,
    operation,
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': fields } } },
  });
  const managedFields = [
    owns('me', 'Apply', { 'f:port': {} }),
    owns('other', 'Update', { '.': {}, 'f:name': {}, 'f:protocol': {}, 'f:targetPort': {} }),
  ];
  assert.equal((await api.send('POST', services, service({ ports }))).code, 201);
  const type = { 'content-type': 'application/merge-patch+json' };
  assert.equal((await api.send('PATCH', `${services}/a`, { metadata: { managedFields } }, type)).code, 200);
  const { code, body } = await api.apply(`${services}/a`, service({}), 'fieldManager=me');
  assert.equal(code, 500, JSON.stringify(body));
  assert.match(String(body.message), /^failed to compare objects: .*element 0: .* omits key field "port"/);
  assert.deepEqual((await api.send('GET', `${services}/a`)).body.spec?.['ports'], ports);
});

test('custom resources merge as their schema says, in every version', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Requests(new RawHttp(cluster.endpoint));
  const items = { type: 'object', properties: { name: { type: 'string' }, size: { type: 'integer' } } };
  const parts = { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
  const spec = {
    type: 'object',
    properties: {
      parts: { ...parts, items: { ...items, required: ['name'] } },
      tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      list: { type: 'array', items: { type: 'string' } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      replicas: { type: 'integer' },
    },
  };
  const version = (name: string): object => ({
    name,
    served: true,
    storage: name === 'v1',
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec, status: { type: 'object', properties: { replicas: { type: 'integer' } } } },
      },
    },
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
    },
  });
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names, scope: 'Namespaced', versions: [version('v1'), version('v2')] },
  };
  const made = await api.apply(
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com',
    definition,
  );
  assert.equal(made.code, 201);
  const at = (name: string): string => `/apis/example.com/${name}/namespaces/default/widgets/w`;
  let answer = made;
  for (let i = 0; i < 200 && answer.body.message?.endsWith('"w" not found') !== true; i++) {
    await setTimeout(10);
    answer = await api.send('GET', at('v1'));
  }
  const widget = (name: string, given: object): object => ({
    apiVersion: `example.com/${name}`,
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: given,
  });
  const first = await api.apply(
    at('v1'),
    widget('v1', { parts: [{ name: 'a', size: 1 }], tags: ['x'], list: ['l'], free: { a: { b: 1 } }, replicas: 1 }),
  );
  assert.equal(first.code, 201);
  assert.deepEqual(first.body.metadata?.managedFields?.[0]?.fieldsV1, {
    'f:spec': {
      'f:free': { 'f:a': { '.': {}, 'f:b': {} } },
      'f:list': {},
      'f:parts': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:size': {} } },
      'f:replicas': {},
      'f:tags': { 'v:"x"': {} },
    },
  });
  const second = await api.apply(at('v2'), widget('v2', { parts: [{ name: 'b' }], tags: ['y'] }), 'fieldManager=you');
  assert.deepEqual(managers(second), ['me Apply', 'you Apply']);
  assert.deepEqual(second.body.spec?.['tags'], ['x', 'y']);
  assert.deepEqual(refused(await api.apply(at('v2'), widget('v2', { replicas: 3 }), 'fieldManager=you')), [
    409,
    'Conflict',
    'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
  ]);
  const less = await api.apply(at('v1'), widget('v1', { replicas: 1 }));
  assert.deepEqual(less.body.spec, { parts: [{ name: 'b' }], replicas: 1, tags: ['y'] });
  assert.equal(
    (await api.apply(at('v1'), widget('v1', { other: 1 }))).body.message,
    'failed to create typed patch object (/w; example.com/v1, Kind=Widget): .spec.other: field not declared in schema',
  );
  const status = await api.merge(`${at('v1')}/status`, { status: { replicas: 1 } }, 'fieldManager=s');
  assert.deepEqual(managers(status), ['me Apply', 'you Apply', 's Update status']);
  assert.equal((await api.merge(`${at('v1')}/scale`, { spec: { replicas: 2 } }, 'fieldManager=hpa')).code, 200);
  assert.deepEqual(managers(await api.send('GET', at('v1'))).toSorted(), [
    'hpa Update scale',
    's Update status',
    'you Apply',
  ]);
});
