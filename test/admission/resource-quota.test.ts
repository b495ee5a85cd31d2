/** Quotas over real HTTPS: the conformance tests named `ResourceQuota should …`, upstream's refusals, and many at once. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { resourceQuotas, secrets, startApiServer } from '../../src/main/testing.ts';
import { Admitted } from './http.ts';

let server: Admitted;
let namespace = '';
let count = 0;

before(async () => void (server = await Admitted.start()));
after(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  namespace = `quota-${count++}`;
  await server.namespace(namespace);
});

const at = (plural: string, group = ''): string =>
  `${group === '' ? '/api/v1' : `/apis/${group}`}/namespaces/${namespace}/${plural}`;

async function quota(hard: object, more: object = {}, name = 'q'): Promise<void> {
  const { status, message } = await server.post(at('resourcequotas'), {
    metadata: { name },
    spec: { hard, ...more },
  });
  assert.equal(status, 201, message);
  await server.cluster.advance(500);
}

async function used(name = 'q'): Promise<Record<string, string>> {
  const { object } = await server.get(`${at('resourcequotas')}/${name}`);
  return (object['status'] as { used: Record<string, string> }).used;
}

const pod = (name: string, resources: object = {}, spec: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'pause', image: 'pause', resources }], terminationGracePeriodSeconds: 0, ...spec },
});

async function refused(answer: Promise<{ status: number; message: string }>, message: string): Promise<void> {
  const got = await answer;
  assert.deepEqual([got.status, got.message], [403, message]);
}

void test('ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated', async () => {
  await quota({ pods: '5', services: '10', 'requests.storage': '10Gi', 'count/replicasets.apps': '5' });
  assert.deepEqual(await used(), { pods: '0', services: '0', 'requests.storage': '0', 'count/replicasets.apps': '0' });
});

void test('ResourceQuota should create a ResourceQuota and capture the life of a configMap', async () => {
  // The certificate authority is in every namespace.
  await quota({ configmaps: '2', 'count/configmaps': '2' });
  assert.equal((await used())['configmaps'], '1');
  assert.equal((await server.post(at('configmaps'), { metadata: { name: 'one' } })).status, 201);
  assert.deepEqual(await used(), { configmaps: '2', 'count/configmaps': '2' });
  await refused(
    server.post(at('configmaps'), { metadata: { name: 'two' } }),
    'configmaps "two" is forbidden: exceeded quota: q, requested: configmaps=1,count/configmaps=1, used: configmaps=2,count/configmaps=2, limited: configmaps=2,count/configmaps=2',
  );
  await server.delete(`${at('configmaps')}/one`);
  assert.deepEqual(await used(), { configmaps: '1', 'count/configmaps': '1' });
});

void test('ResourceQuota should create a ResourceQuota and capture the life of a pod', async () => {
  await quota({
    pods: '5',
    cpu: '1',
    memory: '500Mi',
    'ephemeral-storage': '50Gi',
    'requests.example.com/dongle': '3',
  });
  const amounts = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' };
  const resources = { requests: amounts, limits: { 'example.com/dongle': '2' } };
  assert.equal((await server.post(at('pods'), pod('a', resources))).status, 201);
  assert.deepEqual(await used(), {
    pods: '1',
    cpu: '500m',
    memory: '252Mi',
    'ephemeral-storage': '30Gi',
    'requests.example.com/dongle': '2',
  });
  await refused(
    server.post(at('pods'), pod('b', { requests: { cpu: '600m', memory: '100Mi' } })),
    'pods "b" is forbidden: exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1',
  );
  await refused(
    server.post(
      at('pods'),
      pod('b', {
        requests: { cpu: '1m', memory: '1Mi', 'example.com/dongle': '2' },
        limits: { 'example.com/dongle': '2' },
      }),
    ),
    'pods "b" is forbidden: exceeded quota: q, requested: requests.example.com/dongle=2, used: requests.example.com/dongle=2, limited: requests.example.com/dongle=3',
  );
  await refused(
    server.post(at('pods'), pod('b')),
    'pods "b" is forbidden: failed quota: q: must specify cpu for: pause; memory for: pause',
  );
  const before = await used();
  assert.equal((await server.patch(`${at('pods')}/a`, { metadata: { labels: { x: 'y' } } })).status, 200);
  assert.deepEqual(await used(), before);
  await server.delete(`${at('pods')}/a?gracePeriodSeconds=0`);
  assert.deepEqual(await used(), {
    pods: '0',
    cpu: '0',
    memory: '0',
    'ephemeral-storage': '0',
    'requests.example.com/dongle': '0',
  });
});

void test('ResourceQuota should capture the life of a replica set, a replication controller and a secret', async () => {
  await quota({ 'count/replicasets.apps': '1', replicationcontrollers: '1', secrets: '1' });
  const spec = {
    replicas: 0,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  };
  const rc = { ...spec, selector: { a: 'b' } };
  const kinds = [
    ['replicasets', 'apps/v1', spec, 'count/replicasets.apps', 'replicasets.apps'],
    ['replicationcontrollers', '', rc, 'replicationcontrollers', 'replicationcontrollers'],
    ['secrets', '', undefined, 'secrets', 'secrets'],
  ] as const;
  for (const [plural, group, body, name, about] of kinds) {
    assert.equal((await server.post(at(plural, group), { metadata: { name: 'a' }, spec: body })).status, 201, plural);
    assert.equal((await used())[name], '1');
    await refused(
      server.post(at(plural, group), { metadata: { name: 'b' }, spec: body }),
      `${about} "b" is forbidden: exceeded quota: q, requested: ${name}=1, used: ${name}=1, limited: ${name}=1`,
    );
    await server.delete(`${at(plural, group)}/a`);
    assert.equal((await used())[name], '0');
  }
});

void test('ResourceQuota should create a ResourceQuota and capture the life of a service', async () => {
  await quota({ services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  const service = (name: string, type: string, more: object = {}): object => ({
    metadata: { name },
    spec: { type, ports: [{ port: 80 }], ...more },
  });
  assert.equal((await server.post(at('services'), service('plain', 'ClusterIP'))).status, 201);
  assert.equal((await server.post(at('services'), service('node', 'NodePort'))).status, 201);
  await refused(
    server.post(at('services'), service('balanced', 'LoadBalancer')),
    'services "balanced" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
  );
  const without = service('balanced', 'LoadBalancer', { allocateLoadBalancerNodePorts: false });
  assert.equal((await server.post(at('services'), without)).status, 201);
  assert.deepEqual(await used(), { services: '3', 'services.nodeports': '1', 'services.loadbalancers': '1' });
  // An update that grows is charged too, one that shrinks is given back.
  await refused(
    server.patch(`${at('services')}/plain`, { spec: { type: 'NodePort' } }),
    'services "plain" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
  );
  assert.equal((await server.patch(`${at('services')}/node`, { spec: { type: 'ClusterIP' } })).status, 200);
  await server.cluster.advance(1000);
  assert.equal((await used())['services.nodeports'], '0');
});

void test('ResourceQuota should create a ResourceQuota and capture the life of a persistent volume claim', async () => {
  const gold = 'gold.storageclass.storage.k8s.io';
  await quota({
    persistentvolumeclaims: '2',
    'requests.storage': '2Gi',
    [`${gold}/requests.storage`]: '1Gi',
    [`${gold}/persistentvolumeclaims`]: '1',
  });
  const claim = (name: string, storage: string, storageClassName: string): object => ({
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, storageClassName },
  });
  const path = at('persistentvolumeclaims');
  assert.equal((await server.post(path, claim('a', '1Gi', 'gold'))).status, 201);
  await refused(
    server.post(path, claim('b', '500Mi', 'gold')),
    `persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: ${gold}/persistentvolumeclaims=1,${gold}/requests.storage=500Mi, used: ${gold}/persistentvolumeclaims=1,${gold}/requests.storage=1Gi, limited: ${gold}/persistentvolumeclaims=1,${gold}/requests.storage=1Gi`,
  );
  assert.equal((await server.post(path, claim('b', '1Gi', ''))).status, 201);
  assert.deepEqual(await used(), {
    persistentvolumeclaims: '2',
    'requests.storage': '2Gi',
    [`${gold}/requests.storage`]: '1Gi',
    [`${gold}/persistentvolumeclaims`]: '1',
  });
  // The finalizer goes when nobody uses the claim.
  await server.delete(`${path}/a`);
  assert.equal((await used())['requests.storage'], '1Gi');
});

void test('ResourceQuota should verify ResourceQuota with terminating scopes', async () => {
  await quota({ pods: '5' }, { scopes: ['Terminating'] }, 'terminating');
  await quota({ pods: '1' }, { scopes: ['NotTerminating'] }, 'not-terminating');
  assert.equal((await server.post(at('pods'), pod('long'))).status, 201);
  assert.equal((await server.post(at('pods'), pod('short', {}, { activeDeadlineSeconds: 3600 }))).status, 201);
  assert.deepEqual([await used('terminating'), await used('not-terminating')], [{ pods: '1' }, { pods: '1' }]);
  await refused(
    server.post(at('pods'), pod('longer')),
    'pods "longer" is forbidden: exceeded quota: not-terminating, requested: pods=1, used: pods=1, limited: pods=1',
  );
});

void test('ResourceQuota should verify ResourceQuota with best effort scope', async () => {
  await quota({ pods: '5' }, { scopes: ['BestEffort'] }, 'best');
  await quota({ pods: '5' }, { scopes: ['NotBestEffort'] }, 'other');
  assert.equal((await server.post(at('pods'), pod('plain'))).status, 201);
  assert.equal((await server.post(at('pods'), pod('asks', { requests: { cpu: '1m' } }))).status, 201);
  assert.deepEqual([await used('best'), await used('other')], [{ pods: '1' }, { pods: '1' }]);
  await server.delete(`${at('pods')}/plain?gracePeriodSeconds=0`);
  assert.deepEqual([await used('best'), await used('other')], [{ pods: '0' }, { pods: '1' }]);
});

void test('quotas for priority classes, and for affinity to pods of other namespaces', async () => {
  await server.post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'urgent' }, value: 100 });
  const expression = { scopeName: 'PriorityClass', operator: 'In', values: ['urgent'] };
  await quota({ pods: '1' }, { scopeSelector: { matchExpressions: [expression] } }, 'urgent');
  await quota({ pods: '0' }, { scopes: ['CrossNamespacePodAffinity'] }, 'cross');
  assert.equal((await server.post(at('pods'), pod('plain'))).status, 201);
  assert.equal((await server.post(at('pods'), pod('one', {}, { priorityClassName: 'urgent' }))).status, 201);
  await refused(
    server.post(at('pods'), pod('two', {}, { priorityClassName: 'urgent' })),
    'pods "two" is forbidden: exceeded quota: urgent, requested: pods=1, used: pods=1, limited: pods=1',
  );
  const term = { topologyKey: 'kubernetes.io/hostname', namespaces: ['other'], labelSelector: {} };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  await refused(
    server.post(at('pods'), pod('near', {}, { affinity })),
    'pods "near" is forbidden: exceeded quota: cross, requested: pods=1, used: pods=0, limited: pods=0',
  );
});

void test('devices of a class are counted as many as a claim may get', async () => {
  const name = 'gpu.deviceclass.resource.k8s.io/devices';
  await quota({ [name]: '3', 'count/resourceclaims.resource.k8s.io': '9' });
  const claim = (claimName: string, ...requests: object[]): object => ({
    metadata: { name: claimName },
    spec: { devices: { requests: requests.map((request, i) => ({ name: `r${i}`, ...request })) } },
  });
  const path = at('resourceclaims', 'resource.k8s.io/v1');
  const two = { exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } };
  assert.equal((await server.post(path, claim('a', two))).status, 201);
  assert.deepEqual(await used(), { [name]: '2', 'count/resourceclaims.resource.k8s.io': '1' });
  await refused(
    server.post(path, claim('b', { exactly: { deviceClassName: 'gpu', allocationMode: 'All' } })),
    `resourceclaims.resource.k8s.io "b" is forbidden: exceeded quota: q, requested: ${name}=32, used: ${name}=2, limited: ${name}=3`,
  );
});

void test('devices that are asked for as an extended resource count once, whoever asks for them', async () => {
  const [named, implicit] = ['requests.example.com/gpu', 'requests.deviceclass.resource.kubernetes.io/card'];
  const gpu = { metadata: { name: 'card' }, spec: { extendedResourceName: 'example.com/gpu' } };
  assert.equal((await server.post('/apis/resource.k8s.io/v1/deviceclasses', gpu)).status, 201);
  await quota({ [named]: '6', [implicit]: '6' });
  const path = at('resourceclaims', 'resource.k8s.io/v1');
  const claim = (name: string, count: number, metadata: object = {}): object => ({
    metadata: { name, ...metadata },
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'card', count } }] } },
  });
  await server.post(path, claim('plain', 2));
  assert.deepEqual(await used(), { [named]: '2', [implicit]: '2' });
  const asking = (resource: string): object => ({ requests: { [resource]: '1' }, limits: { [resource]: '1' } });
  const { object } = await server.post(at('pods'), pod('named', asking('example.com/gpu')));
  await server.post(at('pods'), pod('implicit', asking('deviceclass.resource.kubernetes.io/card')));
  assert.deepEqual(await used(), { [named]: '3', [implicit]: '3' });
  const { uid } = object['metadata'] as { uid: string };
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'named', uid, controller: true };
  const annotations = { 'resource.kubernetes.io/extended-resource-claim': 'true' };
  const ofPod = { annotations, ownerReferences: [owner] };
  assert.equal((await server.post(path, claim('of-pod', 2, ofPod))).status, 201);
  assert.deepEqual(await used(), { [named]: '4', [implicit]: '5' }, 'one of the two was charged to the pod');
  await server.cluster.advance(1000);
  await refused(
    server.post(path, claim('again', 3, ofPod)),
    `resourceclaims.resource.k8s.io "again" is forbidden: exceeded quota: q, requested: ${implicit}=3,${named}=3, used: ${implicit}=5,${named}=4, limited: ${implicit}=6,${named}=6`,
  );
  await server.delete(`${path}/plain`);
  assert.deepEqual(await used(), { [named]: '2', [implicit]: '3' }, 'counted anew');
});

void test('claims for volumes of a class of attributes', async () => {
  const expression = { scopeName: 'VolumeAttributesClass', operator: 'In', values: ['fast'] };
  const scopeSelector = { matchExpressions: [expression] };
  await quota({ persistentvolumeclaims: '1', 'requests.storage': '5Gi' }, { scopeSelector }, 'fast');
  const claim = (name: string, volumeAttributesClassName?: string): object => ({
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '2Gi' } },
      ...(volumeAttributesClassName === undefined ? {} : { volumeAttributesClassName }),
    },
  });
  const path = at('persistentvolumeclaims');
  assert.equal((await server.post(path, claim('plain'))).status, 201);
  assert.equal((await server.post(path, claim('one', 'fast'))).status, 201);
  assert.deepEqual(await used('fast'), { persistentvolumeclaims: '1', 'requests.storage': '2Gi' });
  await refused(
    server.post(path, claim('two', 'fast')),
    'persistentvolumeclaims "two" is forbidden: exceeded quota: fast, requested: persistentvolumeclaims=1, used: persistentvolumeclaims=1, limited: persistentvolumeclaims=1',
  );
  const changed = { status: { currentVolumeAttributesClassName: 'fast' } };
  assert.equal((await server.patch(`${path}/plain/status`, changed)).status, 200, 'what the system does is counted');
  assert.deepEqual(await used('fast'), { persistentvolumeclaims: '2', 'requests.storage': '4Gi' });
});

void test('a pod that gets a deadline comes into the scope of those that end', async () => {
  await quota({ pods: '1', 'requests.cpu': '1' }, { scopes: ['Terminating'] }, 'terminating');
  const cpu = { requests: { cpu: '300m' } };
  for (const name of ['one', 'two']) await server.post(at('pods'), pod(name, cpu));
  const end = (name: string): ReturnType<Admitted['patch']> =>
    server.patch(`${at('pods')}/${name}`, { spec: { activeDeadlineSeconds: 3600 } });
  assert.equal((await end('one')).status, 200);
  assert.deepEqual(await used('terminating'), { pods: '1', 'requests.cpu': '300m' });
  await refused(
    end('two'),
    'pods "two" is forbidden: exceeded quota: terminating, requested: pods=1, used: pods=1, limited: pods=1',
  );
});

void test('a pod may say for all of its containers what it needs, and grows as far as the quota lets it', async () => {
  await quota({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
  await refused(
    server.post(at('pods'), pod('silent')),
    'pods "silent" is forbidden: failed quota: q: must specify limits.memory for: pause; requests.cpu for: pause',
  );
  const resources = { requests: { cpu: '400m' }, limits: { memory: '256Mi' } };
  assert.equal((await server.post(at('pods'), pod('whole', {}, { resources }))).status, 201);
  assert.deepEqual(await used(), { 'requests.cpu': '400m', 'limits.memory': '256Mi' });
  const parts = { requests: { cpu: '200m', memory: '64Mi' }, limits: { memory: '64Mi' } };
  assert.equal((await server.post(at('pods'), pod('parts', parts))).status, 201);
  const resize = (cpu: string): ReturnType<Admitted['patch']> =>
    server.patch(`${at('pods')}/parts/resize`, {
      spec: {
        containers: [{ name: 'pause', image: 'pause', resources: { ...parts, requests: { ...parts.requests, cpu } } }],
      },
    });
  await refused(
    resize('700m'),
    'pods "parts" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  const grown = await resize('600m');
  assert.equal(grown.status, 200, grown.message);
  assert.deepEqual(await used(), { 'requests.cpu': '1', 'limits.memory': '320Mi' });
});

void test('a dry run uses nothing up', async () => {
  await quota({ secrets: '1' });
  assert.equal((await server.post(`${at('secrets')}?dryRun=All`, { metadata: { name: 's' } })).status, 201);
  assert.equal((await used())['secrets'], '0');
  assert.equal((await server.post(at('secrets'), { metadata: { name: 's' } })).status, 201);
  await refused(
    server.post(`${at('secrets')}?dryRun=All`, { metadata: { name: 't' } }),
    'secrets "t" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1',
  );
});

void test('what nobody has counted yet lets nothing through', async () => {
  await using alone = await startApiServer();
  const metadata = { name: 'new', namespace: 'default' };
  await alone.client.create(resourceQuotas, { metadata, spec: { hard: { secrets: '5', 'count/secrets': '5' } } });
  await alone.client.update(
    resourceQuotas,
    {
      ...(await alone.client.get(resourceQuotas, metadata)),
      status: { hard: { secrets: '5', 'count/secrets': '5' }, used: { secrets: '0' } },
    },
    { subresource: 'status' },
  );
  await assert.rejects(alone.client.create(secrets, { metadata: { name: 's', namespace: 'default' } }), {
    message: 'secrets "s" is forbidden: status unknown for quota: new, resources: count/secrets,secrets',
  });
});

void test('however many ask at once, no more is written than the quota allows, and no less', async () => {
  await quota({ secrets: '7', 'count/secrets': '9' });
  const create = (i: number): Promise<number> =>
    server.post(at('secrets'), { metadata: { name: `s-${i}` } }).then(({ status }) => status);
  const first = await Promise.all(Array.from({ length: 30 }, (_, i) => create(i)));
  assert.equal(first.filter((status) => status === 201).length, 7);
  assert.deepEqual(await used(), { secrets: '7', 'count/secrets': '7' });
  const names = first.flatMap((status, i) => (status === 201 ? [`s-${i}`] : []));
  // Some go while others come, and the controller takes back what is free meanwhile.
  for (let round = 0; round < 5; round++) {
    const gone = names.splice(0, 3);
    const came = await Promise.all([
      ...gone.map((name) => server.send('DELETE', `${at('secrets')}/${name}`).then(() => 0)),
      ...Array.from({ length: 10 }, (_, i) => create(1000 + round * 100 + i)),
    ]);
    names.push(
      ...came.slice(gone.length).flatMap((status, i) => (status === 201 ? [`s-${1000 + round * 100 + i}`] : [])),
    );
    const { object } = await server.get(at('secrets'));
    assert.ok((object['items'] as unknown[]).length <= 7);
    await server.cluster.advance(1000);
    assert.equal((await used())['secrets'], String(names.length));
  }
});

void test('ResourceQuota should be able to update and delete ResourceQuota, and apply changes to its status', async () => {
  await quota({ pods: '5', configmaps: '9' });
  assert.equal((await server.patch(`${at('resourcequotas')}/q`, { spec: { hard: { pods: '7' } } })).status, 200);
  await server.cluster.advance(1000);
  const { object } = await server.get(`${at('resourcequotas')}/q`);
  assert.deepEqual(object['status'], { hard: { pods: '7', configmaps: '9' }, used: { pods: '0', configmaps: '1' } });
  // What somebody else writes into the status is put right again: at once if it is what is allowed, or in time.
  await server.patch(`${at('resourcequotas')}/q/status`, { status: { hard: { pods: '3' }, used: { pods: '3' } } });
  await server.cluster.advance(1000);
  assert.deepEqual(await used(), { pods: '0', configmaps: '1' });
  await server.patch(`${at('resourcequotas')}/q/status`, { status: { used: { pods: '3' } } });
  await server.cluster.advance(1000);
  assert.deepEqual(await used(), { pods: '3', configmaps: '1' });
  await server.cluster.advance(5 * 60_000);
  assert.deepEqual(await used(), { pods: '0', configmaps: '1' });
  assert.equal((await server.delete(`${at('resourcequotas')}/q`)).status, 200);
});
