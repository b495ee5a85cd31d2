/** Pod security over real HTTPS: refusals, warnings, what the audit log is told, exemptions and changes of labels. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Admitted, type Answer } from './http.ts';

let server: Admitted;
before(async () => void (server = await Admitted.start()));
after(() => server[Symbol.asyncDispose]());

const label = (modes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(modes).map(([name, value]) => [`pod-security.kubernetes.io/${name}`, value]));
const pod = (namespace: string, name: string, spec: object = {}, on = server): Promise<Answer> =>
  on.post(`/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'i' }], ...spec },
  });

const unrestricted =
  'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

void test('a pod that violates what is enforced is refused; a Deployment of such pods is warned of', async () => {
  await server.namespace('strict', label({ enforce: 'restricted' }));
  const refused = await pod('strict', 'p');
  assert.equal(refused.status, 403);
  assert.equal(refused.message, `pods "p" is forbidden: violates PodSecurity "restricted:latest": ${unrestricted}`);
  assert.deepEqual(refused.warnings, []);
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'i' }] } };
  const deployment = await server.post('/apis/apps/v1/namespaces/strict/deployments', {
    metadata: { name: 'd' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  });
  assert.equal(deployment.status, 201);
  assert.deepEqual(deployment.warnings, [`would violate PodSecurity "restricted:latest": ${unrestricted}`]);
  const job = { template: { spec: { ...template.spec, restartPolicy: 'Never' } } };
  const cron = await server.post('/apis/batch/v1/namespaces/strict/cronjobs', {
    metadata: { name: 'c' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: job } },
  });
  assert.deepEqual(cron.warnings, [`would violate PodSecurity "restricted:latest": ${unrestricted}`]);
});

void test('a version may be older, and a level may be only warned of', async () => {
  await server.namespace(
    'old',
    label({ enforce: 'baseline', 'enforce-version': 'v1.20', warn: 'restricted', 'warn-version': 'v1.18' }),
  );
  assert.equal(
    (await pod('old', 'p', { hostPID: true })).message,
    'pods "p" is forbidden: violates PodSecurity "baseline:v1.20": host namespaces (hostPID=true)',
  );
  const { status, warnings } = await pod('old', 'q', { automountServiceAccountToken: false });
  assert.equal(status, 201);
  assert.deepEqual(warnings, [
    'would violate PodSecurity "restricted:v1.18": allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
  ]);
  // Only an image is looked at again.
  const path = '/api/v1/namespaces/old/pods/q';
  assert.deepEqual((await server.patch(path, { metadata: { labels: { x: 'y' } } })).warnings, []);
  assert.equal((await server.patch(path, { spec: { containers: [{ name: 'a', image: 'j' }] } })).warnings.length, 1);
});

void test('labels that nobody understands are refused, and pods that are there are told of', async () => {
  const wrong = await server.post('/api/v1/namespaces', {
    metadata: { name: 'wrong', labels: label({ enforce: 'strict', 'warn-version': '1.2' }) },
  });
  assert.equal(wrong.status, 422);
  assert.equal(
    wrong.message,
    'Namespace "wrong" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
  );
  await server.namespace('grows');
  await pod('grows', 'b', { hostNetwork: true });
  await pod('grows', 'a', { hostNetwork: true });
  await pod('grows', 'c', { hostPID: true });
  await pod('grows', 'd');
  const patch = (modes: Record<string, string>): Promise<Answer> =>
    server.patch('/api/v1/namespaces/grows', { metadata: { labels: label(modes) } });
  assert.deepEqual((await patch({ audit: 'restricted' })).warnings, []);
  assert.deepEqual((await patch({ enforce: 'baseline' })).warnings, [
    'existing pods in namespace "grows" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): host namespaces',
  ]);
  assert.deepEqual((await patch({ enforce: 'baseline' })).warnings, []);
  assert.deepEqual((await patch({ enforce: 'privileged' })).warnings, []);
});

void test('defaults and exemptions come from a file, and the audit log is told', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'admission-'));
  const at = (name: string): string => join(directory, name);
  writeFileSync(
    at('admission.yaml'),
    'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{ name: PodSecurity, path: pods.yaml }]\n',
  );
  writeFileSync(
    at('pods.yaml'),
    `apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: { enforce: baseline, audit: restricted, audit-version: v1.18 }
exemptions: { namespaces: [exempt], runtimeClasses: [sandboxed] }
`,
  );
  writeFileSync(
    at('policy.yaml'),
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata, resources: [{ resources: [pods] }], omitStages: [RequestReceived] }]\n',
  );
  try {
    await using own = await Admitted.start({
      'admission-control-config-file': at('admission.yaml'),
      'audit-policy-file': at('policy.yaml'),
      'audit-log-path': at('audit.log'),
    });
    const told = await own.namespace('exempt', label({ enforce: 'restricted' }));
    assert.deepEqual(told.warnings, [
      'namespace "exempt" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
    ]);
    assert.equal((await pod('test', 'p', { hostPID: true }, own)).status, 403);
    assert.equal((await pod('test', 'q', {}, own)).status, 201);
    assert.equal((await pod('exempt', 'p', { hostPID: true }, own)).status, 201);
    await own.post('/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: 'sandboxed' }, handler: 'x' });
    assert.equal((await pod('test', 'r', { hostPID: true, runtimeClassName: 'sandboxed' }, own)).status, 201);
    const notes = readFileSync(at('audit.log'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { annotations: Record<string, string>; verb: string })
      .filter(({ verb }) => verb === 'create')
      .map(({ annotations }) =>
        Object.fromEntries(
          Object.entries(annotations)
            .filter(([name]) => name.startsWith('pod-security'))
            .map(([name, value]) => [name.replace('pod-security.kubernetes.io/', ''), value.slice(0, 52)]),
        ),
      );
    assert.deepEqual(notes, [
      {
        'enforce-policy': 'baseline:latest',
        'audit-violations': 'would violate PodSecurity "restricted:v1.18": host n',
      },
      {
        'enforce-policy': 'baseline:latest',
        'audit-violations': 'would violate PodSecurity "restricted:v1.18": allowP',
      },
      { exempt: 'namespace' },
      { exempt: 'runtimeClass' },
    ]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
