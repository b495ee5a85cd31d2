/** The images of the project's recipes do what those of the same names do in tutorials. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { ContainerConfig, ContainerRuntime, PodSandboxConfig } from '../../src/kubelet/ports.ts';
import { testContainerd, type TestContainerd } from './containerd.ts';

let containerd: TestContainerd;

before(async () => {
  containerd = await testContainerd();
  await containerd.load('nginx', 'mysql', 'myblog');
});

after(async () => {
  await containerd[Symbol.asyncDispose]();
});

/** What the tutorials allow each container. */
const resources = { memoryLimitInBytes: 500 * 1024 * 1024, cpuPeriod: 100_000, cpuQuota: 10_000, cpuShares: 51 };

async function startPod(name: string, containers: readonly Omit<ContainerConfig, 'metadata'>[]): Promise<StartedPod> {
  const { runtime, logDir, options } = containerd;
  const sandboxConfig: PodSandboxConfig = {
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    hostname: name,
    logDirectory: logDir,
    linux: { cgroupParent: `${options.cgroupParent}/${name}` },
  };
  const podSandboxId = await runtime.runPodSandbox({ config: sandboxConfig });
  const ids: string[] = [];
  for (const [i, container] of containers.entries()) {
    const metadata = { name: `c${i}`, attempt: 0 };
    const config = { ...container, metadata, logPath: `${name}-${i}.log`, linux: { resources } };
    const id = await runtime.createContainer({ podSandboxId, config, sandboxConfig });
    await runtime.startContainer(id);
    ids.push(id);
  }
  return { ids, ip: (await runtime.podSandboxStatus(podSandboxId)).ips[0] ?? '', runtime };
}

interface StartedPod {
  readonly ids: readonly string[];
  readonly ip: string;
  readonly runtime: ContainerRuntime;
}

/** Waits for a server that is starting. */
async function page(url: string, timeoutMs: number, status = 200): Promise<string> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    let problem: unknown;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      const text = await response.text();
      if (response.status === status) return text;
      problem = `${response.status}: ${text}`;
    } catch (error) {
      problem = error;
    }
    assert.ok(performance.now() < giveUpAt, `${url}: ${String(problem)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function output({ runtime }: StartedPod, id: string, ...command: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runtime.execSync(id, command, 120);
  const text = new TextDecoder().decode(stdout);
  assert.equal(exitCode, 0, `${command.join(' ')}: ${text}${new TextDecoder().decode(stderr)}`);
  return text;
}

test('nginx serves its page, logs requests and stops on SIGQUIT', async () => {
  const pod = await startPod('web', [{ image: { image: 'nginx:1.17.1' } }]);
  const [id = ''] = pod.ids;
  assert.match(await page(`http://${pod.ip}/`, 20_000), /<h1>Welcome to nginx!<\/h1>/);
  await output(pod, id, '/bin/sh', '-c', 'echo postStart... > /usr/share/nginx/html/index.html');
  assert.equal(await page(`http://${pod.ip}/`, 5000), 'postStart...\n');
  assert.match(await output(pod, id, '/bin/bash', '-c', 'hostname'), /^web$/m);
  assert.match(await readFile(`${containerd.logDir}/web-0.log`, 'utf8'), /stdout F .*"GET \/ HTTP\/1.1" 200/);
  await output(pod, id, '/usr/sbin/nginx', '-s', 'quit');
  await pod.runtime.stopContainer(id, 10);
  assert.equal((await pod.runtime.containerStatus(id)).exitCode, 0);
});

test('myblog shows articles from mysql once its tables are there', async (t) => {
  const started = performance.now();
  const pod = await startPod('blog', [
    {
      image: { image: 'mysql:5.7' },
      args: ['--character-set-server=utf8mb4', '--collation-server=utf8mb4_unicode_ci'],
      envs: [
        { key: 'MYSQL_ROOT_PASSWORD', value: "12'3\\4 56" },
        { key: 'MYSQL_DATABASE', value: 'myblog' },
        { key: 'MYSQL_USER', value: 'someone' },
        { key: 'MYSQL_PASSWORD', value: 'else' },
      ],
    },
    {
      image: { image: '172.21.51.143:5000/myblog:v1' },
      envs: [
        { key: 'MYSQL_HOST', value: '127.0.0.1' },
        { key: 'MYSQL_PASSWD', value: "12'3\\4 56" },
      ],
    },
  ]);
  const [mysql = '', blog = ''] = pod.ids;
  await page(`http://${pod.ip}:8002/blog/index/`, 60_000, 500);
  t.diagnostic(`both answer after ${Math.round(performance.now() - started)} ms`);
  assert.match(await output(pod, blog, 'python3', 'manage.py', 'migrate'), /Applying blog.0001_initial... OK/);
  assert.match(await page(`http://${pod.ip}:8002/blog/index/`, 20_000), /我的博客列表/);
  const insert = "insert into blog_article (title, content) values ('first', '')";
  await output(pod, mysql, 'mysql', "-p12'3\\4 56", 'myblog', '-e', insert);
  assert.match(await page(`http://${pod.ip}:8002/blog/index/`, 5000), /<li>first<\/li>/);
  assert.match(
    await output(pod, mysql, 'mysql', '-usomeone', '-pelse', '-h127.0.0.1', '-e', 'select version()'),
    /5\.7\.29/,
  );
  assert.match(
    await output(pod, blog, 'sh', '-c', 'curl -s -m 2 127.0.0.1:3306 | cat -v || true'),
    /5\.7\.29.*mysql_native_password/s,
  );
});
