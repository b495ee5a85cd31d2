/** The life of our containerd around its pods: crashes, re-use, mirrors, archives, and that nothing is left in the end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findContainerd, startContainerd, superviseContainerd } from '../../src/host/containerd/daemon.ts';
import { cgroupSetup, installPackages, missingPackages } from '../../src/host/containerd/environment.ts';
import { removeContainerd } from '../../src/host/containerd/removal.ts';
import { openImageArchive } from '../../src/host/images/archive.ts';
import { storeImage } from '../../src/host/images/content-store.ts';
import { hostArchitecture } from '../../src/host/images/oci.ts';
import type { ContainerRuntime } from '../../src/kubelet/ports.ts';
import { buildImageArchive } from '../../tools/images/build.ts';
import { startRegistry } from '../../tools/images/registry.ts';
import { testContainerd, type TestContainerd } from './containerd.ts';

const busybox = 'docker.io/library/busybox:latest';

interface RunningPod {
  readonly sandboxId: string;
  readonly containerId: string;
}

async function runPod(containerd: TestContainerd, name: string, image = busybox): Promise<RunningPod> {
  const { runtime, logDir, options } = containerd;
  const sandboxConfig = {
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    hostname: name,
    logDirectory: logDir,
    linux: { cgroupParent: `${options.cgroupParent}/pod-${name}` },
    portMappings: [{ protocol: 'TCP' as const, containerPort: 80, hostPort: name === 'published' ? 45_123 : 0 }],
  };
  const podSandboxId = await runtime.runPodSandbox({ config: sandboxConfig });
  const config = {
    metadata: { name: 'main', attempt: 0 },
    image: { image },
    command: ['sh', '-c', 'sleep 100000 & echo $$; wait'],
    logPath: `${name}.log`,
    linux: { resources: { memoryLimitInBytes: 32 * 1024 * 1024, cpuShares: 128 } },
  };
  const containerId = await runtime.createContainer({ podSandboxId, config, sandboxConfig });
  await runtime.startContainer(containerId);
  return { sandboxId: podSandboxId, containerId };
}

async function text(runtime: ContainerRuntime, id: string, ...command: string[]): Promise<string> {
  const { stdout } = await runtime.execSync(id, command, 10);
  return new TextDecoder().decode(stdout).trim();
}

function kill(pid: number | undefined): void {
  assert.ok(pid !== undefined && pid > 1);
  process.kill(pid, 'SIGKILL');
}

const shimSocketsBefore = new Set(await readdir('/run/containerd/s').catch(() => []));

/** Shims of all containerds listen in one folder, under names that say nothing. */
function isListening(path: string): boolean {
  return readFileSync('/proc/net/unix', 'utf8').includes(path);
}

/** What on this machine carries the name of a test's containerd. */
async function traces(containerd: TestContainerd): Promise<string[]> {
  const { options, layout } = containerd;
  const marks = [options.dataDir, options.runDir, options.cgroupParent, options.cniNetwork, ...options.bridges];
  const found: string[] = [];
  const look = (what: string, content: string): void => {
    for (const line of content.split('\n')) {
      if (marks.some((mark) => line.includes(mark))) found.push(`${what}: ${line.replaceAll('\0', ' ').slice(0, 200)}`);
    }
  };
  look('mount', readFileSync('/proc/self/mountinfo', 'utf8'));
  look('link', execFileSync('ip', ['-o', 'link']).toString());
  const rules = execFileSync('iptables-save').toString();
  look('rules', rules);
  // Shared with other clusters: left over only if nothing hangs on it.
  if (rules.includes(':CNI-HOSTPORT-DNAT') && !rules.includes('-A CNI-HOSTPORT-DNAT')) found.push('CNI-HOSTPORT-DNAT');
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const alive = await readlink(`/proc/${pid}/exe`).catch(() => undefined);
    if (alive === undefined) continue;
    for (const file of ['cmdline', 'cgroup']) {
      try {
        look(`process ${pid}`, readFileSync(`/proc/${pid}/${file}`, 'utf8'));
      } catch {
        // It has ended since.
      }
    }
  }
  const { mounts } = await cgroupSetup();
  for (const path of [...mounts.map((mount) => join(mount, options.cgroupParent)), layout.dataDir, layout.runDir]) {
    if (existsSync(path)) found.push(path);
  }
  for (const name of await readdir('/run/containerd/s').catch(() => [])) {
    if (!shimSocketsBefore.has(name) && !isListening(join('/run/containerd/s', name))) found.push(`socket ${name}`);
  }
  for (const folder of ['/var/lib/cni/results', '/var/lib/cni/networks', '/run/netns']) {
    for (const name of await readdir(folder).catch(() => [])) look(folder, name);
  }
  return found;
}

test('containerd is used again, and containers outlive its crash and its replacement', async () => {
  await using containerd = await testContainerd();
  await containerd.load('busybox');
  const { runtime, layout, options } = containerd;
  const { containerId } = await runPod(containerd, 'survivor');
  const startedAt = await text(runtime, containerId, 'stat', '-c', '%Y', '/proc/1');
  const again = await startContainerd(options);
  assert.equal(again.started, false);

  let resyncs = 0;
  using _events = runtime.events(({ type }) => {
    if (type === 'Resync') resyncs++;
  });
  kill(await findContainerd(layout));
  await assert.rejects(runtime.version({ timeoutMs: 1000 }), { code: 'Unavailable' });
  const after = await startContainerd(options);
  assert.equal(after.started, true);
  assert.equal((await answered(() => runtime.containerStatus(containerId))).state, 'CONTAINER_RUNNING');
  assert.equal(await text(runtime, containerId, 'stat', '-c', '%Y', '/proc/1'), startedAt);

  const mirrors = [{ registry: 'example.test:5000', endpoints: ['http://127.0.0.1:1'] }];
  const replaced = await startContainerd({
    ...options,
    sandboxImage: 'localhost/other/pause:1',
    registryMirrors: mirrors,
  });
  assert.notEqual(replaced.pid, after.pid);
  assert.equal((await answered(() => runtime.containerStatus(containerId))).state, 'CONTAINER_RUNNING');
  assert.match(readFileSync(join(layout.registryDir, 'example.test_5000_', 'hosts.toml'), 'utf8'), /127\.0\.0\.1:1/);

  await using _supervisor = superviseContainerd(options);
  kill(replaced.pid);
  const resyncsBefore = resyncs;
  await answered(() => runtime.containerStatus(containerId));
  assert.notEqual(await findContainerd(layout), replaced.pid);
  await answered(() => (resyncs > resyncsBefore ? Promise.resolve() : Promise.reject(new assert.AssertionError({}))));
});

/** A client finds the new connection by itself, a moment later. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 400) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('nothing is left after a removal', async () => {
  const containerd = await testContainerd();
  try {
    await containerd.load('busybox');
    await Promise.all(['a', 'b', 'published'].map((name) => runPod(containerd, name)));
    const before = (await traces(containerd)).join('\n');
    for (const kind of ['mount:', 'link:', 'rules:', 'process', 'cgroup']) assert.match(before, new RegExp(kind));
  } finally {
    await containerd[Symbol.asyncDispose]();
  }
  assert.deepEqual(await traces(containerd), []);
});

test('nothing is left after a removal when containerd, a shim and a pod had been killed', async () => {
  const containerd = await testContainerd();
  try {
    await containerd.load('busybox');
    const [pod] = await Promise.all(['published', 'b'].map((name) => runPod(containerd, name)));
    const shims = execFileSync('pgrep', ['-f', `containerd-shim.*-address ${containerd.layout.socket}`]);
    kill(Number(shims.toString().split('\n')[0]));
    kill(await findContainerd(containerd.layout));
    assert.ok(pod);
  } finally {
    await containerd[Symbol.asyncDispose]();
  }
  assert.deepEqual(await traces(containerd), []);
});

test('a removal may keep the images', async () => {
  await using containerd = await testContainerd();
  await containerd.load('busybox');
  const { runtime, options, layout } = containerd;
  await runPod(containerd, 'gone');
  await removeContainerd({ ...options, removeData: false });
  assert.equal(existsSync(layout.runDir), false);
  await startContainerd(options);
  assert.ok(await answered(() => runtime.imageStatus(busybox)));
  assert.deepEqual(await runtime.listPodSandboxes(), []);
  assert.deepEqual(await runtime.listContainers(), []);
});

test('images come from a mirror, whatever registry they name', async () => {
  await using registry = await startRegistry();
  await registry.push('busybox');
  await using containerd = await testContainerd({
    registryMirrors: [{ registry: '_default', endpoints: [registry.url] }],
  });
  const { runtime } = containerd;
  for (const image of [
    'busybox',
    'busybox:1.30',
    '198.51.100.7:5000/library/busybox:1.30',
    'example.test/library/busybox',
  ]) {
    const reference = await runtime.pullImage({ image: { image } });
    assert.equal((await runtime.imageStatus(image))?.id, reference);
  }
  const { containerId } = await runPod(containerd, 'pulled', '198.51.100.7:5000/library/busybox:1.30');
  assert.equal(await text(runtime, containerId, 'hostname'), 'pulled');
});

test('archives in the formats of docker are loaded', async () => {
  await using containerd = await testContainerd();
  const { runtime, layout } = containerd;
  const folder = await mkdtemp(join(tmpdir(), 'docker-archive-'));
  try {
    const sh = (script: string, ...args: string[]): void => {
      execFileSync('sh', ['-ec', script, 'sh', ...args], { cwd: folder });
    };
    sh('mkdir oci && tar -xf "$1" -C oci', await buildImageArchive('busybox'));
    const blobs = join(folder, 'oci/blobs/sha256');
    const blob = (digest: string): string => join(blobs, digest.slice('sha256:'.length));
    const parse = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
    const index = parse(join(folder, 'oci/index.json')) as { manifests: { digest: string }[] };
    const manifest = parse(blob(index.manifests[0]?.digest ?? '')) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    const config = `${manifest.config.digest.slice('sha256:'.length)}.json`;
    sh(
      'mkdir d1 d1/layer d2 && cp "$1" "d1/$3" && cp "$1" "d2/$3" && cp "$2" d1/layer/layer.tar && gzip -nc < "$2" > d2/l.tar',
      blob(manifest.config.digest),
      blob(manifest.layers[0]?.digest ?? ''),
      config,
    );
    sh('cd d1 && mkdir other && ln -s ../layer/layer.tar other/layer.tar');
    const write = (name: string, RepoTags: string[], layer: string): Promise<void> =>
      writeFile(join(folder, name, 'manifest.json'), JSON.stringify([{ Config: config, RepoTags, Layers: [layer] }]));
    await write('d1', ['plain:1'], 'other/layer.tar');
    await write('d2', ['example.test/zipped:1', 'zipped:2'], 'l.tar');
    sh('for d in d1 d2; do tar -cf $d.tar -C $d .; done');
    const isKnown = async (name: string): Promise<boolean> => (await runtime.imageStatus(name)) !== undefined;
    for (const file of ['d1.tar', 'd2.tar']) {
      await using archive = await openImageArchive(join(folder, file), hostArchitecture());
      for (const image of archive.images) await storeImage(image, { endpoint: layout.endpoint, isKnown });
    }
    for (const [i, image] of ['plain:1', 'example.test/zipped:1', 'zipped:2'].entries()) {
      assert.ok(await runtime.imageStatus(image), image);
      const { containerId } = await runPod(containerd, `p${i}`, image);
      assert.equal(await text(runtime, containerId, 'echo', 'yes'), 'yes');
    }
    await writeFile(join(folder, 'bad.tar'), 'no archive'.repeat(100));
    for (const file of ['bad.tar', 'oci/index.json']) {
      await assert.rejects(openImageArchive(join(folder, file), hostArchitecture()), { code: 'BadArchive' });
    }
    await assert.rejects(openImageArchive(join(folder, 'none.tar'), hostArchitecture()), { code: 'NotFound' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('this machine has what pods need, and installing what is there changes nothing', async () => {
  assert.deepEqual(await missingPackages(), []);
  await installPackages(['runc']);
});
