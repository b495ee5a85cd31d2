/**
 * What every transport of the client must do, as tests. A transport's own test calls `clientContract` with a way to start an
 * API server that has nothing but its namespaces, and a client of an administrator for it.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { configMaps, deployments, namespaces, pods, secrets, type ConfigMap, type Deployment } from '../api/mod.ts';
import type { Clock, DeepReadonly } from '../base/mod.ts';
import { ApiError, type KubeObject } from '../machinery/mod.ts';
import type { Client } from './client.ts';

export interface ClientUnderTest extends AsyncDisposable {
  readonly client: Client;
  /** Forgets all history of the store. */
  compact(): void;
  /** Breaks every connection that is open; undefined where there are none. */
  readonly cut?: (() => void) | undefined;
  /** For what waits. */
  readonly clock: Clock;
  /** Resolves once `done` holds; rejects when that takes too long. */
  until(done: () => boolean): Promise<void>;
}

export type StartClient = (t: TestContext) => Promise<ClientUnderTest>;

const namespace = 'default';
const configMap = (name: string, fields: Partial<ConfigMap> = {}): ConfigMap => ({
  ...fields,
  metadata: { name, namespace, ...fields.metadata },
});
const web: Deployment = {
  metadata: { name: 'web', namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
  },
};

/** Rejects with an ApiError of this reason; returns it. */
async function refused(work: Promise<unknown>, reason: string, code: number): Promise<ApiError> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ApiError, `refused with ${String(error)}`);
  assert.deepEqual([error.reason, error.code], [reason, code], error.message);
  return error;
}

const nameOf = ({ metadata }: DeepReadonly<KubeObject>): string => metadata?.name ?? '';
const versionOf = ({ metadata }: DeepReadonly<KubeObject>): string => metadata?.resourceVersion ?? '';

export function clientContract(transport: string, start: StartClient): void {
  const contract = (name: string, run: (under: ClientUnderTest) => Promise<void>): void => {
    test(`${transport}: ${name}`, async (t) => {
      await using under = await start(t);
      await run(under);
    });
  };
  reading(contract);
  writing(contract);
  patching(contract);
  deleting(contract);
}

type Contract = (name: string, run: (under: ClientUnderTest) => Promise<void>) => void;

function reading(contract: Contract): void {
  contract('what was created is read back, whole, with what the server adds', async ({ client }) => {
    const created = await client.create(configMaps, configMap('a', { data: { k: 'v' }, binaryData: { b: 'AAEC' } }));
    assert.equal(created.kind, 'ConfigMap');
    assert.equal(created.apiVersion, 'v1');
    assert.match(created.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.match(created.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(Number(versionOf(created)) > 0);
    assert.deepEqual(await client.get(configMaps, { namespace, name: 'a' }), created);
    assert.deepEqual((await client.list(configMaps, { namespace, fieldSelector: 'metadata.name=a' })).items, [created]);
  });

  contract('what is not there is not found, with its name and kind', async ({ client }) => {
    const error = await refused(client.get(configMaps, { namespace, name: 'no' }), 'NotFound', 404);
    assert.equal(error.message, 'configmaps "no" not found');
    assert.deepEqual(error.details, { name: 'no', kind: 'configmaps' });
    const foreign = { group: 'example.com', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
    await refused(client.list(foreign), 'NotFound', 404);
  });

  contract('a list is of one namespace or of all, in the order of the names', async ({ client }) => {
    await client.create(namespaces, { metadata: { name: 'other' } });
    for (const name of ['b', 'a', 'c']) await client.create(configMaps, configMap(name));
    await client.create(configMaps, { metadata: { name: 'z', namespace: 'other' } });
    assert.deepEqual((await client.list(configMaps, { namespace })).items.map(nameOf), ['a', 'b', 'c']);
    const all = (await client.list(configMaps)).items.filter(({ data }) => data === undefined);
    assert.deepEqual(
      all.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
      ['default/a', 'default/b', 'default/c', 'other/z'],
    );
    assert.deepEqual((await client.list(configMaps, { namespace: 'nowhere' })).items, []);
  });

  contract('selectors choose by labels and fields', async ({ client }) => {
    await client.create(
      configMaps,
      configMap('a', { metadata: { name: 'a', namespace, labels: { app: 'x', tier: '1' } } }),
    );
    await client.create(configMaps, configMap('b', { metadata: { name: 'b', namespace, labels: { app: 'y' } } }));
    await client.create(configMaps, configMap('c'));
    const chosen = async (labelSelector: string): Promise<string> =>
      (await client.list(configMaps, { namespace, labelSelector })).items.map(nameOf).join('');
    assert.deepEqual(
      [
        await chosen('app'),
        await chosen('!app'),
        await chosen('app=x'),
        await chosen('app!=x'),
        await chosen('app in (x,y),tier notin (1)'),
      ],
      ['ab', 'c', 'a', 'bc', 'b'],
    );
    const fields = await client.list(configMaps, { namespace, fieldSelector: 'metadata.name!=a' });
    assert.deepEqual(fields.items.map(nameOf), ['b', 'c']);
    await refused(client.list(configMaps, { fieldSelector: 'spec.x=y' }), 'BadRequest', 400);
    await refused(client.list(configMaps, { labelSelector: 'a b' }), 'BadRequest', 400);
  });

  contract('pages are of one state, whatever is written between them', async ({ client }) => {
    for (let i = 0; i < 7; i++) await client.create(configMaps, configMap(`p${i}`));
    const first = await client.list(configMaps, { namespace, limit: 3 });
    assert.deepEqual([first.items.map(nameOf), first.remainingItemCount], [['p0', 'p1', 'p2'], 4]);
    await client.delete(configMaps, { namespace, name: 'p4' });
    await client.create(configMaps, configMap('p5x'));
    const second = await client.list(configMaps, { namespace, limit: 3, continue: first.continue ?? '' });
    const third = await client.list(configMaps, { namespace, limit: 3, continue: second.continue ?? '' });
    assert.deepEqual([...second.items, ...third.items].map(nameOf), ['p3', 'p4', 'p5', 'p6']);
    assert.deepEqual(
      [second.resourceVersion, third.resourceVersion, third.continue],
      [first.resourceVersion, first.resourceVersion, undefined],
    );
  });

  contract('a page whose state is gone is refused with a way to go on', async ({ client, compact }) => {
    for (let i = 0; i < 5; i++) await client.create(configMaps, configMap(`p${i}`));
    const first = await client.list(configMaps, { namespace, limit: 2 });
    await client.create(configMaps, configMap('p3x'));
    compact();
    const error = await refused(
      client.list(configMaps, { namespace, limit: 2, continue: first.continue ?? '' }),
      'Expired',
      410,
    );
    const rest = await client.list(configMaps, { namespace, limit: 9, continue: error.continueToken ?? '' });
    assert.deepEqual(rest.items.map(nameOf), ['p2', 'p3', 'p3x', 'p4']);
    await refused(
      client.list(configMaps, { resourceVersion: first.resourceVersion, resourceVersionMatch: 'Exact' }),
      'Expired',
      410,
    );
  });

  contract('an exact revision is read as it was', async ({ client }) => {
    const old = await client.create(configMaps, configMap('a', { data: { n: '1' } }));
    await client.update(configMaps, { ...old, data: { n: '2' } });
    const then = await client.list(configMaps, {
      namespace,
      resourceVersion: versionOf(old),
      resourceVersionMatch: 'Exact',
    });
    assert.deepEqual(then.items, [old]);
    const now = await client.list(configMaps, {
      namespace,
      resourceVersion: versionOf(old),
      resourceVersionMatch: 'NotOlderThan',
    });
    assert.deepEqual(now.items[0]?.data, { n: '2' });
  });
}

function writing(contract: Contract): void {
  contract('a name is taken once, and made up on request', async ({ client }) => {
    await client.create(configMaps, configMap('a'));
    const error = await refused(client.create(configMaps, configMap('a')), 'AlreadyExists', 409);
    assert.deepEqual(
      [error.message, error.details],
      ['configmaps "a" already exists', { name: 'a', kind: 'configmaps' }],
    );
    const made = await Promise.all(
      Array.from({ length: 20 }, () => client.create(configMaps, { metadata: { namespace, generateName: 'g-' } })),
    );
    assert.equal(new Set(made.map(nameOf)).size, 20);
    for (const object of made) assert.match(nameOf(object), /^g-[a-z0-9]{5}$/);
  });

  contract('what breaks the rules is invalid, field by field', async ({ client }) => {
    const error = await refused(
      client.create(configMaps, configMap('A', { metadata: { name: 'A', namespace, labels: { 'b c': 'd' } } })),
      'Invalid',
      422,
    );
    assert.match(error.message, /^ConfigMap "A" is invalid: \[metadata\.name: Invalid value: "A": /);
    assert.deepEqual(
      error.details?.causes?.map(({ reason, field }) => [reason, field]),
      [
        ['FieldValueInvalid', 'metadata.name'],
        ['FieldValueInvalid', 'metadata.labels'],
      ],
    );
    await refused(client.create(configMaps, { metadata: { name: 'a', namespace: 'nowhere' } }), 'NotFound', 404);
    await refused(
      client.create(configMaps, { metadata: { name: 'a', namespace }, data: { a: 1 } } as never),
      'BadRequest',
      400,
    );
  });

  contract('an update of an old state is a conflict, and one without a state wins', async ({ client }) => {
    const old = await client.create(configMaps, configMap('a', { data: { n: '0' } }));
    const next = await client.update(configMaps, { ...old, data: { n: '1' } });
    assert.ok(Number(versionOf(next)) > Number(versionOf(old)));
    assert.equal(next.metadata.uid, old.metadata.uid);
    const error = await refused(client.update(configMaps, { ...old, data: { n: '2' } }), 'Conflict', 409);
    assert.equal(
      error.message,
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    const blind = await client.update(configMaps, configMap('a', { data: { n: '3' } }));
    assert.deepEqual([blind.data, blind.metadata.uid], [{ n: '3' }, old.metadata.uid]);
    await refused(
      client.update(configMaps, { metadata: { ...old.metadata, resourceVersion: '', uid: 'other' } }),
      'Conflict',
      409,
    );
    await refused(client.update(configMaps, configMap('no')), 'NotFound', 404);
  });

  contract('a write that changes nothing makes no revision', async ({ client }) => {
    const object = await client.create(configMaps, configMap('a', { data: { n: '0' } }));
    assert.equal(versionOf(await client.update(configMaps, object)), versionOf(object));
    const patched = await client.patch(
      configMaps,
      { namespace, name: 'a' },
      { type: 'merge', body: { data: { n: '0' } } },
    );
    assert.equal(versionOf(patched), versionOf(object));
  });

  contract('keys that JavaScript knows are keys like others', async ({ client }) => {
    const data = JSON.parse('{"constructor":"a","toString":"b","__proto__":"c","hasOwnProperty":"d"}') as Record<
      string,
      string
    >;
    const empty = await client.create(configMaps, configMap('a', { data: {} }));
    const full = await client.update(configMaps, { ...empty, data });
    for (const [name, value] of Object.entries(data))
      assert.equal(Object.getOwnPropertyDescriptor(full.data, name)?.value, value, name);
    assert.notEqual(versionOf(full), versionOf(empty));
    const merged = await client.patch(
      configMaps,
      { namespace, name: 'a' },
      { type: 'merge', body: { data: { toString: null, valueOf: 'e' } } },
    );
    assert.deepEqual(Object.keys(merged.data ?? {}).sort(), ['__proto__', 'constructor', 'hasOwnProperty', 'valueOf']);
  });

  contract('a dry run says what would be, and nothing is', async ({ client }) => {
    const dryRun = true;
    const created = await client.create(configMaps, configMap('a', { data: { n: '1' } }), { dryRun });
    assert.ok((created.metadata.uid ?? '') !== '');
    await refused(client.get(configMaps, { namespace, name: 'a' }), 'NotFound', 404);
    const real = await client.create(configMaps, configMap('a', { data: { n: '1' } }));
    await refused(client.create(configMaps, configMap('a'), { dryRun }), 'AlreadyExists', 409);
    assert.deepEqual((await client.update(configMaps, { ...real, data: { n: '2' } }, { dryRun })).data, { n: '2' });
    await client.patch(configMaps, { namespace, name: 'a' }, { type: 'merge', body: { data: { n: '3' } } }, { dryRun });
    await client.delete(configMaps, { namespace, name: 'a' }, { dryRun });
    await client.deleteCollection(configMaps, { namespace, dryRun });
    assert.deepEqual(await client.get(configMaps, { namespace, name: 'a' }), real);
  });

  contract('status and spec are written apart, and the generation counts the spec', async ({ client }) => {
    const key = { namespace, name: 'web' };
    const created = await client.create(deployments, { ...web, status: { replicas: 9 } });
    assert.deepEqual([created.metadata.generation, created.status?.replicas], [1, undefined]);
    const status = await client.update(
      deployments,
      {
        ...created,
        spec: { ...created.spec, replicas: 7 },
        status: { replicas: 2, observedGeneration: 1 },
      } as DeepReadonly<Deployment>,
      { subresource: 'status' },
    );
    assert.deepEqual([status.metadata.generation, status.spec?.replicas, status.status?.replicas], [1, 2, 2]);
    const spec = await client.patch(deployments, key, {
      type: 'merge',
      body: { spec: { replicas: 3 }, status: { replicas: 8 } },
    });
    assert.deepEqual([spec.metadata.generation, spec.spec?.replicas, spec.status?.replicas], [2, 3, 2]);
    const scaled = await client.patch(
      deployments,
      key,
      { type: 'merge', body: { spec: { replicas: 5 } } },
      { subresource: 'scale' },
    );
    assert.equal(scaled.kind, 'Scale');
    assert.equal((await client.get(deployments, key)).spec?.replicas, 5);
    const scale = await client.get(deployments, key, { subresource: 'scale' });
    assert.deepEqual((scale as { status?: object }).status, { replicas: 2, selector: 'app=web' });
    await refused(client.get(deployments, key, { subresource: 'nothing' }), 'NotFound', 404);
  });
}

function patching(contract: Contract): void {
  const key = { namespace, name: 'a' };
  contract('merge patches set, and null removes', async ({ client }) => {
    await client.create(configMaps, configMap('a', { data: { a: '1', b: '2' } }));
    const patched = await client.patch(configMaps, key, {
      type: 'merge',
      body: { data: { a: null, c: '3' }, metadata: { labels: { x: 'y' } } },
    });
    assert.deepEqual([patched.data, patched.metadata.labels], [{ b: '2', c: '3' }, { x: 'y' }]);
    await refused(client.patch(configMaps, key, { type: 'merge', body: [] }), 'BadRequest', 400);
    await refused(client.patch(configMaps, { namespace, name: 'no' }, { type: 'merge', body: {} }), 'NotFound', 404);
  });

  contract('JSON patches test and change in order, or change nothing', async ({ client }) => {
    const before = await client.create(configMaps, configMap('a', { data: { a: '1' } }));
    const test = { op: 'test', path: '/data/a', value: '1' };
    const patched = await client.patch(configMaps, key, {
      type: 'json',
      body: [test, { op: 'copy', from: '/data/a', path: '/data/b' }, { op: 'remove', path: '/data/a' }],
    });
    assert.deepEqual(patched.data, { b: '1' });
    const error = await refused(
      client.patch(configMaps, key, { type: 'json', body: [{ op: 'add', path: '/data/c', value: '1' }, test] }),
      'Invalid',
      422,
    );
    assert.equal(error.message, 'the server rejected our request due to an error in our request');
    assert.deepEqual((await client.get(configMaps, key)).data, { b: '1' });
    const stale = { op: 'test', path: '/metadata/resourceVersion', value: versionOf(before) };
    await refused(client.patch(configMaps, key, { type: 'json', body: [stale] }), 'Invalid', 422);
  });

  contract('strategic patches merge lists by their keys', async ({ client }) => {
    const name = { namespace, name: 'web' };
    await client.create(deployments, web);
    const containers = [
      { name: 'web', image: 'nginx:2' },
      { name: 'side', image: 'busybox' },
    ];
    const body = { spec: { template: { spec: { containers } } } };
    const patched = await client.patch(deployments, name, { type: 'strategic', body });
    assert.deepEqual(patched.spec?.template.spec?.containers.map(({ name, image }) => `${name}=${image}`).sort(), [
      'side=busybox',
      'web=nginx:2',
    ]);
    const gone = { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } };
    const left = await client.patch(deployments, name, { type: 'strategic', body: gone });
    assert.deepEqual(left.spec?.template.spec?.containers.map(nameOfContainer), ['web']);
  });

  contract('a patch that names a state is refused once that is over', async ({ client }) => {
    const object = await client.create(configMaps, configMap('a', { data: { a: '1' } }));
    await client.patch(configMaps, key, { type: 'merge', body: { data: { a: '2' } } });
    const body = { metadata: { resourceVersion: versionOf(object) }, data: { a: '3' } };
    await refused(client.patch(configMaps, key, { type: 'merge', body }), 'Conflict', 409);
    await refused(
      client.patch(configMaps, key, { type: 'merge', body: { metadata: { uid: 'other' } } }),
      'Conflict',
      409,
    );
  });

  contract('patches at the same time are all applied', async ({ client }) => {
    await client.create(configMaps, configMap('a'));
    const names = Array.from({ length: 20 }, (_, i) => `k${i}`);
    await Promise.all(
      names.map((name) => client.patch(configMaps, key, { type: 'merge', body: { data: { [name]: 'x' } } })),
    );
    assert.deepEqual(Object.keys((await client.get(configMaps, key)).data ?? {}).sort(), names.sort());
  });
}

function nameOfContainer({ name }: { readonly name: string }): string {
  return name;
}

function deleting(contract: Contract): void {
  const key = { namespace, name: 'a' };
  contract('what is deleted is gone, once, and only under the conditions', async ({ client }) => {
    const object = await client.create(configMaps, configMap('a'));
    const uid = await refused(client.delete(configMaps, key, { uid: 'other' }), 'Conflict', 409);
    assert.match(uid.message, /Precondition failed: UID in precondition: other, UID in object meta: /);
    await refused(client.delete(configMaps, key, { resourceVersion: '1' }), 'Conflict', 409);
    assert.equal(
      await client.delete(configMaps, key, { uid: object.metadata.uid ?? '', resourceVersion: versionOf(object) }),
      undefined,
    );
    await refused(client.delete(configMaps, key), 'NotFound', 404);
  });

  contract('finalizers hold an object until the last one goes', async ({ client }) => {
    await client.create(
      configMaps,
      configMap('a', { metadata: { name: 'a', namespace, finalizers: ['example.com/one', 'example.com/two'] } }),
    );
    const held = await client.delete(configMaps, key);
    assert.ok((held?.metadata.deletionTimestamp ?? '') !== '');
    const again = await client.delete(configMaps, key);
    assert.equal(again?.metadata.deletionTimestamp, held?.metadata.deletionTimestamp);
    await client.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers: ['example.com/two'] } } });
    await refused(
      client.patch(configMaps, key, {
        type: 'merge',
        body: { metadata: { finalizers: ['example.com/two', 'example.com/three'] } },
      }),
      'Invalid',
      422,
    );
    await client.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    await refused(client.get(configMaps, key), 'NotFound', 404);
  });

  contract('the propagation policy becomes a finalizer of the garbage collector', async ({ client }) => {
    for (const [policy, finalizer] of [
      ['Foreground', 'foregroundDeletion'],
      ['Orphan', 'orphan'],
    ] as const) {
      await client.create(configMaps, configMap('a'));
      const held = await client.delete(configMaps, key, { propagationPolicy: policy });
      assert.deepEqual(held?.metadata.finalizers, [finalizer]);
      await client.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers: null } } });
    }
    await client.create(configMaps, configMap('a'));
    assert.equal(await client.delete(configMaps, key, { propagationPolicy: 'Background' }), undefined);
  });

  contract('a scheduled pod has its grace period, which can be cut short', async ({ client }) => {
    await client.create(pods, {
      metadata: { name: 'a', namespace },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    });
    const graceful = await client.delete(pods, key);
    assert.equal(graceful?.metadata.deletionGracePeriodSeconds, 30);
    const shorter = await client.delete(pods, key, { gracePeriodSeconds: 5 });
    assert.equal(shorter?.metadata.deletionGracePeriodSeconds, 5);
    const longer = await client.delete(pods, key, { gracePeriodSeconds: 60 });
    assert.deepEqual(
      [longer?.metadata.deletionGracePeriodSeconds, longer?.metadata.deletionTimestamp],
      [5, shorter?.metadata.deletionTimestamp],
    );
    assert.equal(await client.delete(pods, key, { gracePeriodSeconds: 0 }), undefined);
    await refused(client.get(pods, key), 'NotFound', 404);
  });

  contract('a namespace stays until it is finalized', async ({ client }) => {
    await client.create(namespaces, { metadata: { name: 'other' } });
    const going = await client.delete(namespaces, { name: 'other' });
    assert.equal(going?.status?.phase, 'Terminating');
    const error = await refused(
      client.create(configMaps, { metadata: { name: 'late', namespace: 'other' } }),
      'Forbidden',
      403,
    );
    assert.match(error.message, /because it is being terminated$/);
  });

  contract('a collection is deleted as far as it is selected', async ({ client }) => {
    for (const name of ['a', 'b', 'c'])
      await client.create(secrets, { metadata: { name, namespace, labels: { go: String(name !== 'b') } } });
    await client.deleteCollection(secrets, { namespace, labelSelector: 'go=true' });
    assert.deepEqual((await client.list(secrets, { namespace })).items.map(nameOf), ['b']);
    await client.deleteCollection(secrets, { namespace });
    assert.deepEqual((await client.list(secrets, { namespace })).items, []);
  });
}
