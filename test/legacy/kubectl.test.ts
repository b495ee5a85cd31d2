/** A tour with a very old kubectl through objects of versions of its time. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cronJobs, deployments, ingresses, startCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';

const manifest = (name: string): string => join(import.meta.dirname, 'manifests', name);
const waitsMax = 100;

void test('kubectl 1.20 works with extensions/v1beta1 and batch/v2alpha1', async () => {
  await using cluster = await startCluster({ https: true, legacyApis: true });
  const { client } = cluster;
  using kubectl = new Program(programPath('kubectl-1.20'), cluster);
  const versions = (await kubectl.does('api-versions')).split('\n');
  for (const version of ['extensions/v1beta1', 'batch/v2alpha1', 'apps/v1beta2', 'apps/v1'])
    assert.ok(versions.includes(version), version);
  const explained = await kubectl.does(['explain', 'deployment.spec.rollbackTo', '--api-version=extensions/v1beta1']);
  assert.match(explained, /VERSION:\s+extensions\/v1beta1[^]*revision\s+<integer>/);

  const istio = manifest('004-deployment-istio-manager-extensions-v1beta1.yaml');
  assert.match(
    await kubectl.does(['apply', '-f', istio]),
    /^deployment\.apps\/istio-manager created$|^deployment\.extensions\/istio-manager created$/m,
  );
  assert.match(await kubectl.does(['apply', '-f', istio]), /unchanged|configured/);
  const name = 'deployments.v1beta1.extensions/istio-manager';
  assert.equal(await kubectl.does(['scale', name, '--replicas=2']), 'deployment.extensions/istio-manager scaled\n');
  const key = { namespace: 'default', name: 'istio-manager' };
  assert.equal((await client.get(deployments, key)).spec?.replicas, 2);
  const path = '{.apiVersion} {.spec.strategy.rollingUpdate.maxSurge} {.spec.replicas}';
  assert.equal(await kubectl.does(['get', name, '-o', `jsonpath=${path}`]), 'extensions/v1beta1 1 2');
  assert.match(
    await kubectl.does(['get', 'deployments.extensions']),
    /^NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nistio-manager\s/,
  );
  await kubectl.does(['label', name, 'seen=yes']);
  await kubectl.does(['annotate', name, 'why=because']);
  await kubectl.does(['patch', name, '-p', '{"spec":{"paused":true}}']);
  const { metadata, spec } = await client.get(deployments, key);
  assert.deepEqual([metadata.labels?.['seen'], metadata.annotations?.['why'], spec?.paused], ['yes', 'because', true]);
  assert.match(await kubectl.does(['describe', name]), /Name:\s+istio-manager/);

  await kubectl.does(['apply', '-f', manifest('023-cronjob-hello-batch-v2alpha1.yaml')]);
  await kubectl.does(['patch', 'cronjobs.v1.batch/hello', '-p', '{"spec":{"timeZone":"Etc/UTC"}}']);
  await kubectl.does(['patch', 'cronjobs.v2alpha1.batch/hello', '-p', '{"spec":{"suspend":true}}']);
  await kubectl.does(['annotate', 'cronjobs.v2alpha1.batch/hello', 'touched=yes']);
  const job = await client.get(cronJobs, { namespace: 'default', name: 'hello' });
  assert.deepEqual(
    [job.spec.suspend, job.spec.timeZone, job.metadata.annotations?.['touched']],
    [true, 'Etc/UTC', 'yes'],
  );

  const flat = kubectl.file(
    'ingress.yaml',
    `
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: a.example.com, http: {paths: [{path: /, backend: {serviceName: web, servicePort: 80}}]}}]}
`,
  );
  await kubectl.does(['create', '-f', flat]);
  const [rule] = (await client.get(ingresses, { namespace: 'default', name: 'web' })).spec?.rules ?? [];
  assert.deepEqual(rule?.http?.paths[0]?.backend, { service: { name: 'web', port: { number: 80 } } });
  await kubectl.does(['replace', '-f', flat]);
  await kubectl.does(['delete', '-f', flat]);

  await kubectl.does(['apply', '-f', manifest('045-daemonset-sematext-agent-extensions-v1beta1.yaml')]);
  const generation = '{.spec.templateGeneration} {.spec.updateStrategy.type}';
  const agent = 'daemonsets.v1beta1.extensions/sematext-agent';
  assert.equal(await kubectl.does(['get', agent, '-o', `jsonpath=${generation}`]), '1 OnDelete');
  await kubectl.does(['delete', name, agent, 'cronjobs.v2alpha1.batch/hello', '--wait=false']);
  for (let i = 0; i < waitsMax && (await client.list(deployments, {})).items.length > 0; i++) await sleep(20);
  assert.deepEqual((await client.list(deployments, {})).items, []);
});
