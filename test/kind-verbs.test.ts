/** Kinds over real HTTP: each is created, read, listed as a table, changed in every way, watched and deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../src/api/mod.ts';
import { startApiServer, startCluster } from '../src/main/testing.ts';
import { goThrough, succeeds, withHttp, type Case } from './kind-walk.ts';
import type { RawAnswer } from './raw-http.ts';

const storage = '/apis/storage.k8s.io/v1';
const networking = '/apis/networking.k8s.io/v1';
const inDefault = (prefix: string, plural: string): string => `${prefix}/namespaces/default/${plural}`;

const cases: Readonly<Record<string, Case>> = {
  PersistentVolume: {
    path: '/api/v1/persistentvolumes',
    object: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } } },
    status: { phase: 'Available' },
    columns:
      'Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age,VolumeMode',
    cells: ['a', '1Gi', 'RWO', 'Retain', 'Pending', '', '', '<unset>', '', 'Filesystem'],
  },
  PersistentVolumeClaim: {
    path: inDefault('/api/v1', 'persistentvolumeclaims'),
    object: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    status: { phase: 'Lost' },
    columns: 'Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age,VolumeMode',
    cells: ['a', 'Pending', '', '', '', '', '<unset>', 'Filesystem'],
  },
  ResourceQuota: {
    path: inDefault('/api/v1', 'resourcequotas'),
    object: { spec: { hard: { pods: '10' } } },
    status: { hard: { pods: '10' }, used: { pods: '0' } },
    columns: 'Name,Request,Limit,Age',
    cells: ['a', '', ''],
  },
  LimitRange: {
    path: inDefault('/api/v1', 'limitranges'),
    object: { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } },
    columns: 'Name,Created At',
    cells: ['a'],
  },
  StorageClass: {
    path: `${storage}/storageclasses`,
    object: { provisioner: 'example.com/p' },
    columns: 'Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age',
    cells: ['a', 'example.com/p', 'Delete', 'Immediate', false],
  },
  VolumeAttachment: {
    path: `${storage}/volumeattachments`,
    object: { spec: { attacher: 'example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
    status: { attached: true },
    columns: 'Name,Attacher,PV,Node,Attached,Age',
    cells: ['a', 'example.com', 'pv', 'n', false],
  },
  CSIDriver: {
    path: `${storage}/csidrivers`,
    object: { spec: {} },
    columns: 'Name,AttachRequired,PodInfoOnMount,StorageCapacity,TokenRequests,RequiresRepublish,Modes,Age',
    cells: ['a', true, false, false, '<unset>', false, 'Persistent'],
    generation: 1,
  },
  CSINode: {
    path: `${storage}/csinodes`,
    object: { spec: { drivers: [{ name: 'example.com', nodeID: 'n' }] } },
    columns: 'Name,Drivers,Age',
    cells: ['a', 1],
  },
  CSIStorageCapacity: {
    path: inDefault(storage, 'csistoragecapacities'),
    object: { storageClassName: 'fast', capacity: '1Gi' },
    columns: 'Name,StorageClassName,Capacity',
    cells: ['a', 'fast', '1Gi'],
  },
  VolumeAttributesClass: {
    path: `${storage}/volumeattributesclasses`,
    object: { driverName: 'example.com', parameters: { iops: '1' } },
    columns: 'Name,DriverName,Age',
    cells: ['a', 'example.com'],
  },
  Ingress: {
    path: inDefault(networking, 'ingresses'),
    object: { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
    columns: 'Name,Class,Hosts,Address,Ports,Age',
    cells: ['a', '<none>', '*', '', '80'],
    generation: 1,
  },
  IngressClass: {
    path: `${networking}/ingressclasses`,
    object: { spec: { controller: 'example.com/c' } },
    columns: 'Name,Controller,Parameters,Age',
    cells: ['a', 'example.com/c', '<none>'],
    generation: 1,
  },
  NetworkPolicy: {
    path: inDefault(networking, 'networkpolicies'),
    object: { spec: { podSelector: {} } },
    columns: 'Name,Pod-Selector,Age',
    cells: ['a', '<none>'],
    generation: 1,
  },
  ServiceCIDR: {
    path: `${networking}/servicecidrs`,
    object: { spec: { cidrs: ['10.77.0.0/24'] } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
    columns: 'Name,CIDRs,Age',
    cells: ['a', '10.77.0.0/24'],
  },
  RuntimeClass: {
    path: '/apis/node.k8s.io/v1/runtimeclasses',
    object: { handler: 'runc' },
    columns: 'Name,Handler,Age',
    cells: ['a', 'runc'],
  },
};

test('storage, network and quota kinds do all that a kind can do', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    await Promise.all(Object.entries(cases).map(([kind, given]) => goThrough(http, kind, given)));
  });
});

test('the health of the control plane is looked at when it is asked for, and said to be deprecated', async () => {
  const path = '/api/v1/componentstatuses';
  const healthOf = ({ text }: RawAnswer): unknown[] =>
    (JSON.parse(text) as { items: { metadata: { name: string }; conditions: unknown[] }[] }).items.map(
      ({ metadata, conditions }) => [metadata.name, conditions],
    );
  const well = [{ type: 'Healthy', status: 'True', message: 'ok' }];
  const not = (name: string): unknown[] => [
    { type: 'Healthy', status: 'False', message: `lease kube-system/${name} is not held` },
  ];
  await using alone = await startApiServer({ https: true });
  await withHttp(alone, async (http) => {
    const listed = await http.send({ path });
    assert.deepEqual(healthOf(listed), [
      ['scheduler', not('kube-scheduler')],
      ['controller-manager', not('kube-controller-manager')],
      ['etcd-0', well],
    ]);
    assert.equal(listed.headers['warning'], '299 - "v1 ComponentStatus is deprecated in v1.19+"');
    const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
    const table = await succeeds(http.send({ path: `${path}/etcd-0`, headers: { accept } }));
    assert.deepEqual(table.rows[0]?.cells, ['etcd-0', 'Healthy', 'ok', '']);
    const unknown = await http.send({ path: `${path}/nobody` });
    assert.deepEqual(
      [unknown.status, JSON.parse(unknown.text)],
      [
        500,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'Component not found: nobody',
          code: 500,
        },
      ],
    );
    assert.equal((await http.send({ method: 'DELETE', path: `${path}/etcd-0` })).status, 405);
  });
  await using whole = await startCluster({ https: true, nodes: 0 });
  await withHttp(whole, async (http) => {
    const listed = await http.send({ path: `${path}?fieldSelector=metadata.name=scheduler` });
    assert.deepEqual(healthOf(listed), [['scheduler', well]]);
    const read = await http.send({ path: '/api/v1/namespaces/default/endpoints' });
    assert.equal(
      read.headers['warning'],
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    );
  });
});

test('a pod is bound by the old address, gets a container for debugging, and another size', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const path = '/api/v1/namespaces/default/pods';
    const json = { 'content-type': 'application/json' };
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    const resources = { requests: { cpu: '100m' } };
    const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'a', image: 'a', resources }] } };
    await succeeds(http.send({ method: 'POST', path, headers: json, body: JSON.stringify(pod) }), 201);
    const target = { metadata: { name: 'web', namespace: 'default' }, target: { kind: 'Node', name: 'n1' } };
    const bindings = '/api/v1/namespaces/default/bindings';
    const bound = await succeeds(
      http.send({ method: 'POST', path: bindings, headers: json, body: JSON.stringify(target) }),
      201,
    );
    assert.deepEqual(bound, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    const change = async (part: string, spec: object): Promise<Pod> => {
      const body = JSON.stringify({ metadata: { labels: { ignored: 'y' } }, spec });
      await succeeds(http.send({ method: 'PATCH', path: `${path}/web/${part}`, headers: strategic, body }));
      const { text } = await http.send({ path: `${path}/web/${part}` });
      return JSON.parse(text) as Pod;
    };
    const debugged = await change('ephemeralcontainers', {
      ephemeralContainers: [{ name: 'd', image: 'd' }],
      containers: [{ name: 'a', image: 'ignored' }],
    });
    assert.deepEqual(
      [debugged.spec?.ephemeralContainers?.map(({ name }) => name), debugged.spec?.containers[0]?.image],
      [['d'], 'a'],
    );
    const larger = { containers: [{ name: 'a', image: 'ignored', resources: { requests: { cpu: '200m' } } }] };
    const resized = await change('resize', larger);
    const [container] = resized.spec?.containers ?? [];
    assert.deepEqual(
      [container?.resources, container?.image, resized.spec?.nodeName, resized.metadata.labels],
      [{ requests: { cpu: '200m' } }, 'a', 'n1', undefined],
    );
    assert.equal(resized.metadata.generation, (debugged.metadata.generation ?? 0) + 1);
    const smaller = { ...resized, spec: { ...resized.spec, containers: [{ ...container, resources: {} }] } };
    const refused = await http.send({
      method: 'PUT',
      path: `${path}/web/resize`,
      headers: json,
      body: JSON.stringify(smaller),
    });
    assert.match(refused.text, /Pod QOS Class may not change as a result of resizing/);
    assert.match(
      refused.text,
      /spec.containers\[0\].resources.requests: Forbidden: resource requests cannot be removed/,
    );
  });
});
