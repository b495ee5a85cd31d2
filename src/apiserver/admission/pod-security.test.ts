/** Every control of the Pod Security Standards, with pods that keep to it and pods that do not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { details, violations } from './pod-security/standards.ts';
import { policyOf, type Level } from './pod-security/policy.ts';
import type { Judged } from './pod-security/check.ts';

type Case = readonly [spec: object, text: string, annotations?: Record<string, string>];

const safe = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const container = (securityContext?: object, more: object = {}): object => ({
  name: 'a',
  image: 'i',
  securityContext,
  ...more,
});
const one = (securityContext: object, more: object = {}): object => ({
  containers: [container(securityContext, more)],
});
const pod = (securityContext: object, more: object = {}): object => ({
  containers: [container()],
  securityContext,
  ...more,
});
/** A pod that keeps to level restricted but for this. */
const strict = (securityContext: object = {}, more: object = {}): object => ({
  containers: [container({ ...safe, ...securityContext })],
  ...more,
});

function judge(level: Level, minor: number, spec: object, annotations: Record<string, string> = {}): string {
  return details(violations({ annotations, spec } as unknown as Judged, { level, minor }));
}

function check(level: Level, minor: number, cases: readonly Case[]): void {
  for (const [spec, text, annotations] of cases)
    assert.equal(judge(level, minor, spec, annotations), text, JSON.stringify(spec));
}

void test('baseline: the host is out of reach', () => {
  check('baseline', Infinity, [
    [{ containers: [container()] }, ''],
    [{ containers: [container()], hostNetwork: false }, ''],
    [
      { containers: [container()], hostNetwork: true, hostPID: true, hostIPC: true },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [one({ privileged: false }), ''],
    [one({ privileged: true }), 'privileged (container "a" must not set securityContext.privileged=true)'],
    [
      {
        containers: [],
        initContainers: [container({ privileged: true }, { name: 'i' })],
        ephemeralContainers: [container({ privileged: true }, { name: 'e' })],
      },
      'privileged (containers "i", "e" must not set securityContext.privileged=true)',
    ],
    [{ containers: [container()], volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      {
        containers: [container()],
        volumes: [
          { name: 'v', hostPath: {} },
          { name: 'e', emptyDir: {} },
          { name: 'w', hostPath: {} },
        ],
      },
      'hostPath volumes (volumes "v", "w")',
    ],
    [one({}, { ports: [{ containerPort: 1 }, { containerPort: 2, hostPort: 0 }] }), ''],
    [one({}, { ports: [{ hostPort: 80 }] }), 'hostPort (container "a" uses hostPort 80)'],
    [
      {
        containers: [
          container({}, { ports: [{ hostPort: 80 }, { hostPort: 443 }] }),
          container({}, { name: 'b', ports: [{ hostPort: 80 }] }),
        ],
      },
      'hostPort (containers "a", "b" use hostPorts 443, 80)',
    ],
    [
      one({ windowsOptions: { hostProcess: true } }),
      'hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      {
        containers: [container({ windowsOptions: { hostProcess: true } })],
        securityContext: { windowsOptions: { hostProcess: true } },
      },
      'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ]);
});

void test('baseline: capabilities, profiles and masks', () => {
  const unmasked = 'procMount (container "a" must not set securityContext.procMount to "Unmasked")';
  const note = 'container.apparmor.security.beta.kubernetes.io/a';
  check('baseline', Infinity, [
    [one({ capabilities: { add: ['CHOWN', 'NET_BIND_SERVICE', 'SYS_CHROOT'] } }), ''],
    [
      one({ capabilities: { add: ['SYS_ADMIN', 'NET_RAW', 'KILL'] } }),
      'non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [one({ procMount: 'Default' }), ''],
    [one({ procMount: 'Unmasked' }), unmasked],
    [one({ procMount: 'Unmasked' }, {}), unmasked],
    [{ ...one({ procMount: 'Unmasked' }), hostUsers: false }, ''],
    [one({ seccompProfile: { type: 'Localhost' } }), ''],
    [
      {
        ...one({ seccompProfile: { type: 'Unconfined' } }),
        securityContext: { seccompProfile: { type: 'Unconfined' } },
      },
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [pod({ appArmorProfile: { type: 'RuntimeDefault' } }), '', { [note]: 'localhost/x' }],
    [
      pod({ appArmorProfile: { type: 'Unconfined' } }),
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      one({ appArmorProfile: { type: 'Unconfined' } }),
      `forbidden AppArmor profiles (container "a" and annotation must not set AppArmor profile type to "Unconfined", "${note}="unconfined"")`,
      { [note]: 'unconfined' },
    ],
    [pod({ seLinuxOptions: { type: 'container_t', level: 's0' } }), ''],
    [pod({ seLinuxOptions: { type: 'container_engine_t' } }), ''],
    [
      { ...one({ seLinuxOptions: { user: 'u', role: 'r' } }), securityContext: { seLinuxOptions: { type: 'spc_t' } } },
      'seLinuxOptions (pod and container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    ],
    [pod({ sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.shm_rmid_forced' }] }), ''],
    [
      pod({ sysctls: [{ name: 'kernel.msgmax' }, { name: 'net.core.somaxconn' }] }),
      'forbidden sysctls (kernel.msgmax, net.core.somaxconn)',
    ],
  ]);
});

void test('baseline: probes and hooks go nowhere else', () => {
  const probes = {
    livenessProbe: { httpGet: { host: '10.0.0.1', port: 80 } },
    readinessProbe: { tcpSocket: { host: 'other', port: 80 } },
    lifecycle: { preStop: { httpGet: { host: '10.0.0.1' } } },
  };
  check('baseline', Infinity, [
    [one({}, { livenessProbe: { httpGet: { port: 80 } }, startupProbe: { tcpSocket: { port: 1, host: '' } } }), ''],
    [one({}, probes), 'probe or lifecycle host (container "a" uses probe or lifecycle hosts "10.0.0.1", "other")'],
  ]);
  check('baseline', 33, [[one({}, probes), '']]);
});

void test('restricted: what has to be given up', () => {
  check('restricted', Infinity, [
    [strict(), ''],
    [strict({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }), ''],
    [
      strict({ allowPrivilegeEscalation: undefined }),
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)',
    ],
    [
      strict({ capabilities: { add: ['CHOWN'] } }),
      'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      strict({ runAsNonRoot: undefined }),
      'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
    ],
    [strict({ runAsNonRoot: undefined }, { securityContext: { runAsNonRoot: true } }), ''],
    [
      strict({ runAsNonRoot: false }, { securityContext: { runAsNonRoot: false } }),
      'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)',
    ],
    [strict({ runAsUser: 1000 }), ''],
    [
      strict({ runAsUser: 0 }, { securityContext: { runAsUser: 0 } }),
      'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
    ],
    [
      strict({ seccompProfile: undefined }),
      'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [strict({ seccompProfile: undefined }, { securityContext: { seccompProfile: { type: 'Localhost' } } }), ''],
    [
      strict(
        {},
        {
          volumes: [
            { name: 'n', nfs: {} },
            { name: 'h', hostPath: {} },
            { name: 's', secret: {} },
            { name: 'i', image: {} },
          ],
        },
      ),
      'restricted volume types (volumes "n", "h" use restricted volume types "hostPath", "nfs")',
    ],
    [
      strict({ procMount: 'Unmasked' }, { hostUsers: false }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    // With users of its own, root is not root.
    [strict({ runAsNonRoot: false, runAsUser: 0 }, { hostUsers: false }), ''],
    // Windows has none of it.
    [{ containers: [container({ runAsNonRoot: true })], os: { name: 'windows' } }, ''],
  ]);
});

void test('restricted: a pod that says nothing, in upstream order', () => {
  assert.equal(
    judge('restricted', Infinity, {
      containers: [container({ privileged: true }), container(undefined, { name: 'b' })],
    }),
    'privileged (container "a" must not set securityContext.privileged=true), allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
});

void test('standards are as they were in a version', () => {
  const plain = { containers: [container()] };
  assert.equal(
    judge('restricted', 7, plain),
    'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
  );
  assert.equal(violations({ annotations: {}, spec: plain } as never, { level: 'restricted', minor: 18 }).length, 2);
  assert.equal(violations({ annotations: {}, spec: plain } as never, { level: 'restricted', minor: 22 }).length, 4);
  assert.equal(judge('restricted', 22, strict({ runAsUser: 0 })), '');
  assert.equal(
    judge('baseline', 18, plain, { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' }),
    'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
  );
  assert.equal(
    judge('baseline', 31, pod({ sysctls: [{ name: 'net.ipv4.tcp_rmem' }] })),
    'forbidden sysctls (net.ipv4.tcp_rmem)',
  );
  assert.equal(
    judge('baseline', 30, pod({ seLinuxOptions: { type: 'container_engine_t' } })),
    'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "container_engine_t")',
  );
  assert.equal(judge('privileged', Infinity, one({ privileged: true })), '');
});

void test('labels become a policy', () => {
  const open = { level: 'privileged', minor: Infinity } as const;
  const read = (labels: Record<string, string>): ReturnType<typeof policyOf> =>
    policyOf(
      Object.fromEntries(Object.entries(labels).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value])),
      { enforce: open, audit: open, warn: open },
    );
  assert.deepEqual(read({}).policy, { enforce: open, audit: open, warn: open });
  // Who only enforces is warned as well; who says otherwise is not.
  assert.deepEqual(read({ enforce: 'baseline', 'enforce-version': 'v1.30' }).policy, {
    enforce: { level: 'baseline', minor: 30 },
    audit: open,
    warn: { level: 'baseline', minor: 30 },
  });
  assert.deepEqual(read({ enforce: 'baseline', warn: 'privileged' }).policy.warn, open);
  const { policy, errors } = read({ enforce: 'strict', 'enforce-version': '1.30', audit: 'x' });
  assert.deepEqual(policy, { enforce: { level: 'restricted', minor: Infinity }, audit: open, warn: open });
  assert.deepEqual(
    errors.map(({ field, detail }) => `${field}: ${detail ?? ''}`),
    [
      'metadata.labels[pod-security.kubernetes.io/enforce]: must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/enforce-version]: must be "latest" or "v1.x"',
      'metadata.labels[pod-security.kubernetes.io/audit]: must be one of privileged, baseline, restricted',
    ],
  );
});
