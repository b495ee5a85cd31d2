/**
 * The official client for JavaScript: every list of every generated API, objects of all kinds by their manifests, patches
 * and applies, watches and informers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as k8s from '@kubernetes/client-node';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';
import { until } from '../until.ts';

let cluster: TestCluster;
const config = new k8s.KubeConfig();

before(async () => {
  cluster = await startCluster({ https: true });
  config.loadFromString(cluster.kubeconfig());
});
after(() => cluster[Symbol.asyncDispose]());

const core = (): k8s.CoreV1Api => config.makeApiClient(k8s.CoreV1Api);

function refusal(status: number, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof k8s.ApiException);
    assert.equal(error.code, status);
    assert.match(String(error.body), pattern);
    return true;
  };
}

type Lists = Readonly<Record<string, (parameters: object) => Promise<{ kind?: string; items: unknown[] }>>>;

void test('every list of every API is understood', async () => {
  let lists = 0;
  for (const [name, api] of Object.entries(k8s)) {
    if (!/V\d\w*Api$/.test(name) || typeof api !== 'function') continue;
    const client = config.makeApiClient(api as never) as Lists;
    for (const method of Object.getOwnPropertyNames(api.prototype)) {
      if (!method.startsWith('list') || method.endsWith('WithHttpInfo')) continue;
      const list = await client[method]?.({ namespace: 'kube-system' }).catch((error: unknown) => {
        // What is still an alpha or a beta is not served.
        assert.ok(
          error instanceof k8s.ApiException && error.code === 404 && /V\d(alpha|beta)/.test(name),
          `${method}: ${String(error)}`,
        );
      });
      if (list === undefined) continue;
      assert.ok(Array.isArray(list.items), method);
      lists++;
    }
  }
  assert.ok(lists > 60, String(lists));
});

void test('objects are made, read, patched and deleted with their types', async () => {
  const made = await core().createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata: { name: 'typed' }, data: { a: '1' } },
  });
  assert.ok(made.metadata?.creationTimestamp instanceof Date);
  const key = { name: 'typed', namespace: 'default' };
  const patch = async (strategy: string, body: unknown): Promise<unknown> =>
    (await core().patchNamespacedConfigMap({ ...key, body }, k8s.setHeaderOptions('Content-Type', strategy))).data;
  assert.deepEqual(await patch(k8s.PatchStrategy.MergePatch, { data: { b: '2' } }), { a: '1', b: '2' });
  assert.deepEqual(await patch(k8s.PatchStrategy.StrategicMergePatch, { data: { a: null } }), { b: '2' });
  assert.deepEqual(await patch(k8s.PatchStrategy.JsonPatch, [{ op: 'add', path: '/data/c', value: '3' }]), {
    b: '2',
    c: '3',
  });
  await assert.rejects(
    core().replaceNamespacedConfigMap({ ...key, body: { metadata: { name: 'typed', resourceVersion: '1' } } }),
    refusal(409, /the object has been modified; please apply your changes to the latest version and try again/),
  );
  assert.equal((await core().deleteNamespacedConfigMap(key)).status, 'Success');
  await assert.rejects(core().readNamespacedConfigMap(key), refusal(404, /configmaps \\?"typed\\?" not found/));
});

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
};

void test('manifests of any kind are created, patched, applied and listed', async () => {
  const objects = k8s.KubernetesObjectApi.makeApiClient(config);
  await objects.create(widgets);
  const crd = { name: 'widgets.example.com' };
  const established = async (): Promise<boolean> => {
    const { status } = await config.makeApiClient(k8s.ApiextensionsV1Api).readCustomResourceDefinition(crd);
    return status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false;
  };
  await until(established, () => 'the definition is established');
  const widget = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
    spec: { size: 1 },
  };
  type Widget = typeof widget;
  assert.equal((await objects.create(widget)).spec.size, 1);
  const patched = await objects.patch<Widget>(
    { ...widget, spec: { size: 2 } },
    undefined,
    undefined,
    undefined,
    undefined,
    k8s.PatchStrategy.MergePatch,
  );
  assert.equal(patched.spec.size, 2);
  const apply = (force: boolean, size: number): Promise<Widget> =>
    objects.patch<Widget>(
      { ...widget, spec: { size } },
      undefined,
      undefined,
      'applier',
      force,
      k8s.PatchStrategy.ServerSideApply,
    );
  await assert.rejects(apply(false, 3), refusal(409, /Apply failed with 1 conflict: conflict with/));
  const applied = await apply(true, 3);
  const { managedFields } = applied.metadata as k8s.V1ObjectMeta;
  assert.ok(managedFields?.some(({ manager, operation }) => manager === 'applier' && operation === 'Apply'));
  const list = await objects.list<Widget>('example.com/v1', 'Widget', 'default');
  assert.deepEqual(
    list.items.map(({ spec }) => spec.size),
    [3],
  );
  await objects.delete(widget);
});

void test('a watch shows what happens, and an informer keeps it', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const heard: string[] = [];
  const note =
    (what: string) =>
    ({ metadata }: k8s.KubernetesObject) => {
      if (metadata?.name === 'watched') heard.push(what);
    };
  const informer = k8s.makeInformer(config, path, () => core().listNamespacedConfigMap({ namespace: 'default' }));
  informer.on('add', note('add'));
  informer.on('update', note('update'));
  informer.on('delete', note('delete'));
  await informer.start();
  const seen: string[] = [];
  let ended = false;
  const request = await new k8s.Watch(config).watch(
    path,
    { allowWatchBookmarks: true, fieldSelector: 'metadata.name=watched' },
    (phase, object: k8s.KubernetesObject) => void seen.push(`${phase} ${object.metadata?.name}`),
    () => void (ended = true),
  );
  try {
    const key = { name: 'watched', namespace: 'default' };
    await core().createNamespacedConfigMap({ namespace: 'default', body: { metadata: key } });
    await core().replaceNamespacedConfigMap({ ...key, body: { metadata: key, data: { v: '2' } } });
    await until(
      () => informer.get('watched', 'default')?.data?.['v'] === '2',
      () => 'the informer knows',
    );
    await core().deleteNamespacedConfigMap(key);
    await until(
      () => heard.length >= 3 && seen.length >= 3,
      () => JSON.stringify([heard, seen]),
    );
  } finally {
    await informer.stop();
    request.abort();
  }
  assert.deepEqual(heard, ['add', 'update', 'delete']);
  assert.deepEqual(seen, ['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
  assert.equal(informer.get('watched', 'default'), undefined);
  await until(
    () => ended,
    () => 'the watch ends',
  );
});
