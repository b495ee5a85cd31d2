/** The part of the kubectl tour that looks: discovery, every output, selectors, paging, watches, access, the cluster. */
import assert from 'node:assert/strict';
import { until } from '../until.ts';
import type { Kubectl } from './kubectl.ts';

export async function discovers(kubectl: Kubectl): Promise<void> {
  const resources = await kubectl.does('api-resources -o wide');
  assert.match(resources, /^deployments +deploy +(apps\/v1 +)?(apps +)?true +Deployment +\S*create\S*/m);
  assert.match(resources, /^componentstatuses +cs +(v1 +)?false +ComponentStatus/m);
  await kubectl.matches('api-resources --namespaced=false -o name --verbs=list,get', /^nodes$/m);
  const namesOf = async (group: string): Promise<string> => kubectl.does(`api-resources --api-group=${group} -o name`);
  assert.deepEqual((await namesOf('apps')).trim().split('\n'), [
    'controllerrevisions.apps',
    'daemonsets.apps',
    'deployments.apps',
    'replicasets.apps',
    'statefulsets.apps',
  ]);
  const versions = (await kubectl.does('api-versions')).trim().split('\n');
  for (const version of ['v1', 'apps/v1', 'resource.k8s.io/v1', 'autoscaling/v2', 'flowcontrol.apiserver.k8s.io/v1'])
    assert.ok(versions.includes(version), version);
  await kubectl.matches('version', /v1\.36\.0/);
  await kubectl.matches('cluster-info', /is running at .*https:\/\/127\.0\.0\.1:\d+/);
  await kubectl.matches('explain deployment.spec.replicas', /replicas\s+<integer>[^]*Number of desired pods/);
  await kubectl.matches('explain pods.spec.containers.lifecycle', /lifecycle\s+<(Lifecycle|Object)>/);
  await kubectl.fails('explain pods.spec.nothing', /^error: field "nothing" does not exist\n$/);
  await kubectl.fails('get things', /^error: the server doesn't have a resource type "things"\n$/);
  await kubectl.prints('get --raw /readyz', 'ok');
  await kubectl.fails(
    'get --raw /nothing',
    /^Error from server \(NotFound\): the server could not find the requested resource\n$/,
  );
  await kubectl.fails('top nodes', /^error: Metrics API not available\n$/);
  await kubectl.fails('top pods', /^error: Metrics API not available\n$/);
}

const three = ['a', 'b', 'c'].map(
  (name, index) => `
apiVersion: v1
kind: Pod
metadata: {name: read-${name}, labels: {set: read, rank: "${3 - index}"}}
spec: {nodeName: node-${index % 2}, containers: [{name: c, image: "nginx:${index}"}]}
`,
);

export async function reads(kubectl: Kubectl): Promise<void> {
  await kubectl.does('apply -f -', three.join('---'));
  await kubectl.does('wait pods -l set=read --for=condition=Ready --timeout=30s');
  const get = 'get pods -l set=read';
  await kubectl.matches(
    `${get} -o wide`,
    /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\nread-a +1\/1 +Running +0 +\d+s +10\.244\.0\.\d+ +node-0 +<none> +<none>\nread-b +1\/1 +Running +0 +\d+s +10\.244\.1\.\d+ +node-1 /,
  );
  await kubectl.prints(`${get} -o name`, 'pod/read-a\npod/read-b\npod/read-c');
  await kubectl.prints(`${get} -o jsonpath={.items[*].spec.nodeName}`, 'node-0 node-1 node-0');
  await kubectl.prints(
    `${get} -o 'custom-columns=N:.metadata.name,I:.spec.containers[*].image,X:.no'`,
    'N        I         X\nread-a   nginx:0   <none>\nread-b   nginx:1   <none>\nread-c   nginx:2   <none>',
  );
  await kubectl.prints(`${get} -o 'go-template={{range .items}}{{.metadata.name}};{{end}}'`, 'read-a;read-b;read-c;');
  await kubectl.matches('get pod read-a -o yaml', /^apiVersion: v1\nkind: Pod\nmetadata:\n/);
  const { kind, items } = JSON.parse(await kubectl.does(`${get} -o json`)) as { kind: string; items: object[] };
  assert.deepEqual([kind, items.length], ['List', 3]);
  await kubectl.prints(`${get} --sort-by={.metadata.labels.rank} -o name`, 'pod/read-c\npod/read-b\npod/read-a');
  await kubectl.prints(`${get} --chunk-size=1 -o name`, 'pod/read-a\npod/read-b\npod/read-c');
  await kubectl.matches(`${get} --chunk-size=2`, /^NAME[^\n]*\n(read-\w [^\n]*\n){3}$/);
  await kubectl.matches(`${get} -L rank --show-labels`, /^NAME .* RANK +LABELS\nread-a .* 3 +rank=3,set=read$/m);
  await kubectl.prints('get pods --field-selector spec.nodeName=node-1,metadata.name=read-b -o name', 'pod/read-b');
  await kubectl.prints(`${get} --field-selector status.phase!=Running -o name`, '');
  await kubectl.prints(`get pods -l 'rank in (1,2),set' -o name`, 'pod/read-b\npod/read-c');
  await kubectl.prints(`get pods -l 'set=read,rank notin (1),!none' -o name`, 'pod/read-a\npod/read-b');
  await kubectl.fails(
    'get pods --field-selector spec.x=y',
    /^Error from server \(BadRequest\): Unable to find "\/v1, Resource=pods" that match label selector "", field selector "spec\.x=y": field label not supported: spec\.x\n$/,
  );
  await kubectl.fails(`get pods -l 'a in'`, /unable to parse requirement: found '' expected: '\('/);
  await kubectl.matches('get all', /^pod\/read-a +1\/1 +Running/m);
  await kubectl.matches(
    'get nodes,ns -A',
    /^node\/node-0 +Ready +<none> +\d+s +v1\.36\.0$[^]*^namespace\/default +Active/m,
  );
  await kubectl.matches('describe pod read-a', /^Status: +Running\n[^]*^Events:\n[^]*Started +\d+s/m);
  await kubectl.matches('describe node node-0', /^Allocated resources:\n/m);
  await kubectl.matches('get events --field-selector involvedObject.name=read-a', /Normal +Started +pod\/read-a /);
  if (!kubectl.old) {
    await kubectl.matches('events --for pod/read-a', /Normal +Started +Pod\/read-a /);
    await kubectl.matches('get pod read-a --subresource=status -o name', /^pod\/read-a$/m);
    await kubectl.prints(`wait pod/read-a '--for=jsonpath={.status.phase}=Running'`, 'pod/read-a condition met');
  }
  await kubectl.prints(
    'wait --for=condition=Ready pod/read-a pod/read-b',
    'pod/read-a condition met\npod/read-b condition met',
  );
  await kubectl.fails(
    'wait --for=condition=No pod/read-a --timeout=1s',
    /^error: timed out waiting for the condition on pods\/read-a\n$/,
  );
  await kubectl.fails('wait --for=condition=Ready pod/none', /pods "none" not found\n$/);
}

export async function watches(kubectl: Kubectl): Promise<void> {
  const watch = kubectl.follow('get cm --watch --no-headers -o custom-columns=N:.metadata.name,V:.data.v');
  const only = kubectl.follow('get cm --watch-only --output-watch-events -l watched=yes -o name');
  const events = kubectl.follow('get cm -l watched=yes --watch --output-watch-events --no-headers');
  try {
    await until(
      () => watch.lines().some((line) => line.startsWith('kube-root-ca')),
      () => 'it lists first',
    );
    await kubectl.does('create cm watched --from-literal=v=1');
    await kubectl.does('label cm watched watched=yes');
    await kubectl.does(`patch cm watched -p '{"data":{"v":"2"}}'`);
    await kubectl.does('label cm watched watched-');
    await kubectl.does('delete cm watched');
    const seen = (): string[] => watch.lines().filter((line) => line.startsWith('watched'));
    await until(
      () => seen().length >= 5 && only.lines().length >= 3 && events.lines().length >= 3,
      () => `the watches show ${JSON.stringify([seen(), only.lines(), events.lines()])}`,
    );
    assert.deepEqual(
      seen().map((line) => line.replace(/ +/g, ' ')),
      ['watched 1', 'watched 1', 'watched 2', 'watched 2', 'watched 2'],
    );
    assert.deepEqual(
      events.lines().map((line) => line.split(/ +/).slice(0, 3).join(' ')),
      ['ADDED watched 1', 'MODIFIED watched 1', 'DELETED watched 1'],
    );
  } finally {
    for (const one of [watch, only, events]) one.stop();
  }
}

export async function decidesAccess(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('auth can-i create pods', 'yes');
  await kubectl.prints('auth can-i list pods --as=system:serviceaccount:default:robot', 'yes');
  const refused = await kubectl.run('auth can-i delete pods --as=eve');
  assert.deepEqual([refused.out.trim(), refused.code], ['no', 1]);
  await kubectl.prints('auth can-i get /metrics --as=eve', 'yes');
  await kubectl.matches('auth can-i --list --as=eve', /^pods\/log +\[\] +\[\] +\[get list\]$/m);
  await kubectl.fails(
    'get secrets --as=eve',
    /^Error from server \(Forbidden\): secrets is forbidden: User "eve" cannot list resource "secrets" in API group "" in the namespace "default"\n$/,
  );
  await kubectl.does('get pods --as=someone --as-group=team');
  if (!kubectl.old) {
    await kubectl.matches(
      'auth whoami',
      /^Username +kubernetes-super-admin\nGroups +\[system:masters system:authenticated\]/m,
    );
    await kubectl.matches('auth whoami --as=eve -o json', /"username": "eve"/);
  }
  kubectl.file(
    'rules.yaml',
    `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reconciled, namespace: default}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, watch]}]
`,
  );
  await kubectl.matches(
    'auth reconcile -f rules.yaml',
    /^role\.rbac\.authorization\.k8s\.io\/reconciled reconciled\n(\treconciliation required create\n\tmissing rules added:\n\t\t\{Verbs:\[get watch\] |$)/,
  );
  await kubectl.prints('get role reconciled -o jsonpath={.rules[0].verbs}', '["get","watch"]');
}
