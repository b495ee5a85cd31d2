/** The kubelet on a real containerd: what pods see and do is what counts here. */
import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { configMaps, pods, secrets } from '../../src/api/mod.ts';
import { cgroupSetup } from '../../src/host/containerd/mod.ts';
import { KubeletServer } from '../../src/kubelet/mod.ts';
import { busybox, isReady, RealRig } from './kubelet-rig.ts';

let rig: RealRig;

before(async () => {
  rig = await RealRig.start();
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

test('a pod runs, is reached, and goes without a trace', async () => {
  await rig.create('web');
  const pod = await rig.pod('web', isReady);
  assert.match(pod.status?.podIP ?? '', /^198\.18\./);
  assert.match(pod.status?.containerStatuses?.[0]?.containerID ?? '', /^containerd:\/\/[0-9a-f]{64}$/);
  assert.equal(pod.status?.containerStatuses?.[0]?.image, 'docker.io/library/busybox:latest');
  await rig.delete('web');
  await rig.gone('web');
  await rig.until('the sandbox to go', async () => (await rig.containerd.runtime.listPodSandboxes()).length === 0);
});

test('a container sees its environment, names, files and limits', async () => {
  const namespace = 'default';
  await rig.client.create(configMaps, {
    metadata: { name: 'settings', namespace },
    data: { colour: 'blue', 'file.txt': 'hello\n' },
  });
  await rig.client.create(secrets, { metadata: { name: 'keys', namespace }, data: { password: btoa('s3cret') } });
  const script = [
    'echo $COLOUR $PASSWORD $IP_IS_SET $GREETING $PRE_colour',
    'cat /etc/resolv.conf',
    'tail -1 /etc/hosts',
    'hostname',
    'cat /config/file.txt /sub/file.txt',
    'ls -ld /memory | cut -c1-10; mount | grep -c " /memory type tmpfs"',
    'stat -L -c %a /secret/password; cat /secret/password; echo',
    'id -u; id -G',
    'cat /labels/labels',
    'touch /empty/x && echo writable',
    'echo last words > /dev/termination-log',
    'cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max',
    'grep NoNewPrivs /proc/self/status',
  ].join('\n');
  await rig.script(
    'sees',
    script,
    {
      args: ['unused'],
      env: [
        { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
        { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'IP_IS_SET', value: 'ip' },
        { name: 'GREETING', value: 'hi-$(COLOUR)' },
      ],
      envFrom: [{ prefix: 'PRE_', configMapRef: { name: 'settings' } }],
      resources: { limits: { memory: '64Mi', cpu: '500m' }, requests: { memory: '32Mi', cpu: '100m' } },
      securityContext: { runAsUser: 1000, allowPrivilegeEscalation: false },
      volumeMounts: [
        { name: 'config', mountPath: '/config' },
        { name: 'config', mountPath: '/sub/file.txt', subPath: 'file.txt' },
        { name: 'memory', mountPath: '/memory' },
        { name: 'empty', mountPath: '/empty' },
        { name: 'secret', mountPath: '/secret', readOnly: true },
        { name: 'labels', mountPath: '/labels' },
      ],
    },
    {
      hostname: 'name',
      subdomain: 'sub',
      hostAliases: [{ ip: '192.0.2.7', hostnames: ['a.example', 'b.example'] }],
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: 'config', configMap: { name: 'settings' } },
        { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } },
        { name: 'empty', emptyDir: {} },
        { name: 'secret', secret: { secretName: 'keys', defaultMode: 0o400 } },
        { name: 'labels', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  );
  const output = await rig.output('sees');
  const pod = await rig.get('sees');
  assert.equal(pod.status?.phase, 'Succeeded', output);
  assert.match(output, /^blue s3cret ip hi-blue blue$/m);
  assert.match(output, /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m);
  assert.match(output, /^nameserver 10\.96\.0\.10$/m);
  assert.match(output, /^options ndots:5$/m);
  assert.match(output, /^192\.0\.2\.7\ta\.example\tb\.example$/m);
  assert.match(output, /^name$/m);
  assert.match(output, /^hello\nhello\n/m);
  assert.match(output, /^drwxrwsrwx\n1\n/m);
  assert.match(output, /^440\ns3cret\n/m);
  assert.match(output, /^1000\n(0 )?(1000 )?2000$/m);
  assert.match(output, /^defaultwritable\n67108864\nNoNewPrivs:\s+1$/m);
  assert.equal(pod.status?.containerStatuses?.[0]?.state?.terminated?.message, 'last words\n');
});

test('a changed ConfigMap reaches a running container', async () => {
  const namespace = 'default';
  await rig.client.create(configMaps, { metadata: { name: 'live', namespace }, data: { key: 'one' } });
  const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
  await rig.script('live', 'while ! grep -q two /v/key; do sleep 0.05; done; ls -a /v | tr "\\n" " "', mount, {
    volumes: [{ name: 'v', configMap: { name: 'live' } }],
  });
  await rig.pod('live', ({ status }) => status?.phase === 'Running');
  await rig.client.patch(configMaps, { namespace, name: 'live' }, { type: 'merge', body: { data: { key: 'two' } } });
  assert.match(await rig.output('live'), /^\. \.\. \.\.\d{4}_\S+ \.\.data key /);
});

test('init containers come first and probes and hooks act', async () => {
  const main = {
    name: 'main',
    image: busybox,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', 'echo $$ > /shared/started; httpd -f -p 8080 -h /shared'],
    volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
    readinessProbe: { httpGet: { port: 8080, path: '/index' }, periodSeconds: 1 },
    livenessProbe: {
      exec: { command: ['cat', '/shared/index'] },
      periodSeconds: 1,
      failureThreshold: 1,
      initialDelaySeconds: 1,
    },
    lifecycle: {
      postStart: { exec: { command: ['sh', '-c', 'echo post >> /shared/index'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo pre > /shared/stopped'] } },
    },
  };
  const init = {
    name: 'init',
    image: busybox,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', 'echo init > /shared/index'],
    volumeMounts: main.volumeMounts,
  };
  await rig.create('web2', { initContainers: [init], containers: [main], volumes: [{ name: 'shared', emptyDir: {} }] });
  const pod = await rig.pod('web2', isReady);
  assert.equal(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
  const { runtime } = rig.containerd;
  const id = (pod.status?.containerStatuses?.[0]?.containerID ?? '').replace('containerd://', '');
  assert.equal(
    new TextDecoder().decode((await runtime.execSync(id, ['cat', '/shared/index'], 5)).stdout),
    'init\npost\n',
  );
  await runtime.execSync(id, ['rm', '/shared/index'], 5);
  const again = await rig.pod('web2', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
  assert.notEqual(again.status?.containerStatuses?.[0]?.containerID, pod.status?.containerStatuses?.[0]?.containerID);
  const events = await rig.events('web2');
  assert.ok(
    events.includes('Normal Killing Container main failed liveness probe, will be restarted'),
    events.join('\n'),
  );
  assert.ok(
    events.some((text) => text.startsWith("Warning Unhealthy Liveness probe failed: cat: can't open '/shared/index'")),
    events.join('\n'),
  );
  await rig.pod('web2', isReady);
  await rig.delete('web2');
  await rig.gone('web2');
});

test('logs can be followed, cut and looked back at', async () => {
  const server = new KubeletServer(rig.kubelet);
  const read = async (query: string): Promise<string> => {
    const { body, status } = await server.request(
      `/containerLogs/default/talks/main?${query}`,
      new AbortController().signal,
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    assert.equal(status, 200, Buffer.concat(chunks).toString());
    return Buffer.concat(chunks).toString();
  };
  const script =
    'if [ -e /v/x ]; then for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done; sleep 1000; else touch /v/x; echo first; exit 1; fi';
  await rig.script(
    'talks',
    script,
    { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    { restartPolicy: 'Always', volumes: [{ name: 'v', emptyDir: {} }] },
  );
  await rig.pod(
    'talks',
    (pod) =>
      pod.status?.containerStatuses?.[0]?.restartCount === 1 &&
      pod.status.containerStatuses[0].state?.running !== undefined,
  );
  const signal = new AbortController();
  const { body } = await server.request('/containerLogs/default/talks/main?follow=true', signal.signal);
  let followed = '';
  for await (const chunk of body) {
    followed += Buffer.from(chunk).toString();
    if (followed.includes('line 5')) break;
  }
  assert.equal(followed, 'line 1\nline 2\nline 3\nline 4\nline 5\n');
  assert.equal(await read('tailLines=2'), 'line 4\nline 5\n');
  assert.equal(await read('limitBytes=8'), 'line 1\nl');
  assert.match(await read('tailLines=1&timestamps=true'), /^20\d\d-\d\d-\d\dT\S+ line 5\n$/);
  assert.equal(await read('previous=true'), 'first\n');
  const missing = await server.request('/containerLogs/default/talks/other', signal.signal);
  assert.equal(missing.status, 404);
});

test('a restarted kubelet finds its pods again', async () => {
  await rig.create('stays');
  const before = await rig.pod('stays', isReady);
  await rig.stopKubelet();
  await rig.startKubelet();
  const after = await rig.pod('stays', isReady);
  assert.equal(after.status?.containerStatuses?.[0]?.containerID, before.status?.containerStatuses?.[0]?.containerID);
  assert.equal(after.status?.containerStatuses?.[0]?.restartCount, 0);
  // It still acts on it.
  await rig.containerd.runtime.stopContainer(
    (before.status?.containerStatuses?.[0]?.containerID ?? '').replace('containerd://', ''),
    0,
  );
  await rig.pod(
    'stays',
    ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].ready,
  );
});

test('a pod that is gone leaves no directory, mount or cgroup', async () => {
  await rig.create('tidy', {
    volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }],
    terminationGracePeriodSeconds: 0,
  });
  const { metadata } = await rig.pod('tidy', isReady);
  await rig.delete('tidy', 0);
  await rig.gone('tidy');
  const uid = metadata.uid ?? '';
  await rig.until('the pod to be forgotten', async () => rig.kubelet.parts.workers.get(uid) === undefined);
  assert.equal((await readFile('/proc/self/mountinfo', 'utf8')).includes(uid), false);
  assert.deepEqual(
    (await readdir(join(rig.root, 'pods'))).filter((name) => name === uid),
    [],
  );
  assert.deepEqual(
    (await readdir(rig.containerd.logDir)).filter((name) => name.includes(uid)),
    [],
  );
  for (const mount of (await cgroupSetup()).mounts) {
    const there = await readdir(join(mount, rig.containerd.options.cgroupParent, 'kubepods/besteffort')).catch(
      (): string[] => [],
    );
    assert.deepEqual(
      there.filter((name) => name.includes(uid)),
      [],
    );
  }
});

test('a pod on the host sees the host', async () => {
  const folder = join(rig.root, 'shared');
  const spec = {
    hostNetwork: true,
    hostPID: true,
    volumes: [{ name: 'h', hostPath: { path: folder, type: 'DirectoryOrCreate' } }],
  };
  const script =
    'hostname > /h/name; cat /proc/1/comm; head -1 /etc/hosts; ls /proc/self/ns/net -l | sed "s/.*net:/net:/"';
  await rig.script('onhost', script, { volumeMounts: [{ name: 'h', mountPath: '/h' }] }, spec);
  const output = await rig.output('onhost');
  const pod = await rig.get('onhost');
  assert.equal(pod.status?.podIP, pod.status?.hostIP);
  assert.match(output, /^# Kubernetes-managed hosts file \(host network\)\.$/m);
  assert.ok(output.includes(await readlink('/proc/self/ns/net')), output);
  assert.ok(output.startsWith(await readFile('/proc/1/comm', 'utf8')), output);
  assert.equal(await readFile(join(folder, 'name'), 'utf8'), `${hostname()}\n`);
});

test('what must not run as root is not started as root', async () => {
  await rig.script('root', 'id', { securityContext: { runAsNonRoot: true } });
  const pod = await rig.pod(
    'root',
    ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
  );
  const message = pod.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '';
  assert.match(message, /^container has runAsNonRoot and image will run as root \(pod: "root_default\(/);
  assert.ok((await rig.events('root')).includes(`Warning Failed Error: ${message}`));
  await rig.delete('root', 0);
});

test('a command that does not exist is told as the runtime tells it', async () => {
  await rig.create('nocommand', {
    containers: [{ name: 'main', image: busybox, imagePullPolicy: 'IfNotPresent', command: ['/no/such'] }],
  });
  const pod = await rig.pod(
    'nocommand',
    ({ status }) =>
      (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1 &&
      status?.containerStatuses?.[0]?.state?.waiting !== undefined,
  );
  const [status] = pod.status?.containerStatuses ?? [];
  assert.match(
    `${status?.state?.waiting?.message}${status?.lastState?.terminated?.message}`,
    /\/no\/such": stat \/no\/such: no such file or directory/,
  );
  assert.equal(status?.lastState?.terminated?.exitCode, 128);
  await rig.delete('nocommand', 0);
});

test('privileges, capabilities and read-only roots are as asked', async () => {
  const script =
    'touch /x 2>/dev/null || echo read-only; grep CapEff /proc/self/status; grep Seccomp: /proc/self/status';
  const securityContext = {
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  await rig.script('caps', script, { securityContext });
  assert.match(await rig.output('caps'), /^read-only\nCapEff:\t0000000000001000\nSeccomp:\t2\n$/);
});

test('an ephemeral container joins a running pod', async () => {
  await rig.create('debugged', { shareProcessNamespace: true });
  await rig.pod('debugged', isReady);
  const ephemeralContainers = [
    {
      name: 'debugger',
      image: busybox,
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', 'ps; exit 3'],
      terminationMessagePolicy: 'FallbackToLogsOnError',
    },
  ];
  await rig.client.patch(
    pods,
    { namespace: 'default', name: 'debugged' },
    { type: 'strategic', body: { spec: { ephemeralContainers } } },
    { subresource: 'ephemeralcontainers' },
  );
  const pod = await rig.pod(
    'debugged',
    ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined,
  );
  const ended = pod.status?.ephemeralContainerStatuses?.[0]?.state?.terminated;
  assert.equal(ended?.exitCode, 3);
  assert.match(ended?.message ?? '', /sleep 1000/);
  assert.equal(pod.status?.phase, 'Running');
  await rig.delete('debugged', 0);
});
