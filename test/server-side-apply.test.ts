/**
 * Server-side apply and managed fields as clients see them: over HTTP with bare requests for what is exact, and with real
 * kubectl and Helm for what people do.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configMaps, deployments } from '../src/api/mod.ts';
import type { DeepReadonly } from '../src/base/mod.ts';
import type { KubeObject } from '../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { programPath } from '../tools/programs.ts';

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs real programs against a cluster, with a home of their own. */
class Programs implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'kutter-apply-'));
  readonly #environment: NodeJS.ProcessEnv;

  constructor(cluster: TestCluster) {
    const kubeconfig = join(this.#home, 'config');
    writeFileSync(kubeconfig, cluster.kubeconfig());
    this.#environment = { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: kubeconfig };
  }

  file(name: string, text: string): string {
    const path = join(this.#home, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  run(program: string, ...words: string[]): Promise<Said> {
    return new Promise((resolve) => {
      const options = { env: this.#environment, timeout: 30_000 };
      execFile(programPath(program), words, options, (error, out, err) => {
        resolve({ out, err, code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1 });
      });
    });
  }

  kubectl(command: string, ...more: string[]): Promise<Said> {
    return this.run('kubectl-1.35', ...command.split(' '), ...more);
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true });
  }
}

function succeeded({ out, err, code }: Said): string {
  assert.equal(code, 0, err);
  return out.trim();
}

function deployment(replicas: number, image = 'nginx:1'): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}", ports: [{containerPort: 80}]}]}
`;
}

function owners({ metadata = {} }: DeepReadonly<KubeObject>): string[] {
  return (metadata.managedFields ?? []).map(
    ({ manager = '', operation = '', subresource }) =>
      `${manager} ${operation}${subresource === undefined ? '' : ` ${subresource}`}`,
  );
}

test('kubectl applies, is in conflict, forces, and scales', async () => {
  await using cluster = await startApiServer({ https: true });
  using programs = new Programs(cluster);
  const key = { namespace: 'default', name: 'web' };
  const apply = (text: string, ...more: string[]): Promise<Said> =>
    programs.kubectl('apply --server-side -f', programs.file('web.yaml', text), ...more);

  assert.equal(succeeded(await apply(deployment(2))), 'deployment.apps/web serverside-applied');
  const first = await cluster.client.get(deployments, key);
  assert.deepEqual(owners(first), ['kubectl Apply']);
  succeeded(await apply(deployment(2)));
  const again = await cluster.client.get(deployments, key);
  assert.equal(again.metadata?.resourceVersion, first.metadata?.resourceVersion, 'the same again writes nothing');

  const refused = await apply(deployment(3, 'nginx:2'), '--field-manager', 'other');
  assert.equal(refused.code, 1);
  assert.deepEqual(refused.err.split('\n').slice(0, 3), [
    'error: Apply failed with 2 conflicts: conflicts with "kubectl":',
    '- .spec.replicas',
    '- .spec.template.spec.containers[name="web"].image',
  ]);
  succeeded(await apply(deployment(3, 'nginx:2'), '--field-manager', 'other', '--force-conflicts'));
  succeeded(await programs.kubectl('scale deployment web --replicas=5'));
  const scaled = await cluster.client.get(deployments, key);
  assert.equal(scaled.spec?.replicas, 5);
  assert.deepEqual(owners(scaled).toSorted(), ['kubectl Apply', 'kubectl Update scale', 'other Apply']);
  assert.match(
    (await apply(deployment(2, 'nginx:2'))).err,
    /^error: Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas\n/,
  );
});

test('kubectl goes over from client-side apply to server-side apply', async () => {
  await using cluster = await startApiServer({ https: true });
  using programs = new Programs(cluster);
  const manifest = (data: string): string =>
    programs.file('c.yaml', `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: ${data}\n`);
  succeeded(await programs.kubectl('apply -f', manifest('{a: "1", b: "2"}')));
  const before = await cluster.client.get(configMaps, { namespace: 'default', name: 'c' });
  assert.deepEqual(owners(before), ['kubectl-client-side-apply Update']);
  succeeded(await programs.kubectl('apply --server-side -f', manifest('{a: "3"}')));
  const after = await cluster.client.get(configMaps, { namespace: 'default', name: 'c' });
  assert.deepEqual(after.data, { a: '3' });
  assert.deepEqual(owners(after).toSorted(), ['kubectl Apply', 'kubectl-last-applied Apply']);
  assert.deepEqual(
    JSON.parse(after.metadata?.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? ''),
    {
      apiVersion: 'v1',
      data: { a: '3' },
      kind: 'ConfigMap',
      metadata: { name: 'c', namespace: 'default' },
    },
  );
  const unknown = await programs.kubectl('apply --server-side -f', manifest('{a: "3"}\nfoo: bar'));
  assert.equal(
    unknown.err.trim(),
    'Error from server: failed to create typed patch object (default/c; /v1, Kind=ConfigMap): .foo: field not declared in schema',
  );
  assert.equal(
    succeeded(await programs.kubectl('apply --server-side --dry-run=server -f', manifest('{a: "4"}'))),
    'configmap/c serverside-applied (server dry run)',
  );
  assert.deepEqual((await cluster.client.get(configMaps, { namespace: 'default', name: 'c' })).data, { a: '3' });
});

test('Helm installs, upgrades and takes away what a chart no longer has', async () => {
  await using cluster = await startApiServer({ https: true });
  using programs = new Programs(cluster);
  programs.file('chart/Chart.yaml', 'apiVersion: v2\nname: chart\nversion: 0.1.0\n');
  programs.file('chart/values.yaml', 'replicas: 2\nextra: true\n');
  programs.file('chart/templates/web.yaml', deployment(2).replace('replicas: 2', 'replicas: {{ .Values.replicas }}'));
  const chart = programs
    .file(
      'chart/templates/config.yaml',
      '{{ if .Values.extra }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: "1"}\n{{ end }}\n',
    )
    .replace('/templates/config.yaml', '');
  succeeded(await programs.run('helm', 'install', 'release', chart));
  const key = { namespace: 'default', name: 'web' };
  const installed = await cluster.client.get(deployments, key);
  assert.deepEqual(owners(installed), ['helm Apply']);
  succeeded(await programs.run('helm', 'upgrade', 'release', chart, '--set', 'replicas=4,extra=false'));
  const upgraded = await cluster.client.get(deployments, key);
  assert.equal(upgraded.spec?.replicas, 4);
  assert.deepEqual(owners(upgraded), ['helm Apply']);
  await assert.rejects(cluster.client.get(configMaps, { namespace: 'default', name: 'extra' }), { reason: 'NotFound' });
  succeeded(await programs.run('helm', 'rollback', 'release', '1'));
  const back = await cluster.client.get(deployments, key);
  assert.equal(back.spec?.replicas, 2);
  succeeded(await programs.run('helm', 'uninstall', 'release'));
  await assert.rejects(cluster.client.get(deployments, key), { reason: 'NotFound' });
});
