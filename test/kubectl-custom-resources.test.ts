/** A definition and its resources with real kubectl: applied, printed, scaled, changed, refused, deleted. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { programPath } from '../tools/programs.ts';
import { definition } from './custom-resources.ts';

class Kubectl implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'kutter-kubectl-'));

  constructor(cluster: TestCluster) {
    writeFileSync(join(this.#home, 'config'), cluster.kubeconfig());
  }

  /** What it prints, and whether it succeeded. */
  run(args: readonly string[], input = ''): Promise<{ readonly ok: boolean; readonly text: string }> {
    const environment = { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: join(this.#home, 'config') };
    return new Promise((resolve) => {
      const options = { env: environment, timeout: 30_000 };
      const child = execFile(programPath('kubectl-1.35'), args, options, (error, out, err) =>
        resolve({ ok: error === null, text: `${out}${err}`.trim() }),
      );
      child.stdin?.end(input);
    });
  }

  async does(command: string, input?: unknown): Promise<string> {
    const { ok, text } = await this.run(command.split(' '), input === undefined ? '' : JSON.stringify(input));
    assert.ok(ok, `kubectl ${command}: ${text}`);
    return text;
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

const widget = (spec: object): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'a', namespace: 'default' },
  spec,
});

void test('kubectl works with a custom resource as with any other', async () => {
  await using cluster = await startApiServer({ https: true });
  using kubectl = new Kubectl(cluster);
  const version = {
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
    },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  };
  const names = { shortNames: ['wd'], categories: ['all'] };
  const made = await kubectl.does('apply -f -', definition('widgets', 'Widget', { version, names }));
  assert.equal(made, 'customresourcedefinition.apiextensions.k8s.io/widgets.example.com created');
  const established = await kubectl.does('wait --for=condition=Established crd/widgets.example.com --timeout=10s');
  assert.match(established, /condition met/);
  assert.match(
    await kubectl.does('api-resources --api-group=example.com'),
    /^widgets +wd +example.com\/v1 +true +Widget$/m,
  );
  assert.equal(await kubectl.does('apply -f -', widget({ size: 1, replicas: 1 })), 'widget.example.com/a created');
  assert.equal(await kubectl.does('apply -f -', widget({ size: 2, replicas: 1 })), 'widget.example.com/a configured');
  assert.equal(await kubectl.does('apply -f -', widget({ size: 2, replicas: 1 })), 'widget.example.com/a unchanged');
  assert.match(await kubectl.does('get wd'), /^NAME +SIZE\na +2$/);
  assert.match(await kubectl.does('get all'), /widget.example.com\/a +2/);
  assert.match(await kubectl.does('get widget a -o jsonpath={.spec.color}'), /^red$/);
  assert.match(await kubectl.does('scale widget/a --replicas=3'), /scaled/);
  assert.equal(await kubectl.does('get widget a -o jsonpath={.spec.replicas}'), '3');
  assert.match(await kubectl.does('label widget a x=y'), /labeled/);
  assert.match(await kubectl.does('describe widget a'), /Spec:\n +Color: +red/);
  const patch = ['patch', 'widget', 'a', '--type=merge', '--subresource=status', '-p', '{"status":{"replicas":2}}'];
  assert.match((await kubectl.run(patch)).text, /patched/);
  const applied = await kubectl.does('apply --server-side --force-conflicts -f -', widget({ size: 4 }));
  assert.equal(applied, 'widget.example.com/a serverside-applied');
  const refused = await kubectl.run(['apply', '--validate=false', '-f', '-'], JSON.stringify(widget({ size: 40 })));
  assert.match(refused.text, /spec.size: Invalid value: 40: spec.size in body should be less than or equal to 10/);
  assert.ok(!refused.ok);
  const unknown = await kubectl.run(['apply', '-f', '-'], JSON.stringify(widget({ size: 1, odd: 1 })));
  assert.match(unknown.text, /unknown field "spec.odd"/);
  assert.match(
    await kubectl.does('explain widget.spec'),
    /GROUP: +example.com\nKIND: +Widget[^]* {2}size\t<integer> -required-/,
  );
  assert.match(await kubectl.does('delete crd widgets.example.com'), /"widgets.example.com" deleted/);
  assert.match(
    (await kubectl.run(['get', 'widgets'])).text,
    /could not find the requested resource|doesn't have a resource type/,
  );
});
