/**
 * A tour with real kubectl, the newest and a very old one, against a control plane without nodes: every way of writing,
 * reading, watching and deleting that needs no container.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps, deployments } from '../src/api/mod.ts';
import { startCluster, type TestCluster } from '../src/main/testing.ts';
import { programPath } from '../tools/programs.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.7.7, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
`;

class Kubectl extends Program {
  readonly manifest = this.file('web.yaml', manifest);
}

for (const program of ['kubectl-1.35', 'kubectl-1.20']) {
  test(`${program} finds its way`, { timeout: 200_000 }, async (t) => {
    await using cluster = await startCluster({ https: true, nodes: 0 });
    using kubectl = new Kubectl(programPath(program), cluster);
    await t.test('discovery', () => discovers(kubectl));
    await t.test('apply, and reading in every form', () => reads(kubectl, cluster));
    await t.test('watch', () => watches(kubectl, cluster));
    await t.test('changes', () => changes(kubectl));
    await t.test('rollouts', () => rollsOut(kubectl, cluster));
    await t.test('dry runs and refusals', () => refuses(kubectl));
    await t.test('deletion', () => deletes(kubectl));
  });
}

async function discovers(kubectl: Kubectl): Promise<void> {
  await kubectl.matches('api-resources', /^deployments +deploy +apps\/v1 +true +Deployment$/m);
  await kubectl.matches('api-resources --namespaced=false -o name', /^nodes$/m);
  await kubectl.matches('api-versions', /^apps\/v1$[^]*^v1$/m);
  await kubectl.matches('version', /v1\.36\.0/);
  await kubectl.matches('explain deployment.spec.replicas', /replicas\s+<integer>[^]*Number of desired pods/);
  await kubectl.matches(
    'explain pod.spec.containers.lifecycle',
    /lifecycle\s+<(Lifecycle|Object)>[^]*DESCRIPTION:\s+\S+/,
  );
  await kubectl.prints('get --raw /healthz', 'ok');
  await kubectl.prints('auth can-i create pods', 'yes');
  await kubectl.matches('get namespaces', /^NAME +STATUS +AGE\ndefault +Active +\d+s$/m);
}

async function reads(kubectl: Kubectl, { client }: TestCluster): Promise<void> {
  const apply = `apply -f ${kubectl.manifest}`;
  await kubectl.prints(apply, 'deployment.apps/web created\nservice/web created\nconfigmap/settings created');
  const revisions = async (): Promise<unknown> =>
    (await client.get(configMaps, { namespace: 'default', name: 'settings' })).metadata.resourceVersion;
  const before = await revisions();
  await kubectl.prints(apply, 'deployment.apps/web unchanged\nservice/web unchanged\nconfigmap/settings unchanged');
  assert.equal(await revisions(), before);
  await until(
    async () => ((await client.get(deployments, { namespace: 'default', name: 'web' })).status?.replicas ?? 0) === 2,
    'the pods are made',
  );
  await kubectl.matches('get deploy', /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/2 +2 +0 +\d+s\n$/);
  await kubectl.matches(
    'get svc web',
    /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +10\.96\.7\.7 +<none> +80\/TCP +\d+s\n$/,
  );
  await kubectl.matches(
    'get pods -o wide',
    /NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nweb-[a-z0-9]+-[a-z0-9]{5} +0\/1 +Pending +0 /,
  );
  // An old one does not know the flag.
  if (!(await kubectl.does('version --client')).includes('1.20'))
    await kubectl.matches('get deploy web --subresource=scale', /^NAME +DESIRED +AVAILABLE +AGE\nweb +2 +2 +\d+s\n$/);
  await kubectl.prints('get cm settings -o jsonpath={.data.a}', '1');
  await kubectl.prints('get cm settings -o name', 'configmap/settings');
  await kubectl.prints('get cm settings -o custom-columns=N:.metadata.name,A:.data.a --no-headers', 'settings   1');
  await kubectl.matches('get cm settings -o yaml', /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\nmetadata:\n/);
  assert.equal((JSON.parse(await kubectl.does('get cm settings -o json')) as { kind: string }).kind, 'ConfigMap');
  await kubectl.matches(
    'get all --chunk-size=1',
    /pod\/web-[^]*service\/web [^]*deployment\.apps\/web [^]*replicaset\.apps\/web-/,
  );
  await kubectl.prints('get cm --field-selector metadata.name=settings -o name', 'configmap/settings');
  await kubectl.prints('get pods -l app!=web -o name', '');
  await kubectl.matches('get cm -A --sort-by=.metadata.name', /^NAMESPACE +NAME +DATA +AGE$/m);
  await kubectl.matches(
    'describe deploy web',
    /Replicas: +2 desired \| 2 updated \| 2 total \| 0 available \| 2 unavailable[^]*NewReplicaSet: +web-\w+ \(2\/2 replicas created\)/,
  );
  await kubectl.matches('describe cm settings', /Data\n====\na:\n----\n1\n/);
  await kubectl.matches('get events', /ScalingReplicaSet +deployment\/web +Scaled up replica set web-\w+ from 0 to 2/);
}

async function watches(kubectl: Kubectl, { client }: TestCluster): Promise<void> {
  const watch = kubectl.follow('get cm -w --no-headers -o custom-columns=N:.metadata.name,V:.data.v');
  await until(() => watch.lines().some((line) => line.startsWith('settings')), 'it lists first');
  const key = { namespace: 'default', name: 'watched' };
  await client.create(configMaps, { metadata: key, data: { v: '1' } });
  await client.patch(configMaps, key, { type: 'merge', body: { data: { v: '2' } } });
  await client.delete(configMaps, key);
  const seen = (): string[] =>
    watch
      .lines()
      .filter((line) => line.startsWith('watched'))
      .map((line) => line.replace(/ +/g, ' '));
  await until(() => seen().length >= 3, 'it shows the changes');
  watch.stop();
  assert.deepEqual(seen(), ['watched 1', 'watched 2', 'watched 2']);
}

async function changes(kubectl: Kubectl): Promise<void> {
  await kubectl.prints(`patch cm settings -p '{"data":{"b":"2"}}'`, 'configmap/settings patched');
  await kubectl.prints(`patch cm settings --type=merge -p '{"data":{"c":"3"}}'`, 'configmap/settings patched');
  await kubectl.prints(
    `patch cm settings --type=json -p '[{"op":"remove","path":"/data/b"}]'`,
    'configmap/settings patched',
  );
  await kubectl.prints('get cm settings -o jsonpath={.data}', '{"a":"1","c":"3"}');
  await kubectl.prints('label cm settings tier=back', 'configmap/settings labeled');
  await kubectl.prints('annotate cm settings note=x', 'configmap/settings annotated');
  await kubectl.prints('get cm -l tier=back -o name', 'configmap/settings');
  await kubectl.prints(
    'label cm settings tier-',
    `configmap/settings ${(await kubectl.does('version --client')).includes('1.20') ? 'labeled' : 'unlabeled'}`,
  );
  await kubectl.prints('create cm made --from-literal=k=v', 'configmap/made created');
  await kubectl.matches(`replace -f ${kubectl.manifest}`, /^configmap\/settings replaced$/m);
  await kubectl.prints('get cm settings -o jsonpath={.data}', '{"a":"1"}');
  kubectl.environment['KUBE_EDITOR'] = `sed -i 's/a: "1"/a: "9"/'`;
  await kubectl.prints('edit cm settings', 'configmap/settings edited');
  await kubectl.prints('get cm settings -o jsonpath={.data.a}', '9');
}

async function rollsOut(kubectl: Kubectl, { client }: TestCluster): Promise<void> {
  const observed = async (): Promise<boolean> => {
    const { metadata, status } = await client.get(deployments, { namespace: 'default', name: 'web' });
    return status?.observedGeneration === metadata.generation;
  };
  await kubectl.prints('scale deploy web --replicas=3', 'deployment.apps/web scaled');
  await until(observed, 'the scale is observed');
  await kubectl.prints('get deploy web -o jsonpath={.spec.replicas}', '3');
  await kubectl.prints('set image deploy/web web=nginx:2', 'deployment.apps/web image updated');
  await until(observed, 'the image is observed');
  await until(
    async () => (await kubectl.does('get rs -o name')).trim().split('\n').length === 2,
    'there are two replica sets',
  );
  await kubectl.prints(
    'rollout history deploy web',
    'deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>',
  );
  await kubectl.matches('rollout history deploy web --revision=1', /Image:\s+nginx:1/);
  await kubectl.prints('rollout undo deploy web', 'deployment.apps/web rolled back');
  await kubectl.prints('get deploy web -o jsonpath={.spec.template.spec.containers[0].image}', 'nginx:1');
}

async function refuses(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('create cm dry --from-literal=k=v --dry-run=server -o name', 'configmap/dry');
  await kubectl.fails('get cm dry', /^Error from server \(NotFound\): configmaps "dry" not found\n$/);
  await kubectl.prints(
    'delete cm settings --dry-run=server',
    (await kubectl.does('delete cm settings --dry-run=server')).trim(),
  );
  await kubectl.does('get cm settings');
  await kubectl.fails('create cm made --from-literal=k=v', /configmaps "made" already exists\n$/);
  await kubectl.fails(
    'create cm Made --from-literal=k=v',
    /ConfigMap "Made" is invalid: metadata\.name: Invalid value: "Made": a lowercase RFC 1123 subdomain/,
  );
  await kubectl.fails('get things', /the server doesn't have a resource type "things"/);
  await kubectl.fails('get pods --field-selector spec.x=y', /field label not supported: spec\.x/);
  await kubectl.fails(
    `patch cm made --type=json -p '[{"op":"test","path":"/data/k","value":"w"}]'`,
    /The request is invalid/,
  );
  await kubectl.fails('create cm far --from-literal=k=v -n nowhere', /namespaces "nowhere" not found/);
}

async function deletes(kubectl: Kubectl): Promise<void> {
  await kubectl.matches('delete cm made --wait', /^configmap "made" deleted/);
  await kubectl.does('run alone --image=x');
  await kubectl.matches('delete pod alone --force --grace-period=0', /^pod "alone" force deleted/);
  await kubectl.matches(
    `delete -f ${kubectl.manifest} --wait`,
    /^deployment\.apps "web" deleted[^]*service "web" deleted[^]*configmap "settings" deleted/,
  );
  await until(async () => (await kubectl.does('get rs,pods -o name')) === '', 'what it owned is collected');
  await kubectl.prints('create ns other', 'namespace/other created');
  await kubectl.does('create cm inside --from-literal=k=v -n other');
  await kubectl.prints('delete ns other --wait', 'namespace "other" deleted');
  await kubectl.fails('get ns other', /namespaces "other" not found/);
}
