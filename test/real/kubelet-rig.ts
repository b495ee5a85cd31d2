/** A kubelet of this process on a containerd of its own, with the API server in the same process. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import facts from '../../src/api/upstream/facts.json' with { type: 'json' };
import { events, namespaces, pods, serviceAccounts, type Pod } from '../../src/api/mod.ts';
import { composeServer, stamp } from '../../src/apiserver/mod.ts';
import { silentLog, type DeepReadonly, type Log } from '../../src/base/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../../src/client/mod.ts';
import { linuxKubeletHost } from '../../src/host/kubelet/mod.ts';
import { systemClock, systemRandom } from '../../src/host/system.ts';
import { Kubelet, kubeletConfig } from '../../src/kubelet/mod.ts';
import { isApiError, usualConfig } from '../../src/machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../src/store/mod.ts';
import { testContainerd, type TestContainerd } from './containerd.ts';

export const busybox = 'busybox:latest';

export class RealRig implements AsyncDisposable {
  readonly containerd: TestContainerd;
  readonly client: Client;
  readonly root: string;
  readonly #store: LocalStore;
  readonly #log: Log;
  kubelet!: Kubelet;
  #cache!: InformerCache;

  private constructor(parts: { containerd: TestContainerd; client: Client; store: LocalStore; log: Log }) {
    this.containerd = parts.containerd;
    this.client = parts.client;
    this.#store = parts.store;
    this.#log = parts.log;
    this.root = join(parts.containerd.options.dataDir, 'kubelet');
  }

  static async start(log: Log = silentLog): Promise<RealRig> {
    const containerd = await testContainerd();
    await containerd.load('busybox');
    const store = await LocalStore.open({ clock: systemClock, limits: defaultLimits, stamp });
    const api = composeServer(
      { store, clock: systemClock, random: systemRandom, log, facts, config: usualConfig },
      { posts: [] },
    );
    const client = api.client({ username: 'admin', groups: ['system:masters'] });
    for (const name of ['default', 'kube-node-lease']) await client.create(namespaces, { metadata: { name } });
    await client.create(serviceAccounts, {
      metadata: { name: 'default', namespace: 'default' },
      automountServiceAccountToken: false,
    });
    const rig = new RealRig({ containerd, client, store, log });
    await mkdir(rig.root, { recursive: true });
    await rig.startKubelet();
    return rig;
  }

  async startKubelet(): Promise<void> {
    const { client, containerd } = this;
    const [clock, random, log] = [systemClock, systemRandom, this.#log];
    this.#cache = new InformerCache({ client, clock, log });
    const recorder = new EventRecorder({ client, clock, log }, { component: 'kubelet', host: 'node-1' });
    const host = await linuxKubeletHost({ rootDirectory: this.root, cgroupParent: containerd.options.cgroupParent });
    const config = kubeletConfig({
      nodeName: 'node-1',
      rootDirectory: this.root,
      podLogsDirectory: containerd.logDir,
      clusterDns: { servers: ['10.96.0.10'], domain: 'cluster.local' },
    });
    this.kubelet = new Kubelet({
      client,
      cache: this.#cache,
      events: recorder,
      runtime: containerd.runtime,
      host,
      clock,
      random,
      log,
      config,
    });
    await this.kubelet.start();
  }

  async stopKubelet(): Promise<void> {
    await this.kubelet[Symbol.asyncDispose]();
    this.#cache[Symbol.dispose]();
  }

  /** Ends all pods first: what they have mounted must not outlive the test. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { items } = await this.client.list(pods, { namespace: 'default' });
    await Promise.all(items.map(({ metadata: { name = '' } }) => this.delete(name, 0)));
    await this.until(
      'all pods to be gone',
      async () => (await this.containerd.runtime.listPodSandboxes()).length === 0,
    );
    await this.stopKubelet();
    await this.kubelet.world.host.files.removeTree(this.root);
    await this.#store.close();
    await this.containerd[Symbol.asyncDispose]();
  }

  create(name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Promise<DeepReadonly<Pod>> {
    const containers = [{ name: 'main', image: busybox, imagePullPolicy: 'IfNotPresent', command: ['sleep', '1000'] }];
    return this.client.create(pods, {
      metadata: { name, namespace: 'default' },
      spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 1, containers, ...spec },
    });
  }

  /** A pod that runs a shell script to its end. */
  script(
    name: string,
    script: string,
    more: Partial<NonNullable<Pod['spec']>['containers'][number]> = {},
    spec: Partial<NonNullable<Pod['spec']>> = {},
  ): Promise<DeepReadonly<Pod>> {
    const container = {
      name: 'main',
      image: busybox,
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', script],
      ...more,
    };
    return this.create(name, { restartPolicy: 'Never', containers: [container], ...spec });
  }

  get(name: string): Promise<DeepReadonly<Pod>> {
    return this.client.get(pods, { namespace: 'default', name });
  }

  async delete(name: string, gracePeriodSeconds?: number): Promise<void> {
    await this.client
      .delete(pods, { namespace: 'default', name }, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })
      .catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
  }

  async pod(name: string, what: (pod: DeepReadonly<Pod>) => boolean, limitMs = 20_000): Promise<DeepReadonly<Pod>> {
    let last: DeepReadonly<Pod> | undefined;
    const there = async (): Promise<boolean> => what((last = await this.get(name)));
    await this.until(`pod ${name}`, there, limitMs).catch(async (error: unknown) => {
      assert.fail(
        `${String(error)}: ${JSON.stringify(last?.status, undefined, 1)} ${(await this.events(name)).join('\n')}`,
      );
    });
    return last as DeepReadonly<Pod>;
  }

  async gone(name: string): Promise<void> {
    await this.until(`pod ${name} to go`, () =>
      this.get(name).then(
        () => false,
        (error: unknown) => isApiError(error, 'NotFound'),
      ),
    );
  }

  async until(what: string, there: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!(await there())) {
      if (Date.now() > end) assert.fail(`waited ${limitMs} ms in vain for ${what}`);
      await delay(10);
    }
  }

  async events(name: string): Promise<string[]> {
    const { items } = await this.client.list(events, { namespace: 'default' });
    return items
      .filter(({ involvedObject }) => involvedObject?.name === name)
      .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }

  /** What the container's only run has logged, once it has ended. */
  async output(name: string): Promise<string> {
    const pod = await this.pod(name, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
    const bytes = await this.kubelet.world.host.logs.read(
      join(this.containerd.logDir, `default_${name}_${pod.metadata.uid}`, 'main/0.log'),
      0,
      100_000,
    );
    return new TextDecoder().decode(bytes).replace(/^\S+ std(out|err) [FP] /gm, '');
  }
}

export const isReady = ({ status }: DeepReadonly<Pod>): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;
