/** The smaller plugins over real HTTPS: those that are on, those that are turned on, and what the flags say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Admitted, type Answer } from './http.ts';

let server: Admitted;
before(async () => void (server = await Admitted.start({}, 1)));
after(() => server[Symbol.asyncDispose]());

const core = '/api/v1/namespaces/test';
const storage = '/apis/storage.k8s.io/v1';
const specOf = ({ object }: Answer): Record<string, unknown> => (object['spec'] ?? {}) as Record<string, unknown>;
const metaOf = ({ object }: Answer): Record<string, unknown> => (object['metadata'] ?? {}) as Record<string, unknown>;
const container = { name: 'a', image: 'i' };

function pod(name: string, spec: object = {}, on = server): Promise<Answer> {
  return on.post(`${core}/pods`, { metadata: { name }, spec: { containers: [container], ...spec } });
}

async function refused(answer: Promise<Answer>, message: string, status = 403): Promise<void> {
  const got = await answer;
  assert.deepEqual([got.status, got.message], [status, message]);
}

void test('RuntimeClass should reject a Pod requesting a non-existent RuntimeClass, and initialize its Overhead', async () => {
  await refused(
    pod('none', { runtimeClassName: 'none' }),
    'pods "none" is forbidden: pod rejected: RuntimeClass "none" not found',
  );
  await server.post('/apis/node.k8s.io/v1/runtimeclasses', {
    metadata: { name: 'heavy' },
    handler: 'x',
    overhead: { podFixed: { cpu: '10m', memory: '1Mi' } },
    scheduling: {
      nodeSelector: { foo: 'bar' },
      tolerations: [{ key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule' }],
    },
  });
  const spec = specOf(await pod('heavy', { runtimeClassName: 'heavy', nodeSelector: { own: 'yes' } }));
  assert.deepEqual(spec['overhead'], { cpu: '10m', memory: '1Mi' });
  assert.deepEqual(spec['nodeSelector'], { own: 'yes', foo: 'bar' });
  assert.deepEqual(
    (spec['tolerations'] as unknown[]).filter((one) => (one as { key: string }).key === 'foo'),
    [{ key: 'foo', operator: 'Equal', value: 'bar', effect: 'NoSchedule' }],
  );
  await refused(
    pod('other', { runtimeClassName: 'heavy', overhead: { cpu: '20m' } }),
    `pods "other" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
  );
  await refused(
    pod('other', { runtimeClassName: 'heavy', nodeSelector: { foo: 'baz' } }),
    'pods "other" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[foo] = bar; pod.spec.nodeSelector[foo] = baz',
  );
  await refused(
    pod('other', { overhead: { cpu: '20m' } }),
    'pods "other" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  );
});

void test('claims get the default class and a finalizer, and grow where their class allows it', async () => {
  const create = (name: string, more: object = {}): Promise<Answer> =>
    server.post(`${storage}/storageclasses`, {
      metadata: { name, ...more },
      provisioner: 'x.example.com',
      allowVolumeExpansion: name === 'grows',
    });
  const isDefault = { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
  await create('fixed', isDefault);
  await server.cluster.advance(2000);
  await create('grows', isDefault);
  const claim = (name: string, spec: object = {}): Promise<Answer> =>
    server.post(`${core}/persistentvolumeclaims`, {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
    });
  const made = await claim('data');
  assert.equal(specOf(made)['storageClassName'], 'grows', 'the newest of the default classes');
  assert.deepEqual(metaOf(made)['finalizers'], ['kubernetes.io/pvc-protection']);
  assert.equal(specOf(await claim('none', { storageClassName: '' }))['storageClassName'], '');
  const path = `${core}/persistentvolumeclaims/data`;
  const grow = (): Promise<Answer> => server.patch(path, { spec: { resources: { requests: { storage: '2Gi' } } } });
  assert.equal((await grow()).status, 422, 'not bound');
  await server.patch(path, { spec: { volumeName: 'v' } });
  await server.patch(`${path}/status`, { status: { phase: 'Bound', capacity: { storage: '1Gi' } } });
  assert.equal((await grow()).status, 200);
  await server.post(`${core}/persistentvolumeclaims`, {
    metadata: { name: 'fixed' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'fixed',
      volumeName: 'w',
    },
  });
  await server.patch(`${core}/persistentvolumeclaims/fixed/status`, { status: { phase: 'Bound' } });
  await refused(
    server.patch(`${core}/persistentvolumeclaims/fixed`, { spec: { resources: { requests: { storage: '2Gi' } } } }),
    'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
  );
});

void test('what is in use stays until nobody uses it', async () => {
  const path = `${core}/persistentvolumeclaims/used`;
  await server.post(`${core}/persistentvolumeclaims`, {
    metadata: { name: 'used' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await pod('user', {
    nodeName: 'node-0',
    terminationGracePeriodSeconds: 0,
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }],
  });
  assert.equal((await server.delete(path)).status, 200);
  assert.equal(typeof metaOf(await server.get(path))['deletionTimestamp'], 'string');
  await server.delete(`${core}/pods/user?gracePeriodSeconds=0`);
  assert.equal((await server.get(path)).status, 404);
  const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } };
  const made = await server.post('/api/v1/persistentvolumes', { metadata: { name: 'v' }, spec: volume });
  assert.deepEqual(metaOf(made)['finalizers'], ['kubernetes.io/pv-protection']);
  await server.delete('/api/v1/persistentvolumes/v');
  assert.equal((await server.get('/api/v1/persistentvolumes/v')).status, 404);
});

void test('an Ingress gets the default class unless it names one, in either way', async () => {
  await server.post('/apis/networking.k8s.io/v1/ingressclasses', {
    metadata: { name: 'usual', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    spec: { controller: 'example.com/c' },
  });
  const create = (name: string, annotations: object, ingressClassName?: string): Promise<Answer> =>
    server.post('/apis/networking.k8s.io/v1/namespaces/test/ingresses', {
      metadata: { name, annotations },
      spec: { ingressClassName, defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    });
  assert.equal(specOf(await create('a', {}))['ingressClassName'], 'usual');
  assert.equal(specOf(await create('b', {}, 'other'))['ingressClassName'], 'other');
  assert.equal(specOf(await create('c', { 'kubernetes.io/ingress.class': 'old' }))['ingressClassName'], undefined);
});

void test('a pod has the zone and the region of its node as labels', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' };
  await server.patch('/api/v1/nodes/node-0', { metadata: { labels } });
  await pod('placed');
  await server.cluster.advance(5000);
  assert.deepEqual(metaOf(await server.get(`${core}/pods/placed`))['labels'], labels);
  assert.deepEqual(metaOf(await pod('fixed', { nodeName: 'node-0' }))['labels'], labels);
});

void test('flags turn plugins on and off', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'plugins-'));
  const file = join(directory, 'admission.yaml');
  writeFileSync(
    file,
    `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodNodeSelector
    configuration: { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: env=dev, test: 'env=dev,disk=ssd' } }
  - name: ResourceQuota
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: ResourceQuotaConfiguration
      limitedResources: [{ resource: secrets, matchContains: [secrets] }]
`,
  );
  try {
    await using own = await Admitted.start({
      'enable-admission-plugins':
        'AlwaysPullImages,NamespaceAutoProvision,NamespaceExists,PodNodeSelector,PodTolerationRestriction,ExtendedResourceToleration,DenyServiceExternalIPs,LimitPodHardAntiAffinityTopology,OwnerReferencesPermissionEnforcement',
      'disable-admission-plugins': 'DefaultTolerationSeconds,NamespaceLifecycle',
      'admission-control-config-file': file,
    });
    const resources = { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } };
    const spec = specOf(await pod('p', { containers: [{ ...container, resources, imagePullPolicy: 'Never' }] }, own));
    assert.deepEqual(spec['nodeSelector'], { env: 'dev' });
    assert.deepEqual(spec['tolerations'], [{ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' }]);
    assert.equal((spec['containers'] as [{ imagePullPolicy: string }])[0].imagePullPolicy, 'Always');
    await refused(
      pod('q', { nodeSelector: { env: 'prod' } }, own),
      'pods "q" is forbidden: pod node label selector conflicts with its namespace node label selector',
    );
    await refused(
      pod('q', { nodeSelector: { zone: 'a' } }, own),
      'pods "q" is forbidden: pod node label selector labels conflict with its namespace whitelist',
    );
    const term = { topologyKey: 'topology.kubernetes.io/zone', labelSelector: {} };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    await refused(
      pod('q', { affinity }, own),
      'pods "q" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
    );
    await refused(
      own.post(`${core}/services`, {
        metadata: { name: 's' },
        spec: { ports: [{ port: 80 }], externalIPs: ['192.0.2.1'] },
      }),
      'services "s" is forbidden: Use of external IPs is denied by admission control',
    );
    await refused(
      own.post(`${core}/secrets`, { metadata: { name: 's' } }),
      'secrets "s" is forbidden: insufficient quota to consume: count/secrets,secrets',
    );
    assert.equal((await own.post('/api/v1/namespaces/fresh/configmaps', { metadata: { name: 'c' } })).status, 201);
    assert.equal((await own.get('/api/v1/namespaces/fresh')).status, 200);
    await refused(own.send('DELETE', '/api/v1/namespaces/none/configmaps/c'), 'configmaps "c" not found', 404);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

void test('flags that cannot be are refused at the start', async () => {
  await assert.rejects(Admitted.start({ 'enable-admission-plugins': 'Nothing' }), {
    message: 'enable-admission-plugins plugin "Nothing" is unknown',
  });
  await assert.rejects(
    Admitted.start({ 'enable-admission-plugins': 'Priority', 'disable-admission-plugins': 'Priority' }),
    {
      message: '[Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    },
  );
  await using closed = await Admitted.start({ 'disable-admission-plugins': 'LimitRanger' });
  assert.equal((await closed.get('/api/v1/namespaces/test')).status, 200);
});
