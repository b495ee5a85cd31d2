/**
 * What it costs to know who owns which fields, against what the whole write costs in this process (memory store, no HTTP):
 *
 *     node bench/managed-fields.ts [--pods 20000]
 *
 * The pod is that of a Deployment; the status update is the kubelet's when the pod has begun to run. Each figure is the best of
 * several rounds.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { pods, type Pod } from '../src/api/mod.ts';
import { bootstrap, composeServer, stamp } from '../src/apiserver/mod.ts';
import { silentLog, type DeepReadonly, type JsonObject } from '../src/base/mod.ts';
import { systemClock, systemRandom } from '../src/host/system.ts';
import {
  compileDecoder,
  excluding,
  fieldSet,
  mergeTypeOf,
  updateFields,
  type Facts,
  type FieldWrite,
  type KubeObject,
  usualConfig,
} from '../src/machinery/mod.ts';
import { defaultLimits, LocalStore } from '../src/store/mod.ts';

const { values: flags } = parseArgs({ options: { pods: { type: 'string', default: '20000' } } });
const count = Number(flags.pods);
const rounds = 5;
const schema = 'io.k8s.api.core.v1.Pod';
const allFacts: Facts = facts;
const decoder = compileDecoder(schema, allFacts);

function pod(i: number): Pod {
  const labels = { app: 'web', 'pod-template-hash': '6bbcd8854' };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `web-${i}`, namespace: 'default', labels, ownerReferences: [owner] },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'nginx:1',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          env: [{ name: 'A', value: 'b' }],
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    },
  };
}

function running(i: number): JsonObject {
  const at = '2026-01-01T00:00:00Z';
  const ip = `10.244.${i >> 8}.${i & 255}`;
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    phase: 'Running',
    conditions: types.map((type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: at })),
    hostIP: '10.0.0.1',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: at,
    containerStatuses: [{ name: 'web', ready: true, restartCount: 0, image: 'nginx:1', imageID: '', lastState: {} }],
  };
}

/** The best of several rounds, in microseconds for one. `prepare` makes a round's work, untimed. */
async function best<T>(
  prepare: (round: number) => readonly T[] | Promise<readonly T[]>,
  work: (item: T) => unknown,
): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const items = await prepare(round);
    const startedMs = performance.now();
    for (const item of items) await work(item);
    least = Math.min(least, ((performance.now() - startedMs) * 1000) / items.length);
  }
  return least;
}

const numbers = Array.from({ length: count }, (_, i) => i);
const store = await LocalStore.open({ clock: systemClock, limits: defaultLimits, stamp });
const api = composeServer(
  {
    store,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    facts: allFacts,
    config: usualConfig,
    tokens: {},
  },
  { posts: [], admission: { disabled: ['ServiceAccount'] } },
);
await bootstrap(api);
const client = api.client({ username: 'admin', groups: ['system:masters'] });

const names = (round: number): readonly Pod[] => numbers.map((i) => pod(round * count + i));
const wholeCreate = await best(names, (object) => client.create(pods, object));
const created = (await client.list(pods, { namespace: 'default' })).items.slice(0, count);
const wholeStatus = await best(
  async (round) =>
    (await client.list(pods, { namespace: 'default' })).items
      .slice(round * count, (round + 1) * count)
      .map((object, i) => ({ ...object, status: running(i) })),
  (object) => client.update(pods, object, { subresource: 'status', fieldManager: 'kubelet' }),
);

const type = mergeTypeOf(schema, allFacts);
const write: FieldWrite = {
  manager: 'kube-controller-manager',
  apiVersion: 'v1',
  subresource: '',
  now: systemClock.now(),
  without: excluding(fieldSet(['f:status'])),
  versions: { typeOf: () => type, convert: (object) => Promise.resolve(object) },
  empty: { apiVersion: 'v1', kind: 'Pod', ...decoder.decode({}).object },
};
const drafts = created.map(({ metadata: { managedFields: _, uid: _uid, ...metadata }, ...rest }) => ({
  ...rest,
  metadata,
}));
const fieldsOfCreate = await best(
  () => drafts,
  (draft) => updateFields(write.empty, draft, write),
);
const byKubelet = { ...write, manager: 'kubelet', subresource: 'status', without: excluding(fieldSet(['f:spec'])) };
const fieldsOfStatus = await best(
  () =>
    created.map((live, i) => ({
      live,
      next: { ...live, status: decoder.decode({ status: running(i) }).object['status'] },
    })),
  ({ live, next }) => updateFields(live, next as DeepReadonly<KubeObject>, byKubelet),
);

function line(what: string, fields: number, whole: number): void {
  const share = ((fields / whole) * 100).toFixed(0);
  console.log(`${what}: ${fields.toFixed(1)} µs of ${whole.toFixed(1)} µs for who owns what (${share} %)`);
}
line('create', fieldsOfCreate, wholeCreate);
line('status', fieldsOfStatus, wholeStatus);
