/** The part of the kubectl tour that makes, changes and deletes objects. */
import assert from 'node:assert/strict';
import { deletedText, type Kubectl } from './kubectl.ts';

const settings = (data: string, labels = '{app: kept}'): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: ${labels}}
data: ${data}
`;

export async function applies(kubectl: Kubectl): Promise<void> {
  kubectl.file('settings.yaml', settings('{a: "1", b: "2"}'));
  await kubectl.prints('apply -f settings.yaml --dry-run=client', 'configmap/settings created (dry run)');
  await kubectl.prints('apply -f settings.yaml --dry-run=server', 'configmap/settings created (server dry run)');
  await kubectl.prints('apply -f settings.yaml', 'configmap/settings created');
  await kubectl.prints('apply -f settings.yaml', 'configmap/settings unchanged');
  await kubectl.prints('diff -f settings.yaml', '');
  kubectl.file('settings.yaml', settings('{a: "1", c: "3"}'));
  const { out, code } = await kubectl.run('diff -f settings.yaml');
  assert.equal(code, 1);
  assert.match(out, /^\+ {2}c: "3"$/m);
  assert.match(out, /^- {2}b: "2"$/m);
  await kubectl.prints('apply -f settings.yaml --dry-run=server', 'configmap/settings configured (server dry run)');
  await kubectl.prints('apply -f settings.yaml', 'configmap/settings configured');
  await kubectl.prints('get cm settings -o jsonpath={.data}', '{"a":"1","c":"3"}');
  await kubectl.matches('apply view-last-applied cm settings', /^ {2}c: "3"$/m);
  await kubectl.prints('apply -f settings.yaml -o name', 'configmap/settings');
  await kubectl.prints('apply -f - --dry-run=server -o jsonpath={.data.piped}', 'yes', settings('{piped: "yes"}'));
}

export async function appliesOnTheServer(kubectl: Kubectl): Promise<void> {
  kubectl.file('ssa.yaml', settings('{a: mine}').replaceAll('settings', 'shared'));
  await kubectl.prints(
    'apply --server-side -f ssa.yaml --dry-run=server',
    'configmap/shared serverside-applied (server dry run)',
  );
  await kubectl.prints('apply --server-side -f ssa.yaml', 'configmap/shared serverside-applied');
  await kubectl.prints('apply --server-side -f ssa.yaml --field-manager=second', 'configmap/shared serverside-applied');
  kubectl.file('theirs.yaml', settings('{a: theirs}').replaceAll('settings', 'shared'));
  await kubectl.fails(
    'apply --server-side -f theirs.yaml --field-manager=second',
    /^error: Apply failed with 1 conflict: conflict with "kubectl"( using v1)?: \.data\.a\n/i,
  );
  await kubectl.prints(
    'apply --server-side -f theirs.yaml --field-manager=second --force-conflicts',
    'configmap/shared serverside-applied',
  );
  await kubectl.prints('get cm shared -o jsonpath={.data.a}', 'theirs');
  await kubectl.prints(
    `get cm shared -o 'jsonpath={range .metadata.managedFields[*]}{.manager}:{.operation} {end}'`,
    'kubectl:Apply second:Apply',
  );
}

export async function prunes(kubectl: Kubectl): Promise<void> {
  const two = ['first', 'second'].map((name) => settings('{k: v}', '{app: pruned}').replace('settings', name));
  kubectl.file('both.yaml', two.join('---'));
  kubectl.file('one.yaml', two[0] ?? '');
  await kubectl.prints('apply -f both.yaml', 'configmap/first created\nconfigmap/second created');
  const allowed = kubectl.old ? '--prune-whitelist' : '--prune-allowlist';
  await kubectl.prints(
    `apply -f one.yaml --prune -l app=pruned ${allowed}=core/v1/ConfigMap`,
    'configmap/first unchanged\nconfigmap/second pruned',
  );
  await kubectl.prints('get cm -l app=pruned -o name', 'configmap/first');
}

export async function kustomizes(kubectl: Kubectl): Promise<void> {
  kubectl.file(
    'overlay/kustomization.yaml',
    'namePrefix: dev-\nresources: [cm.yaml]\nconfigMapGenerator: [{name: made, literals: [k=v]}]\n',
  );
  kubectl.file('overlay/cm.yaml', settings('{k: v}'));
  const said = await kubectl.does('apply -k overlay');
  assert.match(said, /^configmap\/dev-made-\w{10} created\nconfigmap\/dev-settings created\n$/);
  assert.equal(await kubectl.does('apply -k overlay'), said.replaceAll('created', 'unchanged'));
  assert.equal((await kubectl.does('kustomize overlay')).match(/^kind:/gm)?.length, 2);
  await kubectl.matches('delete -k overlay', /dev-settings" deleted/);
}

export async function changes(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('label cm settings tier=back', 'configmap/settings labeled');
  await kubectl.fails(
    'label cm settings tier=front',
    /^error: 'tier' already has a value \(back\), and --overwrite is false\n$/,
  );
  await kubectl.prints('label cm settings tier=front --overwrite', 'configmap/settings labeled');
  await kubectl.prints('label cm settings tier-', `configmap/settings ${kubectl.old ? '' : 'un'}labeled`);
  await kubectl.prints('annotate cm settings note=x', 'configmap/settings annotated');
  await kubectl.prints('annotate cm --all note=y --overwrite -o name', (await kubectl.does('get cm -o name')).trim());
  await kubectl.prints('annotate cm settings note-', 'configmap/settings annotated');
  await kubectl.prints(`patch cm settings -p '{"data":{"p":"1"}}'`, 'configmap/settings patched');
  await kubectl.prints(`patch cm settings -p '{"data":{"p":"1"}}'`, 'configmap/settings patched (no change)');
  await kubectl.prints(`patch cm settings --type=merge -p '{"data":{"p":null}}'`, 'configmap/settings patched');
  await kubectl.prints(
    `patch cm settings --type=json -p '[{"op":"add","path":"/data/j","value":"2"}]'`,
    'configmap/settings patched',
  );
  await kubectl.fails(
    `patch cm settings --type=json -p '[{"op":"remove","path":"/data/none"}]'`,
    /^The request is invalid(: the server rejected our request due to an error in our request)?\n$/,
  );
  await kubectl.fails(
    `patch cm settings -p '{"data":{"j":{}}}'`,
    /^The request is invalid: patch: Invalid value: "map\[data:map\[j:map\[\]\]\]": unrecognized type: string\n$/,
  );
  await kubectl.prints('get cm settings -o jsonpath={.data}', '{"a":"1","c":"3","j":"2"}');
  kubectl.environment['KUBE_EDITOR'] = `sed -i 's/j: "2"/j: "edited"/'`;
  await kubectl.prints('edit cm settings', 'configmap/settings edited');
  await kubectl.prints('get cm settings -o jsonpath={.data.j}', 'edited');
  kubectl.environment['KUBE_EDITOR'] = 'true';
  assert.equal((await kubectl.run('edit cm settings')).err, 'Edit cancelled, no changes made.\n');
  kubectl.environment['KUBE_EDITOR'] =
    `sed -i 's/^immutable.*//;s/^kind: ConfigMap/immutable: true\\nkind: ConfigMap/'`;
  await kubectl.prints('edit cm settings', 'configmap/settings edited');
  await kubectl.fails(
    `patch cm settings -p '{"data":{"a":"9"}}'`,
    /^The ConfigMap "settings" is invalid: data: Forbidden: field is immutable when `immutable` is set\n$/,
  );
  kubectl.file('settings.yaml', settings('{a: replaced}'));
  await kubectl.fails('replace -f settings.yaml', /immutable: Forbidden: field is immutable when `immutable` is set/);
  const forced = await kubectl.does('replace --force -f settings.yaml');
  assert.equal(forced, `configmap "settings" ${deletedText(kubectl)}\nconfigmap/settings replaced\n`);
  await kubectl.prints('replace -f settings.yaml', 'configmap/settings replaced');
  await kubectl.prints('get cm settings -o jsonpath={.data}', '{"a":"replaced"}');
}

/** Every generator of `kubectl create`, and what it makes. */
export async function creates(kubectl: Kubectl): Promise<void> {
  kubectl.file('app.properties', 'x=1\n');
  kubectl.file('app.env', 'A=1\nB=2\n');
  kubectl.file('folder/one', '1');
  kubectl.file('folder/two', '2');
  await kubectl.prints('create namespace made', 'namespace/made created');
  await kubectl.does('create cm literals --from-literal=a=1 --from-literal=b=2');
  await kubectl.does('create cm files --from-file=app.properties --from-file=other=app.properties --from-file=folder');
  await kubectl.does('create cm envs --from-env-file=app.env');
  await kubectl.prints(
    'get cm files -o jsonpath={.data}',
    JSON.stringify({ 'app.properties': 'x=1\n', one: '1', other: 'x=1\n', two: '2' }),
  );
  await kubectl.prints('get cm envs -o jsonpath={.data}', '{"A":"1","B":"2"}');
  await kubectl.prints(
    'create secret generic plain --from-literal=p=s3 --type=example.com/own',
    'secret/plain created',
  );
  await kubectl.prints('get secret plain -o jsonpath={.type}:{.data.p}', 'example.com/own:czM=');
  await kubectl.does('create secret docker-registry pull --docker-username=u --docker-password=p --docker-email=e@x.y');
  await kubectl.prints('get secret pull -o jsonpath={.type}', 'kubernetes.io/dockerconfigjson');
  await kubectl.prints('create serviceaccount robot', 'serviceaccount/robot created');
  await kubectl.prints(
    'create quota small --hard=pods=50,count/secrets=40 --scopes=NotBestEffort'.replace(',count/secrets=40', ''),
    'resourcequota/small created',
  );
  await kubectl.fails(
    'create quota wrong --hard=configmaps=1 --scopes=BestEffort',
    /^(error: failed to create quota: |The )ResourceQuota "wrong" is invalid: spec\.scopes: Invalid value: \["BestEffort"\]: unsupported scope applied to resource/,
  );
  await kubectl.prints(
    'create priorityclass high --value=1000 --description=first',
    'priorityclass.scheduling.k8s.io/high created',
  );
  await kubectl.prints(
    'create role reader --verb=get,list --resource=pods,pods/log',
    'role.rbac.authorization.k8s.io/reader created',
  );
  await kubectl.prints(
    'create rolebinding readers --role=reader --serviceaccount=default:robot --user=eve --group=team',
    'rolebinding.rbac.authorization.k8s.io/readers created',
  );
  await kubectl.prints(
    'create clusterrole sees --verb=get --non-resource-url=/metrics',
    'clusterrole.rbac.authorization.k8s.io/sees created',
  );
  await kubectl.prints(
    `create clusterrole all --aggregation-rule='rbac.example.com/agg=true'`,
    'clusterrole.rbac.authorization.k8s.io/all created',
  );
  await kubectl.prints(
    'create clusterrolebinding see --clusterrole=sees --user=eve',
    'clusterrolebinding.rbac.authorization.k8s.io/see created',
  );
  await kubectl.prints('create deployment gen --image=nginx:1 --replicas=1 --port=80', 'deployment.apps/gen created');
  await kubectl.prints(
    `create ingress path --class=c --rule='foo.com/bar=svc:8080,tls=cert' --default-backend=d:http`,
    'ingress.networking.k8s.io/path created',
  );
  await kubectl.matches('describe ingress path', /^TLS:\n +cert terminates foo\.com\n/m);
  await kubectl.matches('get ingress path', /^path +c +foo\.com +80, 443 +\d+s$/m);
  await kubectl.prints('create job once --image=busybox -- true', 'job.batch/once created');
  await kubectl.prints(
    `create cronjob nightly --image=busybox --schedule='0 3 * * *' -- true`,
    'cronjob.batch/nightly created',
  );
  // The old one does not know CronJob in the version that is preferred today.
  if (!kubectl.old) {
    await kubectl.prints('create job manual --from=cronjob/nightly', 'job.batch/manual created');
    await kubectl.prints(
      `get job manual -o 'jsonpath={.metadata.annotations.cronjob\\.kubernetes\\.io/instantiate} {.metadata.ownerReferences[0].kind}'`,
      'manual CronJob',
    );
  }
  await kubectl.prints(
    'create pdb keep --selector=app=gen --min-available=1',
    'poddisruptionbudget.policy/keep created',
  );
  await kubectl.prints('create service clusterip ip --tcp=80:8080', 'service/ip created');
  await kubectl.prints('create service clusterip headless --clusterip=None', 'service/headless created');
  await kubectl.prints('create service nodeport np --tcp=80 --node-port=30123', 'service/np created');
  await kubectl.prints('create service loadbalancer lb --tcp=80', 'service/lb created');
  await kubectl.prints('create service externalname ext --external-name=x.y', 'service/ext created');
  await kubectl.matches(
    'get svc headless np lb ext'.replace('headless', 'ip headless'),
    /^ip +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP +\d+s\nheadless +ClusterIP +None +<none> +<none> +\d+s\nnp +NodePort +10\.96\.\d+\.\d+ +<none> +80:30123\/TCP +\d+s\nlb +LoadBalancer +10\.96\.\d+\.\d+ +<pending> +80:3\d{4}\/TCP +\d+s\next +ExternalName +<none> +x\.y +<none> +\d+s$/m,
  );
  await kubectl.fails(
    'create service nodeport np2 --tcp=80 --node-port=30123',
    /^(error: failed to create NodePort service: |The )Service "np2" is invalid: spec\.ports\[0\]\.nodePort: Invalid value: 30123: provided port is already allocated\n$/,
  );
  await kubectl.fails(
    'create namespace made',
    /^Error from server \(AlreadyExists\): namespaces "made" already exists\n$/,
  );
  if (!kubectl.old) {
    const token = (await kubectl.does('create token robot --duration=1h --audience=x')).trim();
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([claims['sub'], claims['aud']], ['system:serviceaccount:default:robot', ['x']]);
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 3600);
    await kubectl.fails('create token nobody', /serviceaccounts "nobody" not found/);
  }
  await kubectl.matches('describe quota small', /^Scopes: +NotBestEffort\n/m);
  await kubectl.matches('describe rolebinding readers', /ServiceAccount +robot +default\n/);
}

export async function deletes(kubectl: Kubectl): Promise<void> {
  await kubectl.prints(
    'delete cm settings --dry-run=server',
    `configmap "settings" deleted${kubectl.old || kubectl.version === '1.32' ? '' : ' from default namespace'} (server dry run)`,
  );
  await kubectl.does('get cm settings');
  await kubectl.prints('delete cm settings', `configmap "settings" ${deletedText(kubectl)}`);
  await kubectl.prints('delete cm settings --ignore-not-found', '');
  await kubectl.fails('delete cm settings', /^Error from server \(NotFound\): configmaps "settings" not found\n$/);
  for (const [cascade, left] of [
    ['orphan', 1],
    ['foreground', 0],
    ['background', 0],
  ] as const) {
    const name = `cascade-${cascade}`;
    await kubectl.does(`create deployment ${name} --image=nginx`);
    await kubectl.comesTo(`get rs -l app=${name} -o name`, /^replicaset/);
    await kubectl.does(`delete deployment ${name} --cascade=${cascade} --wait`);
    if (left === 1) {
      await kubectl.matches(`get rs -l app=${name} -o jsonpath={.items[*].metadata.ownerReferences}`, /^$/);
      await kubectl.does(`delete rs -l app=${name}`);
    } else if (cascade === 'foreground') {
      assert.equal(await kubectl.does(`get rs,pods -l app=${name} -o name`), '');
    }
    await kubectl.comesTo(`get rs,pods -l app=${name} -o name`, /^$/);
  }
  await kubectl.does('run alone --image=nginx');
  await kubectl.matches('delete pod alone --force --grace-period=0', /^pod "alone" force deleted/);
  await kubectl.does('create cm inside --from-literal=k=v -n made');
  await kubectl.does(`patch cm inside -n made --type=merge -p '{"metadata":{"finalizers":["example.com/keep"]}}'`);
  await kubectl.prints('delete ns made --wait=false', 'namespace "made" deleted');
  await kubectl.comesTo(
    `get ns made -o 'jsonpath={.status.phase} {.status.conditions[?(@.type=="NamespaceFinalizersRemaining")].message}'`,
    /^Terminating Some content in the namespace has finalizers remaining: example\.com\/keep in 1 resource instances$/,
  );
  await kubectl.fails(
    'create cm late -n made',
    /^(Error from server \(Forbidden\)|error: failed to create configmap): configmaps "late" is forbidden: unable to create new content in namespace made because it is being terminated\n$/,
  );
  // The old one fails when what it waits for is gone already.
  const waits = kubectl.run('wait --for=delete ns/made --timeout=30s');
  await kubectl.does(`patch cm inside -n made --type=merge -p '{"metadata":{"finalizers":null}}'`);
  const { code, err } = await waits;
  assert.ok(code === 0 || kubectl.old, err);
  await kubectl.fails('get ns made', /namespaces "made" not found/);
  await kubectl.does('delete deployments,svc,jobs,cronjobs,pdb,ingress,quota,cm --all');
}
