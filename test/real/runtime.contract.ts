/**
 * What a kubelet relies on in a container runtime, as one suite. It is run against containerd and against the simulated
 * runtime. What a container does is asked of the harness, because only a real one has a shell.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type {
  ContainerConfig,
  ContainerRuntime,
  ContainerStatus,
  PodSandboxConfig,
  RuntimeEvent,
} from '../../src/kubelet/ports.ts';

type Behaviour = Pick<ContainerConfig, 'image' | 'command'>;

export interface RuntimeHarness {
  readonly runtime: ContainerRuntime;
  /** Sandboxes get these on top: cgroup parent, log folder. */
  readonly sandbox: Partial<PodSandboxConfig>;
  /** Lives until it is told to stop, and then exits with 0 at once. */
  readonly forever: Behaviour;
  /** Lives on when it is told to stop. */
  readonly stubborn: Behaviour;
  /** Writes a line to its standard output and exits. */
  exiting(code: number, line: string): Behaviour;
  /** A command for `execSync` that writes to both outputs and exits; and one that does not end. */
  readonly commands: {
    printing(stdout: string, stderr: string, code: number): readonly string[];
    readonly endless: readonly string[];
  };
  readonly missingImage: string;
  /** Lets time go by, the runtime's own. */
  pass(ms: number): Promise<void>;
  /** The lines a container has logged so far, as the log file has them. */
  log(status: ContainerStatus): Promise<readonly string[]>;
}

const waitMs = 20_000;
const pauseMs = 10;

type At = (title: string, body: (harness: RuntimeHarness) => Promise<void>) => void;

export function runtimeContract(name: string, harness: () => RuntimeHarness): void {
  const at: At = (title, body) => {
    test(`${name}: ${title}`, () => body(harness()));
  };
  for (const part of [sandboxes, containerLife, containerLists, commandsAndEvents, imagesAndUse]) part(at);
}

function sandboxes(at: At): void {
  at('says what it is and that it is ready', async ({ runtime }) => {
    const { runtimeName, runtimeApiVersion } = await runtime.version();
    assert.notEqual(runtimeName, '');
    assert.match(runtimeApiVersion, /^v?(1|0\.1)/);
    const { conditions } = await runtime.status();
    const ready = conditions.filter(({ status }) => status).map(({ type }) => type);
    assert.deepEqual(ready.toSorted(), ['NetworkReady', 'RuntimeReady']);
  });

  at('runs a sandbox with an address and forgets it when it is removed', async (h) => {
    const { runtime } = h;
    const config = sandboxConfig(h, { labels: { app: 'a' }, annotations: { note: 'ä' } });
    const id = await runtime.runPodSandbox({ config });
    const status = await runtime.podSandboxStatus(id);
    assert.equal(status.state, 'SANDBOX_READY');
    assert.deepEqual(status.metadata, config.metadata);
    assert.deepEqual({ ...status.labels }, { app: 'a' });
    assert.deepEqual({ ...status.annotations }, { note: 'ä' });
    assert.match(status.ips[0] ?? '', /^\d+\.\d+\.\d+\.\d+$|:/);
    assert.ok(status.createdAtMs > 0);
    const uid = { [podUid]: config.metadata.uid };
    assert.deepEqual(await listed(runtime, { id }), [id]);
    assert.deepEqual(await listed(runtime, { state: 'SANDBOX_READY', labelSelector: { app: 'a' }, id }), [id]);
    assert.deepEqual(await listed(runtime, { labelSelector: uid }), []);
    await runtime.stopPodSandbox(id);
    await runtime.stopPodSandbox(id);
    assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_NOTREADY');
    await runtime.removePodSandbox(id);
    await runtime.removePodSandbox(id);
    await assert.rejects(runtime.podSandboxStatus(id), { code: 'NotFound' });
    assert.deepEqual(await listed(runtime, { id }), []);
  });
}

function containerLife(at: At): void {
  at('takes a container from created over running to exited', async (h) => {
    await using pod = await startPod(h);
    const { runtime } = h;
    const id = await create(h, pod, 'main', h.forever);
    const created = await runtime.containerStatus(id);
    assert.equal(created.state, 'CONTAINER_CREATED');
    assert.equal(created.startedAtMs, 0);
    await runtime.startContainer(id);
    const running = await runtime.containerStatus(id);
    assert.equal(running.state, 'CONTAINER_RUNNING');
    assert.ok(running.startedAtMs >= running.createdAtMs);
    assert.equal(running.finishedAtMs, 0);
    assert.deepEqual(running.metadata, { name: 'main', attempt: 0 });
    await runtime.stopContainer(id, 10);
    const exited = await runtime.containerStatus(id);
    assert.deepEqual([exited.state, exited.exitCode, exited.reason], ['CONTAINER_EXITED', 0, 'Completed']);
    assert.ok(exited.finishedAtMs >= exited.startedAtMs);
    await runtime.stopContainer(id, 10);
    await runtime.removeContainer(id);
    await runtime.removeContainer(id);
    await assert.rejects(runtime.containerStatus(id), { code: 'NotFound' });
  });

  at('reports how a container ended and what it logged', async (h) => {
    await using pod = await startPod(h);
    const id = await create(h, pod, 'main', h.exiting(3, 'a line'));
    await h.runtime.startContainer(id);
    const status = await until(
      h,
      () => h.runtime.containerStatus(id),
      ({ state }) => state === 'CONTAINER_EXITED',
    );
    assert.deepEqual([status.exitCode, status.reason], [3, 'Error']);
    const lines = await until(
      h,
      () => h.log(status),
      (found) => found.length > 0,
    );
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) stdout F a line$/);
  });

  at('kills what does not stop in its grace', async (h) => {
    await using pod = await startPod(h);
    const id = await create(h, pod, 'main', h.stubborn);
    await h.runtime.startContainer(id);
    await h.runtime.stopContainer(id, 1);
    assert.equal((await h.runtime.containerStatus(id)).exitCode, 137);
  });
}

function containerLists(at: At): void {
  at('lists containers by sandbox, state and labels', async (h) => {
    await using pod = await startPod(h);
    const { runtime } = h;
    const first = await create(h, pod, 'first', { ...h.forever, labels: { role: 'x' } });
    const second = await create(h, pod, 'second', { ...h.forever, labels: { role: 'y' } });
    await runtime.startContainer(first);
    const ids = async (filter: Parameters<typeof runtime.listContainers>[0]): Promise<string[]> =>
      (await runtime.listContainers({ ...filter, podSandboxId: pod.id })).map(({ id }) => id).toSorted();
    assert.deepEqual(await ids({}), [first, second].toSorted());
    assert.deepEqual(await ids({ state: 'CONTAINER_RUNNING' }), [first]);
    assert.deepEqual(await ids({ state: 'CONTAINER_CREATED' }), [second]);
    assert.deepEqual(await ids({ labelSelector: { role: 'y' } }), [second]);
    assert.deepEqual(await ids({ id: first }), [first]);
  });

  at('stopping the sandbox ends its containers', async (h) => {
    await using pod = await startPod(h);
    const id = await create(h, pod, 'main', h.forever);
    await h.runtime.startContainer(id);
    await h.runtime.stopPodSandbox(pod.id);
    assert.equal((await h.runtime.containerStatus(id)).state, 'CONTAINER_EXITED');
    await assert.rejects(h.runtime.startContainer(id));
  });
}

function commandsAndEvents(at: At): void {
  at('runs a command in a container', async (h) => {
    await using pod = await startPod(h);
    const { runtime, commands } = h;
    const id = await create(h, pod, 'main', h.forever);
    await assert.rejects(runtime.execSync(id, commands.printing('', '', 0), 5));
    await runtime.startContainer(id);
    const result = await runtime.execSync(id, commands.printing('out', 'err', 4), 10);
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    assert.deepEqual([text(result.stdout), text(result.stderr), result.exitCode], ['out', 'err', 4]);
    await assert.rejects(runtime.execSync(id, commands.endless, 1), { code: 'DeadlineExceeded' });
    assert.equal((await runtime.containerStatus(id)).state, 'CONTAINER_RUNNING');
  });

  at('gives a place to stream to and from', async (h) => {
    await using pod = await startPod(h);
    const { runtime, commands } = h;
    const id = await create(h, pod, 'main', h.forever);
    await runtime.startContainer(id);
    const streams = { tty: false, stdin: false, stdout: true, stderr: true };
    const exec = await runtime.exec({ containerId: id, cmd: commands.printing('x', '', 0), ...streams });
    const attach = await runtime.attach({ containerId: id, ...streams });
    const forward = await runtime.portForward(pod.id, [80]);
    for (const endpoint of [exec, attach, forward]) {
      if (endpoint.kind === 'url') assert.match(endpoint.url, /^https?:\/\/\S+\/[\w-]+$/);
    }
  });

  at('tells of a container that starts and ends', async (h) => {
    const events: RuntimeEvent[] = [];
    using _watch = h.runtime.events((event) => events.push(event));
    await until(
      h,
      () => events,
      (seen) => seen.some(({ type }) => type === 'Resync'),
    );
    await using pod = await startPod(h);
    const id = await create(h, pod, 'main', h.exiting(0, 'done'));
    await h.runtime.startContainer(id);
    const of = (type: string): RuntimeEvent | undefined =>
      events.find((event) => event.type === type && 'id' in event && event.id === id);
    await until(
      h,
      () => of('Stopped'),
      (event) => event !== undefined,
    );
    assert.notEqual(of('Started'), undefined);
    assert.equal((await h.runtime.containerStatus(id)).state, 'CONTAINER_EXITED', 'the event came before the state');
    await h.runtime.stopPodSandbox(pod.id);
    await until(
      h,
      () => events,
      (seen) => seen.some((event) => event.type === 'Stopped' && event.id === pod.id),
    );
  });
}

function imagesAndUse(at: At): void {
  at('knows its images', async (h) => {
    const { runtime } = h;
    const name = h.forever.image.image;
    const image = await runtime.imageStatus(name);
    assert.ok(image);
    assert.ok(image.size > 0);
    assert.ok((await runtime.listImages()).some(({ id }) => id === image.id));
    assert.equal((await runtime.imageStatus(image.id))?.id, image.id);
    assert.equal(await runtime.imageStatus(h.missingImage), undefined);
    await runtime.removeImage(h.missingImage);
    await assert.rejects(runtime.pullImage({ image: { image: h.missingImage } }));
    await using pod = await startPod(h);
    await assert.rejects(create(h, pod, 'main', { image: { image: h.missingImage } }), { code: 'NotFound' });
    assert.ok((await runtime.imageFsInfo()).length > 0);
  });

  at('counts what a container uses', async (h) => {
    await using pod = await startPod(h);
    const id = await create(h, pod, 'main', h.forever);
    await h.runtime.startContainer(id);
    const stats = await until(
      h,
      () => h.runtime.containerStats(id),
      ({ cpu, memory }) => cpu?.usageCoreNanoSeconds !== undefined && memory?.workingSetBytes !== undefined,
    );
    assert.deepEqual([stats.id, stats.metadata.name], [id, 'main']);
    assert.ok((await h.runtime.listContainerStats({ podSandboxId: pod.id })).some((item) => item.id === id));
  });

  at('refuses what is not there with NotFound', async ({ runtime }) => {
    const id = 'f'.repeat(64);
    for (const call of [
      () => runtime.podSandboxStatus(id),
      () => runtime.containerStatus(id),
      () => runtime.startContainer(id),
      () => runtime.execSync(id, ['true'], 1),
    ]) {
      await assert.rejects(call, {
        name: 'HostError',
        code: 'NotFound',
        message: /^rpc error: code = NotFound desc = /,
      });
    }
    for (const call of [runtime.stopPodSandbox(id), runtime.removeContainer(id), runtime.stopContainer(id, 0)])
      await call;
  });

  at('ends a call when its signal aborts', async ({ runtime }) => {
    const signal = AbortSignal.abort();
    await assert.rejects(runtime.listContainers({}, { signal }), { code: 'Canceled' });
  });
}

const podUid = 'io.kubernetes.pod.uid';

interface Pod extends AsyncDisposable {
  readonly id: string;
  readonly config: PodSandboxConfig;
}

function sandboxConfig(h: RuntimeHarness, config: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  const uid = randomUUID();
  const metadata = { name: `pod-${uid.slice(0, 8)}`, namespace: 'default', uid, attempt: 0 };
  return { metadata, hostname: metadata.name, ...h.sandbox, ...config };
}

async function startPod(h: RuntimeHarness): Promise<Pod> {
  const config = sandboxConfig(h);
  const id = await h.runtime.runPodSandbox({ config });
  return {
    id,
    config,
    [Symbol.asyncDispose]: async () => {
      await h.runtime.stopPodSandbox(id);
      await h.runtime.removePodSandbox(id);
    },
  };
}

function create(
  h: RuntimeHarness,
  pod: Pod,
  name: string,
  behaviour: Behaviour & Partial<ContainerConfig>,
): Promise<string> {
  const logPath = `${pod.config.metadata.uid}-${name}.log`;
  const config = { metadata: { name, attempt: 0 }, logPath, ...behaviour };
  return h.runtime.createContainer({ podSandboxId: pod.id, config, sandboxConfig: pod.config });
}

async function listed(
  runtime: ContainerRuntime,
  filter: Parameters<ContainerRuntime['listPodSandboxes']>[0],
): Promise<string[]> {
  return (await runtime.listPodSandboxes(filter)).map(({ id }) => id);
}

/** Asks again, for a while, until the answer is right. */
async function until<T>(h: RuntimeHarness, ask: () => T | Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    assert.ok(waitedMs < waitMs, `still not so after ${waitMs} ms: ${JSON.stringify(answer)}`);
    await h.pass(pauseMs);
  }
}
