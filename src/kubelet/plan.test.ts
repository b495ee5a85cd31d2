/** Plans and statuses for single moments in a pod's life. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../api/mod.ts';
import { Backoff } from './backoff.ts';
import { containerAnnotations } from './labels.ts';
import { planPod, restartKey, type PodAction, type PodPlan } from './plan.ts';
import { newMemory, type PodFacts, type PodMemory, type ProbeResult } from './pod-facts.ts';
import { containersOf } from './pod.ts';
import type { ContainerState, ContainerStatus, PodSandboxStatus } from './ports.ts';
import { podGarbage } from './garbage.ts';
import { statusPatch } from './status-patch.ts';

const now = Date.parse('2026-01-01T00:10:00Z');

function pod(spec: Partial<NonNullable<Pod['spec']>> = {}, more: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u1', generation: 2, ...more.metadata },
    spec: {
      containers: [
        { name: 'a', image: 'x:1' },
        { name: 'b', image: 'x:1' },
      ],
      restartPolicy: 'Always',
      ...spec,
    },
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

const sandbox: PodSandboxStatus = {
  id: 's0',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 },
  state: 'SANDBOX_READY',
  createdAtMs: now - 60_000,
  labels: {},
  annotations: {},
  runtimeHandler: '',
  ips: ['10.0.0.5'],
  namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
};

function run(of: Pod, name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus {
  const container = containersOf(of).find((target) => target.container.name === name)?.container ?? { name };
  const attempt = more.metadata?.attempt ?? 0;
  return {
    id: `${name}${attempt}`,
    metadata: { name, attempt },
    state,
    createdAtMs: now - 50_000 + attempt * 1000,
    startedAtMs: now - 49_000,
    finishedAtMs: state === 'CONTAINER_EXITED' ? now - 1000 : 0,
    exitCode: 0,
    image: { image: 'docker.io/library/x:1' },
    imageRef: 'sha256:1',
    reason: '',
    message: '',
    labels: {},
    annotations: containerAnnotations(of, container, attempt),
    mounts: [],
    logPath: '',
    ...more,
  };
}

interface Given extends Partial<Omit<PodFacts, 'memory' | 'probes'>> {
  readonly containers?: readonly ContainerStatus[];
  readonly sandboxes?: readonly PodSandboxStatus[];
  readonly memory?: Partial<PodMemory>;
  readonly probe?: (id: string, kind: string) => ProbeResult;
}

function facts({
  containers = [],
  sandboxes = [sandbox],
  memory = {},
  probe = (_, kind) => (kind === 'liveness' ? 'success' : 'unknown'),
  ...given
}: Given): PodFacts {
  return {
    pod: pod(),
    removed: false,
    runtime: { sandboxes, containers },
    memory: { ...newMemory(now - 60_000), admitted: true, volumes: 'ready', ...memory },
    doing: new Map(),
    probes: { result: probe },
    messages: new Map(),
    restartDelays: new Backoff(),
    networkProblem: undefined,
    hostIPs: ['192.168.0.1'],
    runtimeName: 'containerd',
    now,
    ...given,
  };
}

function steps({ actions }: PodPlan): string[] {
  return actions.map((action: PodAction) => {
    if ('target' in action && action.do !== 'killContainer') return `${action.do} ${action.target?.container.name}`;
    if (action.do === 'killContainer') return `kill ${action.container.id} ${action.graceSeconds}s: ${action.message}`;
    return action.do === 'runSandbox'
      ? `runSandbox ${action.attempt}`
      : action.do === 'stopSandbox'
        ? `stopSandbox ${action.id}`
        : action.do;
  });
}

const plan = (given: Given): string[] => steps(planPod(facts(given)));
const image = { ref: 'sha256:1', user: { username: '' } };
const images = new Map([
  ['a', image],
  ['b', image],
]);

test('a new pod gets its sandbox, its volumes and its images at the same time', () => {
  assert.deepEqual(plan({ sandboxes: [], memory: { volumes: 'needed' } }), [
    'mountVolumes',
    'runSandbox 0',
    'ensureImage a',
    'ensureImage b',
  ]);
  assert.deepEqual(plan({ sandboxes: [], memory: { admitted: false } }), []);
});

test('what is under way is not begun again', () => {
  const doing = new Map([
    ['sandbox', {}],
    ['image:a', {}],
  ]);
  assert.deepEqual(plan({ sandboxes: [], doing }), ['ensureImage b']);
});

test('containers start one after the other, once everything is there', () => {
  assert.deepEqual(plan({ memory: { images } }), ['startContainer a']);
  assert.deepEqual(plan({ memory: { images }, doing: new Map([['start:a', {}]]) }), []);
  assert.deepEqual(plan({ memory: { images, volumes: 'needed' }, doing: new Map([['volumes', {}]]) }), []);
  assert.deepEqual(plan({ memory: { images }, sandboxes: [] }), ['runSandbox 0']);
  const running = [run(pod(), 'a', 'CONTAINER_RUNNING')];
  assert.deepEqual(plan({ memory: { images }, containers: running }), ['startContainer b']);
});

test('a container whose image cannot be had does not hold up the next', () => {
  const problems = new Map([['a', { reason: 'ErrImagePull', message: '', againAtMs: now + 5000 }]]);
  const result = planPod(facts({ memory: { images: new Map([['b', image]]), problems } }));
  assert.deepEqual(steps(result), ['startContainer b']);
  assert.equal(result.wakeAtMs, now + 5000);
});

test('an init container comes first, a failed one is tried again or ends the pod', () => {
  const initContainers = [
    { name: 'i', image: 'x:1' },
    { name: 'j', image: 'x:1' },
  ];
  const of = pod({ initContainers });
  assert.deepEqual(plan({ pod: of }), ['ensureImage i']);
  assert.deepEqual(plan({ pod: of, containers: [run(of, 'i', 'CONTAINER_RUNNING')] }), []);
  assert.deepEqual(plan({ pod: of, containers: [run(of, 'i', 'CONTAINER_EXITED')] }), ['ensureImage j']);
  assert.deepEqual(plan({ pod: of, containers: [run(of, 'i', 'CONTAINER_EXITED', { exitCode: 1 })] }), [
    'ensureImage i',
  ]);
  assert.deepEqual(plan({ pod: of, containers: ['i', 'j'].map((name) => run(of, name, 'CONTAINER_EXITED')) }), [
    'ensureImage a',
    'ensureImage b',
  ]);
  const never = pod({ initContainers, restartPolicy: 'Never' });
  const failed = planPod(facts({ pod: never, containers: [run(never, 'i', 'CONTAINER_EXITED', { exitCode: 1 })] }));
  assert.deepEqual([failed.status.phase, ...steps(failed)], ['Failed', 'beginTermination']);
});

test('sidecars run on beside the others and let the next begin once they have started', () => {
  const side = { name: 's', image: 'x:1', restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 1 } } };
  const of = pod({ initContainers: [side, { name: 'j', image: 'x:1' }] });
  const running = run(of, 's', 'CONTAINER_RUNNING');
  assert.deepEqual(plan({ pod: of, containers: [running] }), []);
  assert.deepEqual(plan({ pod: of, containers: [running], probe: () => 'success' }), ['ensureImage j']);
  const died = [
    run(of, 's', 'CONTAINER_EXITED'),
    run(of, 'j', 'CONTAINER_EXITED'),
    run(of, 'a', 'CONTAINER_RUNNING'),
    run(of, 'b', 'CONTAINER_RUNNING'),
  ];
  assert.deepEqual(plan({ pod: of, containers: died }), ['ensureImage s']);
});

test('a container that crashed again waits and says so', () => {
  const restartDelays = new Backoff();
  const of = pod({ containers: [{ name: 'a', image: 'x:1' }] });
  const [target] = containersOf(of);
  assert.ok(target);
  const containers = [run(of, 'a', 'CONTAINER_EXITED', { exitCode: 1 })];
  assert.deepEqual(plan({ pod: of, containers, restartDelays }), ['ensureImage a']);
  restartDelays.next(restartKey(of, target), now - 2000, now - 2000);
  const result = planPod(facts({ pod: of, containers, restartDelays }));
  assert.deepEqual(steps(result), ['backOff a']);
  const problems = new Map([['a', { reason: 'CrashLoopBackOff', message: 'back-off 10s', againAtMs: now + 9000 }]]);
  const waiting = planPod(facts({ pod: of, containers, restartDelays, memory: { problems } }));
  assert.deepEqual(steps(waiting), []);
  assert.equal(waiting.wakeAtMs, now + 9000);
  const [status] = waiting.status.containerStatuses ?? [];
  assert.deepEqual(
    [status?.state?.waiting?.reason, status?.lastState?.terminated?.exitCode, waiting.status.phase],
    ['CrashLoopBackOff', 1, 'Running'],
  );
});

test('a container that fails its probe or has another image is replaced', () => {
  const of = pod({
    containers: [{ name: 'a', image: 'x:1', livenessProbe: { terminationGracePeriodSeconds: 5 } }],
    terminationGracePeriodSeconds: 30,
  });
  const containers = [run(of, 'a', 'CONTAINER_RUNNING')];
  assert.deepEqual(plan({ pod: of, containers }), []);
  assert.deepEqual(plan({ pod: of, containers, probe: () => 'failure' }), [
    'kill a0 5s: Container a failed liveness probe, will be restarted',
  ]);
  assert.deepEqual(plan({ pod: of, containers, probe: () => 'failure', doing: new Map([['kill:a0', {}]]) }), []);
  const changed = pod({ containers: [{ name: 'a', image: 'x:2' }], terminationGracePeriodSeconds: 30 });
  assert.deepEqual(plan({ pod: changed, containers }), [
    'kill a0 30s: Container a definition changed, will be restarted',
  ]);
});

test('when the sandbox is gone everything is made again', () => {
  const dead = { ...sandbox, state: 'SANDBOX_NOTREADY' as const };
  const exited = ['a', 'b'].map((name) => run(pod(), name, 'CONTAINER_EXITED', { exitCode: 137 }));
  assert.deepEqual(plan({ sandboxes: [dead], containers: exited }), ['runSandbox 1', 'ensureImage a', 'ensureImage b']);
  assert.deepEqual(plan({ sandboxes: [dead], containers: [run(pod(), 'a', 'CONTAINER_RUNNING')] }), [
    'kill a0 30s: Stopping container a',
  ]);
  const addressless = { ...sandbox, ips: [] };
  assert.deepEqual(plan({ sandboxes: [addressless] }), ['stopSandbox s0']);
});

test('a deleted pod ends step by step: containers, sidecars, network, volumes, the API', () => {
  const initContainers = [
    { name: 's', image: 'x:1', restartPolicy: 'Always' },
    { name: 't', image: 'x:1', restartPolicy: 'Always' },
  ];
  const of = pod(
    { initContainers },
    {
      metadata: {
        name: 'web',
        namespace: 'default',
        uid: 'u1',
        deletionTimestamp: '2026-01-01T00:10:10Z',
        deletionGracePeriodSeconds: 10,
      },
    },
  );
  const given = { pod: of, memory: { terminatingSinceMs: now } };
  assert.deepEqual(plan({ pod: of }), ['beginTermination']);
  const running = ['s', 't', 'a'].map((name) => run(of, name, 'CONTAINER_RUNNING'));
  assert.deepEqual(plan({ ...given, containers: running }), ['kill a0 10s: Stopping container a']);
  const later = { ...given, now: now + 4000 };
  assert.deepEqual(plan({ ...later, containers: running.slice(0, 2) }), ['kill t0 6s: Stopping container t']);
  assert.deepEqual(plan({ ...later, containers: running.slice(0, 1) }), ['kill s0 6s: Stopping container s']);
  assert.deepEqual(plan(given), ['stopSandbox s0']);
  assert.deepEqual(plan({ ...given, sandboxes: [] }), ['tearDown']);
  assert.deepEqual(plan({ pod: of, sandboxes: [], memory: { terminatingSinceMs: now, tornDown: true } }), [
    'deleteFromApi',
  ]);
  assert.deepEqual(
    plan({ pod: of, sandboxes: [], removed: true, memory: { terminatingSinceMs: now, tornDown: true } }),
    ['forget'],
  );
});

test('a shorter grace period replaces a longer one', () => {
  const containers = [run(pod(), 'a', 'CONTAINER_RUNNING')];
  const of = pod(
    {},
    {
      metadata: {
        name: 'web',
        namespace: 'default',
        uid: 'u1',
        deletionTimestamp: '2026-01-01T00:10:01Z',
        deletionGracePeriodSeconds: 1,
      },
    },
  );
  const memory = { terminatingSinceMs: now };
  assert.deepEqual(plan({ pod: of, containers, memory, doing: new Map([['kill:a0', { deadlineMs: now + 20_000 }]]) }), [
    'kill a0 1s: Stopping container a',
  ]);
  assert.deepEqual(
    plan({ pod: of, containers, memory, doing: new Map([['kill:a0', { deadlineMs: now + 1500 }]]) }),
    [],
  );
});

test('pulls are called off when the pod ends, and nothing is torn down before a start is through', () => {
  const memory = { terminatingSinceMs: now };
  assert.deepEqual(plan({ memory, doing: new Map([['image:a', {}]]) }), ['cancel']);
  assert.deepEqual(plan({ memory, doing: new Map([['start:a', {}]]) }), []);
});

test('the status of a pod that runs', () => {
  const of = pod({
    containers: [
      { name: 'b', image: 'x:1' },
      { name: 'a', image: 'x:1', readinessProbe: {} },
    ],
  });
  const containers = ['a', 'b'].map((name) => run(of, name, 'CONTAINER_RUNNING'));
  const { status } = planPod(facts({ pod: of, containers }));
  assert.equal(status.phase, 'Running');
  assert.equal(status.observedGeneration, 2);
  assert.deepEqual(
    status.containerStatuses?.map(({ name, ready, started }) => [name, ready, started]),
    [
      ['a', false, true],
      ['b', true, true],
    ],
  );
  assert.deepEqual(
    status.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
    [
      ['PodReadyToStartContainers', 'True', undefined],
      ['Initialized', 'True', undefined],
      ['Ready', 'False', 'ContainersNotReady'],
      ['ContainersReady', 'False', 'ContainersNotReady'],
      ['PodScheduled', 'True', undefined],
    ],
  );
  const gated = pod({ containers: of.spec?.containers ?? [], readinessGates: [{ conditionType: 'x/y' }] });
  const ready = planPod(facts({ pod: gated, containers, probe: () => 'success' })).status.conditions?.find(
    ({ type }) => type === 'Ready',
  );
  assert.equal(ready?.message, 'corresponding condition of pod readiness gate "x/y" does not exist.');
});

test('a condition keeps its time until it changes, and a patch names only what differs', () => {
  const of = pod({ containers: [{ name: 'a', image: 'x:1' }] });
  const first = planPod(facts({ pod: of })).status;
  const later = planPod(
    facts({ pod: { ...of, status: first }, now: now + 5000, containers: [run(of, 'a', 'CONTAINER_RUNNING')] }),
  ).status;
  const timeOf = (type: string): string | undefined =>
    later.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
  assert.deepEqual([timeOf('Initialized'), timeOf('Ready')], ['2026-01-01T00:10:00Z', '2026-01-01T00:10:05Z']);
  const patch = statusPatch('u1', first, later) as { status: Record<string, { type: string }[]> };
  assert.deepEqual(Object.keys(patch.status).sort(), ['conditions', 'containerStatuses', 'phase']);
  assert.deepEqual(
    patch.status['conditions']?.map(({ type }) => type),
    ['Ready', 'ContainersReady'],
  );
  assert.equal(statusPatch('u1', later, later), undefined);
});

test('pods that need not run on have ended, with the sum of their containers', () => {
  const of = pod({ restartPolicy: 'OnFailure' });
  const both = (code: number): ContainerStatus[] => [
    run(of, 'a', 'CONTAINER_EXITED'),
    run(of, 'b', 'CONTAINER_EXITED', { exitCode: code }),
  ];
  const succeeded = planPod(facts({ pod: of, containers: both(0) }));
  assert.deepEqual([succeeded.status.phase, ...steps(succeeded)], ['Succeeded', 'beginTermination']);
  assert.equal(planPod(facts({ pod: of, containers: both(1) })).status.phase, 'Running');
  const never = { ...of, spec: { ...of.spec, containers: of.spec?.containers ?? [], restartPolicy: 'Never' } };
  assert.equal(planPod(facts({ pod: never, containers: both(1) })).status.phase, 'Failed');
});

test('what the runtime forgot the API remembers', () => {
  const old = planPod(
    facts({
      containers: [
        run(pod(), 'a', 'CONTAINER_RUNNING'),
        run(pod(), 'b', 'CONTAINER_RUNNING', { metadata: { name: 'b', attempt: 4 } }),
      ],
    }),
  ).status;
  const { status } = planPod(facts({ pod: pod({}, { status: old }), sandboxes: [], containers: [] }));
  const [a, b] = status.containerStatuses ?? [];
  assert.deepEqual(
    [a?.restartCount, b?.restartCount, b?.lastState?.terminated?.reason],
    [1, 5, 'ContainerStatusUnknown'],
  );
  const counted = pod({}, { status });
  const again = planPod(facts({ pod: counted, memory: { images } }));
  const starts = again.actions.flatMap((action) => (action.do === 'startContainer' ? [action.attempt] : []));
  assert.deepEqual(starts, [1], 'the lost run is counted once');
});

test('one earlier run of each container is kept, and sandboxes that hold nothing are not', () => {
  const runs = [3, 2, 1, 0].map((attempt) =>
    run(pod(), 'a', attempt === 3 ? 'CONTAINER_RUNNING' : 'CONTAINER_EXITED', { metadata: { name: 'a', attempt } }),
  );
  assert.deepEqual(
    podGarbage({ sandboxes: [sandbox], containers: runs }).containers.map(({ id }) => id),
    ['a1', 'a0'],
  );
  const old = { ...sandbox, id: 'old', state: 'SANDBOX_NOTREADY' as const, createdAtMs: 1 };
  assert.deepEqual(
    podGarbage({ sandboxes: [sandbox, old], containers: runs }).sandboxes.map(({ id }) => id),
    ['old'],
  );
  const older = { ...runs[1], id: 'x', createdAtMs: 2 } as ContainerStatus;
  assert.deepEqual(
    podGarbage({ sandboxes: [sandbox, old], containers: [runs[0] as ContainerStatus, older] }).sandboxes,
    [],
  );
});
