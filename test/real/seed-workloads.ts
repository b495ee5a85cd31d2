/** Deployments and restart policies in the default namespace, and endpoints that follow readiness. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../until.ts';
import type { KubectlVersion, RealCluster } from './cluster-fixture.ts';

export function workloadTests(clusterOf: () => RealCluster): void {
  const oneByOne = { concurrency: 1 };
  describe('deployments', oneByOne, () => deploymentTests(clusterOf));
  describe('restart policies', oneByOne, () => restartTests(clusterOf));
  describe('readiness', oneByOne, () => readinessTests(clusterOf));
}

/** The same flow with each kubectl; nothing of the first is left for the second. */
function deploymentTests(clusterOf: () => RealCluster): void {
  for (const version of ['1.35', '1.20'] satisfies KubectlVersion[]) {
    test(`a deployment is created, updated, undone and deleted with kubectl ${version}`, async () => {
      const cluster = clusterOf();
      const created = await cluster.withManifest(version, 'apply', 'deployment-nginx-2replicas');
      assert.equal(created, 'deployment.apps/nginx-deployment created\n');
      await cluster.kubectl(version, 'rollout', 'status', 'deployment/nginx-deployment', '--timeout=60s');
      const table = await cluster.kubectl(version, 'get', 'deployments');
      assert.match(table, /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nnginx-deployment +2\/2 +2 +2 +\d+s\n$/);
      const unchanged = await cluster.withManifest(version, 'apply', 'deployment-nginx-2replicas');
      assert.equal(unchanged, 'deployment.apps/nginx-deployment unchanged\n');

      const configured = await cluster.withManifest(version, 'apply', 'deployment-nginx-1.7.9-3replicas');
      assert.equal(configured, 'deployment.apps/nginx-deployment configured\n');
      const status = await cluster.kubectl(
        version,
        'rollout',
        'status',
        'deployment/nginx-deployment',
        '--timeout=60s',
      );
      assert.match(status, /deployment "nginx-deployment" successfully rolled out\n$/);
      await cluster.row(version, 'get rs', /^nginx-deployment-\w+ {2}3 {2}3 {2}3 {2}/);
      await cluster.row(version, 'get rs', /^nginx-deployment-\w+ {2}0 {2}0 {2}0 {2}/);
      const history = await cluster.kubectl(version, 'rollout', 'history', 'deployment/nginx-deployment');
      assert.equal(
        history.trim(),
        'deployment.apps/nginx-deployment \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>',
      );
      const undone = await cluster.kubectl(version, 'rollout', 'undo', 'deployment/nginx-deployment');
      assert.equal(undone, 'deployment.apps/nginx-deployment rolled back\n');
      await cluster.kubectl(version, 'rollout', 'status', 'deployment/nginx-deployment', '--timeout=60s');
      const images = await cluster.field(
        'default',
        'pods',
        ".items[?(@.metadata.labels.app=='nginx')].spec.containers[0].image",
      );
      assert.match(images, /nginx:1\.14\.2/);

      const selected = await cluster.kubectl(version, 'get', 'pods', '-l', 'app=nginx', '-L', 'app', '--show-labels');
      assert.match(selected, /^NAME +READY +STATUS +RESTARTS +AGE +APP +LABELS\n/);
      assert.match(
        selected,
        /nginx-deployment-\w+-\w+ +1\/1 +Running +0 +\d+s +nginx +app=nginx,pod-template-hash=\w+\n/,
      );
      const deleted = await cluster.kubectl(version, 'delete', 'deployment', 'nginx-deployment');
      assert.match(deleted, /^deployment\.apps "nginx-deployment" deleted/);
      // A container that is told to end before it has begun to listen to signals has its 30 seconds.
      await eventually(60_000, async () => {
        const rest = await cluster.tryKubectl(version, ['get', 'rs,pods', '-l', 'app=nginx']);
        assert.deepEqual([rest.stdout, rest.stderr], ['', 'No resources found in default namespace.\n']);
      });
    });
  }
}

function restartTests(clusterOf: () => RealCluster): void {
  test('restartPolicy Always restarts, OnFailure only after failures, Never not at all', async () => {
    const cluster = clusterOf();
    const name = 'pod-test-restart-policy';
    assert.equal(await cluster.withManifest('1.20', 'create', name), 'pod/test-restart-policy created\n');
    const variants: readonly (readonly [string, string, string])[] = [
      ['never-failed', 'Never', 'sleep 1; exit 1'],
      ['never-completed', 'Never', 'sleep 1'],
      ['onfailure-failed', 'OnFailure', 'sleep 1; exit 1'],
      ['onfailure-completed', 'OnFailure', 'sleep 1'],
    ];
    for (const [pod, policy, script] of variants) {
      const changes = { 'test-restart-policy': pod, Always: policy, 'sleep 10': script };
      assert.equal((await cluster.applyChanged('1.20', name, changes)).stdout, `pod/${pod} created\n`);
    }
    await cluster.row('1.20', 'get pods', /^never-failed {2}0\/1 {2}Error {2}0 {2}/);
    await cluster.row('1.20', 'get pods', /^never-completed {2}0\/1 {2}Completed {2}0 {2}/);
    await cluster.row(
      '1.20',
      'get pods',
      /^onfailure-failed {2}0\/1 {2}(CrashLoopBackOff|Error) {2}[12] \(\d+s ago\) {2}/,
    );
    await cluster.row('1.20', 'get pods', /^onfailure-completed {2}0\/1 {2}Completed {2}0 {2}/);
    // Restarted at once for the first time, after a while for the second.
    await cluster.row('1.20', 'get pods', /^test-restart-policy {2}1\/1 {2}Running {2}1 \(\d+s ago\) {2}/);
    await cluster.row('1.20', 'get pods', /^test-restart-policy {2}0\/1 {2}(Completed|CrashLoopBackOff) {2}1 \(/);
    assert.equal(await cluster.field('default', 'pod/never-failed', '.status.phase'), 'Failed');
    assert.equal(await cluster.field('default', 'pod/never-completed', '.status.phase'), 'Succeeded');
    assert.equal(
      await cluster.field('default', 'pod/never-failed', '.status.containerStatuses[0].state.terminated.exitCode'),
      '1',
    );
    const pods = ['test-restart-policy', ...variants.map(([pod]) => pod)];
    await cluster.kubectl('1.20', 'delete', 'pod', ...pods, '--force', '--grace-period=0');
  });
}

const page = `
apiVersion: v1
kind: Pod
metadata: { name: page, labels: { app: page } }
spec:
  containers:
  - name: page
    image: nginx:1.17.1
    command: [sh, -c, "echo first line; touch /tmp/ready; exec nginx -g 'daemon off;'"]
    readinessProbe: { exec: { command: [cat, /tmp/ready] }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: page }
spec: { selector: { app: page }, ports: [{ port: 80 }] }
`;

function readinessTests(clusterOf: () => RealCluster): void {
  test('endpoints follow readiness, and a service without them refuses', async () => {
    const cluster = clusterOf();
    const sh = (script: string): Promise<string> => cluster.kubectl('1.35', 'exec', 'page', '--', 'sh', '-c', script);
    const { stdout } = await cluster.tryKubectl('1.20', ['create', '-f', '-'], { input: page });
    assert.equal(stdout, 'pod/page created\nservice/page created\n');
    const url = `http://${await cluster.field('default', 'service/page', '.spec.clusterIP')}/`;
    await cluster.row('1.20', 'get endpoints page', /^page {2}10\.244\.0\.\d+:80 {2}\d+s$/);
    await eventually(5_000, async () => assert.match(await cluster.curl(url), /Welcome to nginx!/));
    await sh('rm /tmp/ready');
    await cluster.row('1.20', 'get endpoints page', /^page {2}\d+s$/);
    await cluster.row('1.20', 'get pod page', /^page {2}0\/1 {2}Running {2}0/);
    await eventually(5_000, () => assert.rejects(cluster.curl(url), /Connection refused|Couldn't connect/));
    await sh('touch /tmp/ready');
    await cluster.row('1.20', 'get endpoints page', /^page {2}10\.244\.0\.\d+:80 {2}\d+s$/);
    await eventually(5_000, async () => assert.match(await cluster.curl(url), /Welcome to nginx!/));
  });

  test('logs of the last container and of this one', async () => {
    const cluster = clusterOf();
    const before = await cluster.kubectl('1.20', 'logs', 'page');
    assert.match(before, /^first line\n/);
    await cluster.kubectl('1.35', 'exec', 'page', '--', 'sh', '-c', 'kill -QUIT 1');
    await cluster.row('1.35', 'get pod page', /^page {2}1\/1 {2}Running {2}1 \(\d+s ago\)/);
    const previous = await cluster.kubectl('1.20', 'logs', 'page', '--previous');
    assert.match(previous, /gracefully shutting down/);
    const current = await cluster.kubectl('1.35', 'logs', 'page', '--tail=1000', '--timestamps');
    assert.match(current, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z first line\n/);
    assert.doesNotMatch(current, /shutting down/);
    await cluster.kubectl('1.35', 'delete', 'pod/page', 'service/page');
    const gone = await cluster.tryKubectl('1.20', ['get', 'pod', 'page']);
    assert.equal(gone.stderr, 'Error from server (NotFound): pods "page" not found\n');
  });
}
