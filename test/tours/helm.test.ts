/**
 * Helm of today and of yesterday: a chart with definitions, hooks, a test and lookups goes through its whole life. Helm 4
 * applies on the server and watches until everything is ready.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';

const chart = {
  'Chart.yaml': 'apiVersion: v2\nname: tour\nversion: 1.0.0\nappVersion: "1"\n',
  'values.yaml': 'replicas: 1\nimage: nginx:1\nextra: true\nfails: false\n',
  'crds/widgets.yaml': `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.tour.example.com}
spec:
  group: tour.example.com
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
`,
  'templates/app.yaml': `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {release: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
{{- if .Values.fails }}
      annotations: {io.kutter.simulate: '{"execExitCode": 1}'}
{{- end }}
    spec:
      containers:
      - name: app
        image: {{ .Values.image }}
{{- if .Values.fails }}
        readinessProbe: {exec: {command: ["false"]}, periodSeconds: 1}
{{- end }}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-seen}
data:
  namespace: {{ (lookup "v1" "Namespace" "" .Release.Namespace).metadata.uid | quote }}
  maps: {{ len (lookup "v1" "ConfigMap" .Release.Namespace "").items | quote }}
  version: {{ .Capabilities.KubeVersion.Version | quote }}
  hasJobs: {{ .Capabilities.APIVersions.Has "batch/v1/Job" | quote }}
---
apiVersion: tour.example.com/v1
kind: Widget
metadata: {name: {{ .Release.Name }}}
spec: {size: {{ .Values.replicas }}}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: extra}
data: {k: v}
{{- end }}
`,
  'templates/hooks.yaml': `
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-prepare
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
    io.kutter.simulate: '{"exitAfterMs": 10}'
spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: after
  annotations: {helm.sh/hook: post-install}
---
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-check
  annotations: {helm.sh/hook: test, io.kutter.simulate: '{"exitAfterMs": 10}'}
spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
`,
};

void test('a chart goes through its life', { concurrency: 2, timeout: 150_000 }, async (t) => {
  await Promise.all(([4, 3] as const).map((version) => t.test(`Helm ${version}`, (own) => life(own, version))));
});

async function life(t: TestContext, version: Tour['version']): Promise<void> {
  await using cluster = await startCluster({ https: true });
  using helm = new Program(programPath(version === 4 ? 'helm' : 'helm-3'), cluster);
  using kubectl = new Program(programPath('kubectl-1.35'), cluster);
  for (const [name, text] of Object.entries(chart)) helm.file(`tour/${name}`, text);
  const tour = { helm, kubectl, version };
  await t.test('install', () => installs(tour));
  await t.test('upgrade and rollback', () => upgrades(tour));
  await t.test('an upgrade that fails', () => failsAndGoesBack(tour));
  await t.test('uninstall', () => uninstalls(tour));
}

interface Tour {
  readonly helm: Program;
  readonly kubectl: Program;
  readonly version: 3 | 4;
}

async function installs({ helm, kubectl, version }: Tour): Promise<void> {
  // A dry run does not install the definitions.
  await helm.fails(
    'install shop tour --dry-run=server',
    /no matches for kind "Widget" in version "tour\.example\.com\/v1"/,
  );
  await kubectl.prints('get deploy -o name', '');
  await helm.matches('install shop tour --wait --timeout=60s', /^STATUS: deployed\nREVISION: 1\n/m);
  await kubectl.prints('get deploy shop -o jsonpath={.status.readyReplicas}', '1');
  await kubectl.prints('get pod shop-prepare -o jsonpath={.status.phase}', 'Succeeded');
  await kubectl.prints('get widget shop -o jsonpath={.spec.size}', '1');
  await kubectl.prints('get cm after -o name', 'configmap/after');
  const uid = await kubectl.does('get ns default -o jsonpath={.metadata.uid}');
  const { version: server, ...seen } = JSON.parse(await kubectl.does('get cm shop-seen -o jsonpath={.data}')) as Record<
    string,
    string
  >;
  assert.deepEqual(seen, { namespace: uid, maps: '1', hasJobs: 'true' });
  assert.match(server ?? '', /^v1\.36\.0\b/);
  await kubectl.prints(
    `get deploy shop -o 'jsonpath={.metadata.labels.app\\.kubernetes\\.io/managed-by} {.metadata.annotations.meta\\.helm\\.sh/release-name} {.metadata.managedFields[0].manager} {.metadata.managedFields[0].operation}'`,
    version === 4 ? 'Helm shop helm Apply' : 'Helm shop helm Update',
  );
  await helm.matches('list', /^shop\s+default\s+1\s+\S+ \S+ \S+ \S+\s+deployed\s+tour-1\.0\.0\s+1\s*$/m);
  await helm.matches('status shop', /^STATUS: deployed$/m);
  await helm.matches('get manifest shop', /^kind: Widget$/m);
  await helm.matches('test shop', /^TEST SUITE: +shop-check[^]*^Phase: +Succeeded$/m);
  await helm.fails('install shop tour', /cannot (re-use|reuse) a name that is still in use/);
  await helm.fails(
    'install other tour',
    /ConfigMap "extra" in namespace "default" exists and cannot be imported into the current release: invalid ownership metadata/,
  );
  await helm.run('uninstall other');
}

async function upgrades({ helm, kubectl }: Tour): Promise<void> {
  await helm.matches(
    'upgrade shop tour --set replicas=2,extra=false,image=nginx:2 --wait --timeout=60s',
    /^REVISION: 2$/m,
  );
  await kubectl.prints(
    'get deploy shop -o jsonpath={.status.updatedReplicas}:{.spec.template.spec.containers[0].image}',
    '2:nginx:2',
  );
  await kubectl.prints('get widget shop -o jsonpath={.spec.size}', '2');
  await kubectl.fails('get cm extra', /configmaps "extra" not found/);
  await helm.matches('rollback shop 1 --wait --timeout=60s', /^Rollback was a success! Happy Helming!$/m);
  await kubectl.prints(
    'get deploy shop -o jsonpath={.spec.replicas}:{.spec.template.spec.containers[0].image}',
    '1:nginx:1',
  );
  await kubectl.prints('get cm extra -o jsonpath={.data.k}', 'v');
  const history = (await helm.does('history shop'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').map((cell) => cell.trim()));
  assert.deepEqual(
    history.map((cells) => [cells[0], cells[2], cells[5]]),
    [
      ['REVISION', 'STATUS', 'DESCRIPTION'],
      ['1', 'superseded', 'Install complete'],
      ['2', 'superseded', 'Upgrade complete'],
      ['3', 'deployed', 'Rollback to 1'],
    ],
  );
}

async function failsAndGoesBack({ helm, kubectl, version }: Tour): Promise<void> {
  const back = version === 4 ? '--rollback-on-failure' : '--atomic';
  await helm.fails(
    `upgrade shop tour --set fails=true,image=nginx:3 ${back} --timeout=3s`,
    /UPGRADE FAILED: release shop failed, and has been rolled back due to (rollback-on-failure|atomic) being set/,
  );
  await kubectl.prints('get deploy shop -o jsonpath={.spec.template.spec.containers[0].image}', 'nginx:1');
  await helm.matches('history shop', /^4\s.*failed[^]*^5\s.*deployed\s.*Rollback to 3/m);
  await helm.fails(
    'upgrade shop tour --set replicas=-1',
    /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/,
  );
  await kubectl.prints('get deploy shop -o jsonpath={.spec.replicas}', '1');
}

async function uninstalls({ helm, kubectl }: Tour): Promise<void> {
  await helm.prints('uninstall shop --wait --timeout=60s', 'release "shop" uninstalled');
  await kubectl.prints('get deploy,svc,widgets -l release=shop -o name', '');
  await kubectl.prints('get secrets -l owner=helm -o name', '');
  await helm.fails('status shop', /release: not found/);
  // Definitions stay.
  await kubectl.prints(
    'get crd widgets.tour.example.com -o name',
    'customresourcedefinition.apiextensions.k8s.io/widgets.tour.example.com',
  );
}
