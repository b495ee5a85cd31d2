/** The kubelet against the real API server and the simulated runtime, in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import facts from '../api/upstream/facts.json' with { type: 'json' };
import { configMaps, events, leases, namespaces, nodes, pods, serviceAccounts, type Pod } from '../api/mod.ts';
import { answer, composeServer, stamp, type PostHandler } from '../apiserver/mod.ts';
import { seededRandom, silentLog, VirtualClock, type DeepReadonly } from '../base/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../client/mod.ts';
import { isApiError, usualConfig } from '../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../store/mod.ts';
import {
  behaviourAnnotation,
  Kubelet,
  kubeletConfig,
  simulatedHost,
  SimulatedRuntime,
  type Behaviour,
  type SimulatedHost,
  type SimulatedRuntimeOptions,
} from './mod.ts';

class Rig implements AsyncDisposable {
  readonly clock = new VirtualClock({ rest: async () => await setImmediate() });
  client!: Client;
  runtime!: SimulatedRuntime;
  host!: SimulatedHost;
  kubelet!: Kubelet;
  #cache!: InformerCache;
  #store!: LocalStore;

  static async start(options: Partial<SimulatedRuntimeOptions> = {}): Promise<Rig> {
    const rig = new Rig();
    const { clock } = rig;
    rig.#store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
    const world = { store: rig.#store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig };
    rig.client = composeServer(world, { posts: [rig.#tokens()] }).client({
      username: 'admin',
      groups: ['system:masters'],
    });
    for (const name of ['default', 'kube-node-lease']) await rig.client.create(namespaces, { metadata: { name } });
    await rig.client.create(serviceAccounts, {
      metadata: { name: 'default', namespace: 'default' },
      automountServiceAccountToken: false,
    });
    rig.runtime = new SimulatedRuntime({ clock, nodeName: 'node-1', images: ['nginx:1.25'], ...options });
    rig.host = simulatedHost({ runtime: rig.runtime, clock, nodeName: 'node-1', nodeIP: '192.168.0.1' });
    await rig.startKubelet();
    return rig;
  }

  /** Issues tokens that are worth nothing, each another, for ten minutes. */
  #tokens(): PostHandler {
    let issued = 0;
    const handle: PostHandler['handle'] = async (_server, _kind, { name }) => {
      const expirationTimestamp = new Date(this.clock.now() + 600_000).toISOString();
      return answer(201, {
        kind: 'TokenRequest',
        metadata: { name },
        status: { token: `${name}-${issued++}`, expirationTimestamp },
      });
    };
    return { on: 'serviceaccounts/token', handle };
  }

  async startKubelet(): Promise<void> {
    const { client, clock, runtime, host } = this;
    this.#cache = new InformerCache({ client, clock, log: silentLog });
    const recorder = new EventRecorder({ client, clock, log: silentLog }, { component: 'kubelet', host: 'node-1' });
    this.kubelet = new Kubelet({
      client,
      cache: this.#cache,
      events: recorder,
      runtime,
      host,
      clock,
      random: seededRandom(2),
      log: silentLog,
      config: kubeletConfig({ nodeName: 'node-1', clusterDns: { servers: ['10.96.0.10'], domain: 'cluster.local' } }),
    });
    await this.kubelet.start();
    await clock.advance(0);
  }

  async stopKubelet(): Promise<void> {
    await this.kubelet[Symbol.asyncDispose]();
    this.#cache[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopKubelet();
    await this.#store.close();
  }

  create(
    name: string,
    spec: Partial<Pod['spec'] & object>,
    behaviour: Partial<Behaviour> | Record<string, Partial<Behaviour>> = {},
  ): Promise<DeepReadonly<Pod>> {
    return this.client.create(pods, {
      metadata: { name, namespace: 'default', annotations: { [behaviourAnnotation]: JSON.stringify(behaviour) } },
      spec: { nodeName: 'node-1', containers: [{ name: 'web', image: 'nginx:1.25' }], ...spec },
    });
  }

  get(name: string): Promise<DeepReadonly<Pod>> {
    return this.client.get(pods, { namespace: 'default', name });
  }

  async until(name: string, what: (pod: DeepReadonly<Pod>) => boolean, limitMs = 60_000): Promise<DeepReadonly<Pod>> {
    for (let waited = 0; waited < limitMs; waited += 50) {
      const pod = await this.get(name);
      if (what(pod)) return pod;
      await this.clock.advance(50);
    }
    assert.fail(`pod ${name} did not get there: ${JSON.stringify((await this.get(name)).status, undefined, 1)}`);
  }

  async gone(name: string, limitMs = 60_000): Promise<number> {
    const began = this.clock.now();
    for (let waited = 0; waited < limitMs; waited += 50) {
      try {
        await this.get(name);
      } catch (error) {
        if (isApiError(error, 'NotFound')) return this.clock.now() - began;
        throw error;
      }
      await this.clock.advance(50);
    }
    assert.fail(`pod ${name} does not go`);
  }

  async events(name: string): Promise<string[]> {
    const { items } = await this.client.list(events, { namespace: 'default' });
    const mine = items.filter(({ involvedObject }) => involvedObject?.name === name);
    return mine.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }
}

const ready = (pod: DeepReadonly<Pod>): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

test('the node registers, is ready, and renews its lease', async () => {
  await using rig = await Rig.start();
  await rig.clock.advance(1000);
  const node = await rig.client.get(nodes, { name: 'node-1' });
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
  assert.equal(node.metadata.labels?.['kubernetes.io/hostname'], 'node-1');
  assert.equal(node.status?.capacity?.['cpu'], '4');
  assert.deepEqual(node.status?.addresses, [
    { type: 'InternalIP', address: '192.168.0.1' },
    { type: 'Hostname', address: 'node-1' },
  ]);
  const lease = await rig.client.get(leases, { namespace: 'kube-node-lease', name: 'node-1' });
  assert.equal(lease.spec?.holderIdentity, 'node-1');
  assert.equal(lease.metadata.ownerReferences?.[0]?.uid, node.metadata.uid);
  await rig.clock.advance(10_000);
  const renewed = await rig.client.get(leases, { namespace: 'kube-node-lease', name: 'node-1' });
  assert.equal(Date.parse(renewed.spec?.renewTime ?? '') - Date.parse(lease.spec?.renewTime ?? ''), 10_000);
});

test('a pod comes to run, is ready, and goes when it is deleted', async () => {
  await using rig = await Rig.start();
  await rig.create('web', {});
  const pod = await rig.until('web', ready, 2000);
  assert.equal(pod.status?.phase, 'Running');
  assert.equal(pod.status?.podIP, '10.244.0.2');
  assert.equal(pod.status?.hostIP, '192.168.0.1');
  const [status] = pod.status?.containerStatuses ?? [];
  assert.equal(status?.restartCount, 0);
  assert.equal(status?.image, 'docker.io/library/nginx:1.25');
  assert.match(status?.containerID ?? '', /^simulated:\/\/node-1-container-/);
  assert.deepEqual(await rig.events('web'), [
    'Normal Pulled Container image "nginx:1.25" already present on machine and can be accessed by the pod',
    'Normal Created Container created',
    'Normal Started Container started',
  ]);
  await rig.client.delete(pods, { namespace: 'default', name: 'web' });
  assert.ok((await rig.gone('web')) < 1000);
  assert.ok((await rig.events('web')).includes('Normal Killing Stopping container web'));
  await rig.clock.advance(1000);
  assert.deepEqual(await rig.runtime.listPodSandboxes(), []);
  assert.deepEqual(await rig.host.files.list('/var/lib/kubelet/pods'), []);
});

test('a container that crashes is started again, later each time', async () => {
  await using rig = await Rig.start();
  await rig.create('crash', {}, { exitAfterMs: 100, exitCode: 3 });
  const backedOff = await rig.until(
    'crash',
    (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
  );
  const [status] = backedOff.status?.containerStatuses ?? [];
  assert.equal(status?.restartCount, 1);
  assert.match(
    status?.state?.waiting?.message ?? '',
    /^back-off 10s restarting failed container=web pod=crash_default\(/,
  );
  assert.equal(status?.lastState?.terminated?.exitCode, 3);
  assert.equal(backedOff.status?.phase, 'Running');
  await rig.until('crash', (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 2, 12_000);
  const again = await rig.until('crash', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting !== undefined);
  assert.match(again.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', /^back-off 20s /);
  assert.ok(
    (await rig.events('crash')).some((text) =>
      text.startsWith('Warning BackOff Back-off restarting failed container web in pod crash_default('),
    ),
  );
});

test('a pod that need not run on has ended', async () => {
  await using rig = await Rig.start();
  await rig.create('done', { restartPolicy: 'Never' }, { exitAfterMs: 500, terminationMessage: 'bye' });
  const done = await rig.until('done', (pod) => pod.status?.phase === 'Succeeded');
  assert.deepEqual(done.status?.containerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
  assert.equal(done.status?.containerStatuses?.[0]?.state?.terminated?.message, 'bye');
  assert.equal(done.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted');
  assert.equal(done.status?.podIP, '10.244.0.2');
  await rig.create('failed', { restartPolicy: 'Never' }, { exitAfterMs: 500, exitCode: 1 });
  const failed = await rig.until('failed', (pod) => pod.status?.phase === 'Failed');
  assert.equal(failed.status?.containerStatuses?.[0]?.state?.terminated?.reason, 'Error');
});

test('init containers run one after the other, sidecars beside the others', async () => {
  await using rig = await Rig.start();
  const image = 'nginx:1.25';
  const spec = {
    initContainers: [
      { name: 'one', image },
      { name: 'side', image, restartPolicy: 'Always' },
      { name: 'two', image },
    ],
    restartPolicy: 'Never',
  };
  await rig.create('init', spec, {
    one: { exitAfterMs: 1000 },
    two: { exitAfterMs: 1000 },
    web: { exitAfterMs: 2000 },
  });
  const waiting = await rig.until(
    'init',
    (pod) => pod.status?.initContainerStatuses?.[0]?.state?.running !== undefined,
  );
  assert.equal(waiting.status?.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
  assert.equal(
    waiting.status?.conditions?.find(({ type }) => type === 'Initialized')?.message,
    'containers with incomplete status: [one side two]',
  );
  await rig.until('init', ready);
  const done = await rig.until('init', (pod) => pod.status?.phase === 'Succeeded');
  assert.deepEqual(
    done.status?.initContainerStatuses?.map(({ state }) => state?.terminated?.exitCode),
    [0, 0, 0],
  );
});

test('probes decide about readiness and restarts', async () => {
  await using rig = await Rig.start();
  const probe = { httpGet: { port: 80, path: '/' }, periodSeconds: 1, failureThreshold: 2 };
  await rig.create(
    'slow',
    { containers: [{ name: 'web', image: 'nginx:1.25', readinessProbe: probe }] },
    { readyAfterMs: 3000 },
  );
  const before = await rig.until('slow', (pod) => pod.status?.phase === 'Running');
  assert.equal(ready(before), false);
  assert.equal(
    before.status?.conditions?.find(({ type }) => type === 'Ready')?.message,
    'containers with unready status: [web]',
  );
  await rig.until('slow', ready);
  assert.ok(
    (await rig.events('slow')).includes(
      'Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503',
    ),
  );
  await rig.create(
    'dies',
    { containers: [{ name: 'web', image: 'nginx:1.25', livenessProbe: probe }] },
    { failAfterMs: 5000 },
  );
  await rig.until('dies', (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 1);
  assert.ok(
    (await rig.events('dies')).includes('Normal Killing Container web failed liveness probe, will be restarted'),
  );
});

test('an image that nobody has backs off', async () => {
  await using rig = await Rig.start({ missingImages: ['nope:1'] });
  await rig.create('pull', { containers: [{ name: 'web', image: 'nope:1' }] });
  await rig.until('pull', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
  const pod = await rig.until(
    'pull',
    (one) => one.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
  );
  assert.match(
    pod.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
    /^Back-off pulling image "nope:1": ErrImagePull: rpc error: code = NotFound/,
  );
  assert.equal(pod.status?.phase, 'Pending');
});

test('a restarted kubelet leaves its pods alone and ends those that were deleted meanwhile', async () => {
  await using rig = await Rig.start();
  await rig.create('stays', {}, {});
  await rig.create('goes', {}, {});
  const before = await rig.until('stays', ready);
  await rig.until('goes', ready);
  await rig.stopKubelet();
  await rig.client.delete(pods, { namespace: 'default', name: 'goes' }, { gracePeriodSeconds: 0 });
  const [created, started] = [rig.runtime.calls('createContainer'), rig.runtime.calls('stopContainer')];
  await rig.startKubelet();
  await rig.clock.advance(20_000);
  const after = await rig.get('stays');
  assert.equal(after.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID);
  assert.equal(rig.runtime.calls('createContainer'), created);
  assert.equal(rig.runtime.calls('stopContainer'), started + 1);
  assert.equal((await rig.runtime.listPodSandboxes()).length, 1);
});

test('after a reboot pods run again in new sandboxes', async () => {
  await using rig = await Rig.start();
  await rig.create('web', {}, {});
  await rig.until('web', ready);
  rig.runtime.reboot();
  const pod = await rig.until('web', (one) => one.status?.containerStatuses?.[0]?.restartCount === 1 && ready(one));
  assert.equal(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 255);
});

test('what is missing is waited for', async () => {
  await using rig = await Rig.start();
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
  await rig.create('env', { containers: [{ name: 'web', image: 'nginx:1.25', env }] });
  const volumes = [{ name: 'v', configMap: { name: 'settings' } }];
  await rig.create('volume', {
    volumes,
    containers: [{ name: 'web', image: 'nginx:1.25', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  });
  const waiting = await rig.until(
    'env',
    (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  );
  assert.equal(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message, 'configmap "settings" not found');
  assert.ok(
    (await rig.events('volume')).includes(
      'Warning FailedMount MountVolume.SetUp failed for volume "v" : configmap "settings" not found',
    ),
  );
  await rig.client.create(configMaps, { metadata: { name: 'settings', namespace: 'default' }, data: { a: '1' } });
  await rig.until('env', ready, 1000);
  const pod = await rig.until('volume', ready, 1000);
  const path = `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~configmap/v/a`;
  assert.equal(rig.host.fileText(path), '1');
  await rig.client.patch(
    configMaps,
    { namespace: 'default', name: 'settings' },
    { type: 'merge', body: { data: { a: '2' } } },
  );
  await rig.clock.advance(100);
  assert.equal(rig.host.fileText(path), '2');
});

test('a pod that does not fit is refused', async () => {
  await using rig = await Rig.start();
  await rig.create('big', {
    containers: [{ name: 'web', image: 'nginx:1.25', resources: { requests: { cpu: '8' } } }],
  });
  const pod = await rig.until('big', (one) => one.status?.phase === 'Failed');
  assert.equal(pod.status?.reason, 'OutOfcpu');
  assert.equal(pod.status?.message, "Node didn't have enough resource: cpu, requested: 8000, used: 0, capacity: 4000");
});

test('a pod is ended after its deadline, and one that will not stop is killed', async () => {
  await using rig = await Rig.start();
  await rig.create('late', { activeDeadlineSeconds: 5 });
  const late = await rig.until('late', (pod) => pod.status?.phase === 'Failed');
  assert.equal(late.status?.reason, 'DeadlineExceeded');
  await rig.create('stubborn', { terminationGracePeriodSeconds: 3 }, { stopMs: 60_000 });
  await rig.until('stubborn', ready);
  await rig.client.delete(pods, { namespace: 'default', name: 'stubborn' });
  const took = await rig.gone('stubborn');
  assert.ok(took >= 3000 && took < 3500, `took ${took} ms`);
});

test('the token of a service account is renewed in time', async () => {
  await using rig = await Rig.start();
  const volumes = [
    {
      name: 't',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 600 } },
          { downwardAPI: { items: [{ path: 'n', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
        ],
      },
    },
  ];
  await rig.create('token', {
    volumes,
    containers: [{ name: 'web', image: 'nginx:1.25', volumeMounts: [{ name: 't', mountPath: '/t' }] }],
  });
  const pod = await rig.until('token', ready);
  const path = `/var/lib/kubelet/memory/${pod.metadata.uid}/volumes/kubernetes.io~projected/t`;
  assert.deepEqual([rig.host.fileText(`${path}/token`), rig.host.fileText(`${path}/n`)], ['default-0', 'default']);
  await rig.clock.advance(460_000);
  assert.equal(rig.host.fileText(`${path}/token`), 'default-0');
  await rig.clock.advance(30_000);
  assert.equal(rig.host.fileText(`${path}/token`), 'default-1');
});

test('a runtime that goes away makes the node not ready, and its pods stay', async () => {
  await using rig = await Rig.start();
  await rig.create('web', {});
  await rig.until('web', ready);
  const readiness = async (): Promise<string | undefined> =>
    (await rig.client.get(nodes, { name: 'node-1' })).status?.conditions?.find(({ type }) => type === 'Ready')?.message;
  rig.runtime.setDown(true);
  await rig.clock.advance(20_000);
  assert.equal(await readiness(), 'container runtime is down');
  rig.runtime.setDown(false);
  await rig.clock.advance(20_000);
  assert.equal(await readiness(), 'kubelet is posting ready status');
  assert.equal((await rig.get('web')).status?.containerStatuses?.[0]?.restartCount, 0);
});

test('a runtime that tells nothing is looked at from time to time', async () => {
  await using rig = await Rig.start({ silent: true });
  await rig.create('done', { restartPolicy: 'Never' }, { exitAfterMs: 500 });
  await rig.until('done', (pod) => pod.status?.phase === 'Succeeded', 11_000);
});

test('only the last run before the present one is kept', async () => {
  await using rig = await Rig.start();
  await rig.create('crash', {}, { exitAfterMs: 100, exitCode: 1 });
  await rig.until('crash', (pod) => pod.status?.containerStatuses?.[0]?.restartCount === 3, 200_000);
  await rig.clock.advance(61_000);
  assert.ok((await rig.runtime.listContainers()).length <= 2);
});

test('a node that is deleted while it lives registers again', async () => {
  await using rig = await Rig.start();
  const before = await rig.client.get(nodes, { name: 'node-1' });
  await rig.client.delete(nodes, { name: 'node-1' });
  await rig.clock.advance(1000);
  const after = await rig.client.get(nodes, { name: 'node-1' });
  assert.notEqual(after.metadata.uid, before.metadata.uid);
  assert.equal(after.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True');
});

test('a pod that fills its volume beyond the limit is put out', async () => {
  await using rig = await Rig.start();
  const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1k' } }];
  await rig.create('fills', {
    volumes,
    containers: [{ name: 'web', image: 'nginx:1.25', volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
  });
  const pod = await rig.until('fills', ready);
  await rig.clock.advance(20_000);
  assert.equal(ready(await rig.get('fills')), true);
  await rig.host.files.writeFile(
    `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~empty-dir/v/big`,
    'x'.repeat(2000),
    0o644,
  );
  const evicted = await rig.until('fills', ({ status }) => status?.phase === 'Failed');
  assert.deepEqual(
    [evicted.status?.reason, evicted.status?.message],
    ['Evicted', 'Usage of EmptyDir volume "v" exceeds the limit "1k". '],
  );
  assert.ok(
    (await rig.events('fills')).includes('Warning Evicted Usage of EmptyDir volume "v" exceeds the limit "1k". '),
  );
});
