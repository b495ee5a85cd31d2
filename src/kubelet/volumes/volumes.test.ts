/** What each kind of volume puts where, on the simulated machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Pod, Secret, Volume } from '../../api/mod.ts';
import { VirtualClock } from '../../base/mod.ts';
import { simulatedHost } from '../simulated/host.ts';
import { SimulatedRuntime } from '../simulated/runtime.ts';
import type { PodFiles, VolumeFile } from '../ports.ts';
import { pluginFor } from './all.ts';
import { configMapFiles, downwardFiles, merged, secretFiles } from './payload.ts';
import type { MountedVolume, VolumeWorld } from './plugin.ts';

const clock = new VirtualClock({ rest: () => Promise.resolve() });
const pod: Pod = {
  metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { b: '2', a: '1' } },
  spec: { containers: [{ name: 'c', resources: { limits: { memory: '64Mi' } } }], securityContext: { fsGroup: 7 } },
};
const map: ConfigMap = { metadata: {}, data: { one: '1', two: '2' }, binaryData: { raw: btoa('\u0000\u0001') } };
const secret: Secret = { metadata: {}, data: { key: btoa('s') } };

/** Remembers how files were written, which the simulated disk does not. */
interface Written {
  readonly directory: string;
  readonly files: readonly VolumeFile[];
  readonly gid: number | undefined;
}

async function setUp(
  volume: Omit<Volume, 'name'>,
  given: Partial<VolumeWorld> = {},
): Promise<{ mounted: MountedVolume; written: Written[]; calls: string[]; files: PodFiles }> {
  const runtime = new SimulatedRuntime({ clock, nodeName: 'n' });
  const { files: disk } = simulatedHost({ runtime, clock, nodeName: 'n', nodeIP: '192.0.2.1' });
  const written: Written[] = [];
  const calls: string[] = [];
  const files: PodFiles = {
    ...disk,
    writeVolume: (directory, list, gid) => (
      written.push({ directory, files: list, gid }),
      disk.writeVolume(directory, list, gid)
    ),
    mountTmpfs: (path, options) => (calls.push(`tmpfs ${options.sizeBytes ?? ''}`), disk.mountTmpfs(path, options)),
    shareWithGroup: async (_path, gid) => void calls.push(`group ${gid}`),
  };
  const world: VolumeWorld = {
    files,
    configMap: async (_, name) => (name === 'map' ? map : undefined),
    secret: async (_, name) => (name === 'secret' ? secret : undefined),
    token: async (_, { audiences, expirationSeconds }) => ({
      token: `t-${audiences.join()}-${expirationSeconds}`,
      renewAtMs: 99,
    }),
    addresses: { podIPs: ['10.0.0.1'], hostIPs: [] },
    allocatable: {},
    ...given,
  };
  const full = { name: 'v', ...volume };
  const plugin = pluginFor(full);
  assert.ok(plugin, 'no plugin');
  return { mounted: await plugin.setUp({ pod, volume: full, directory: '/v' }, world), written, calls, files };
}

const text = (files: readonly VolumeFile[]): Record<string, string> =>
  Object.fromEntries(files.map(({ path, content }) => [path, new TextDecoder().decode(content)]));

test('keys become files, all of them or those that are named', () => {
  assert.deepEqual(text(configMapFiles(map, { defaultMode: 0o644 })), { one: '1', two: '2', raw: '\u0000\u0001' });
  const some = configMapFiles(map, { items: [{ key: 'one', path: 'd/x', mode: 0o400 }], defaultMode: 0o644 });
  assert.deepEqual([text(some), some[0]?.mode], [{ 'd/x': '1' }, 0o400]);
  assert.throws(() => configMapFiles(map, { items: [{ key: 'no', path: 'x' }], defaultMode: 0o644 }), {
    message: 'configmap references non-existent config key: no',
  });
  assert.throws(() => secretFiles(secret, { items: [{ key: 'no', path: 'x' }], defaultMode: 0o644 }), {
    message: 'secret references non-existent secret key: no',
  });
  assert.deepEqual(secretFiles(secret, { items: [{ key: 'no', path: 'x' }], optional: true, defaultMode: 0o644 }), []);
});

test('fields of the pod become files', () => {
  const items = [
    { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
    { path: 'memory', resourceFieldRef: { containerName: 'c', resource: 'limits.memory', divisor: '1Mi' } },
  ];
  assert.deepEqual(
    text(downwardFiles(items, { pod, addresses: { podIPs: [], hostIPs: [] }, allocatable: {}, defaultMode: 0o644 })),
    { labels: 'a="1"\nb="2"', memory: '64' },
  );
});

test('no path leads out of a volume, and the last of two wins', () => {
  const file = (path: string, content: string): VolumeFile => ({
    path,
    content: new TextEncoder().encode(content),
    mode: 0o644,
  });
  assert.deepEqual(text(merged([file('a', '1'), file('./b//c', '2'), file('a', '3')])), { a: '3', 'b/c': '2' });
  for (const path of ['../x', 'a/../../x', '', '..data'])
    assert.throws(() => merged([file(path, '')]), { code: 'InvalidVolume' }, path);
});

test('emptyDir is a directory for all, in memory with a limit', async () => {
  assert.deepEqual((await setUp({ emptyDir: {} })).calls, ['group 7']);
  const { calls, mounted } = await setUp({ emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } });
  assert.deepEqual([calls, mounted], [['tmpfs 1048576', 'group 7'], { path: '/v' }]);
});

test('configMap and secret must be there unless they are optional', async () => {
  const { written, mounted } = await setUp({ configMap: { name: 'map', defaultMode: 0o600 } });
  assert.deepEqual([written[0]?.gid, written[0]?.files[0]?.mode, mounted.path], [7, 0o600, '/v']);
  await assert.rejects(setUp({ configMap: { name: 'none' } }), { message: 'configmap "none" not found' });
  await assert.rejects(setUp({ secret: { secretName: 'none' } }), { message: 'secret "none" not found' });
  assert.deepEqual((await setUp({ secret: { secretName: 'none', optional: true } })).written[0]?.files, []);
  assert.deepEqual(text((await setUp({ secret: { secretName: 'secret' } })).written[0]?.files ?? []), { key: 's' });
  assert.equal(pluginFor({ name: 'v', secret: {} })?.inMemory, true);
});

test('projected brings sources together, with a token that is renewed', async () => {
  const sources = [
    { configMap: { name: 'map', items: [{ key: 'one', path: 'ca' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } },
  ];
  const { written, mounted } = await setUp({ projected: { sources } });
  assert.deepEqual(text(written[0]?.files ?? []), { ca: '1', namespace: 'shop', token: 't-vault-600' });
  assert.deepEqual([mounted.renewAtMs, written[0]?.files.find(({ path }) => path === 'token')?.mode], [99, 0o640]);
  assert.deepEqual(
    pluginFor({ name: 'v', projected: { sources } })?.references?.({ name: 'v', projected: { sources } }),
    [{ kind: 'ConfigMap', name: 'map' }],
  );
});

test('hostPath is what its type says, or made so', async () => {
  const { mounted, files } = await setUp({ hostPath: { path: '/data/x', type: 'DirectoryOrCreate' } });
  assert.deepEqual([mounted.path, await files.typeOf('/data/x')], ['/data/x', 'directory']);
  assert.equal(await (await setUp({ hostPath: { path: '/f', type: 'FileOrCreate' } })).files.typeOf('/f'), 'file');
  assert.deepEqual((await setUp({ hostPath: { path: '/any' } })).mounted, { path: '/any' });
  await assert.rejects(setUp({ hostPath: { path: '/none', type: 'Directory' } }), {
    message: 'hostPath type check failed: /none is not a directory',
  });
  await assert.rejects(setUp({ hostPath: { path: '/none', type: 'Socket' } }), {
    message: 'hostPath type check failed: /none is not a socket file',
  });
});

test('a volume that nobody knows has no plugin', () => {
  assert.equal(pluginFor({ name: 'v', nfs: { server: 's', path: '/' } }), undefined);
});
