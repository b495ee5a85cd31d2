/**
 * Who may do what, as a real kubectl sees it over HTTPS: certificates, tokens of service accounts, RBAC, reviews, eviction.
 * `KUTTER_TEST_KUBECTL` names the kubectl; without it the one in PATH is taken.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pods } from '../../src/api/mod.ts';
import { requests, type CertificateRequest } from '../../src/host/pki/mod.ts';
import { startCluster, type TestCluster } from '../../src/main/testing.ts';

const program = process.env['KUTTER_TEST_KUBECTL'] ?? 'kubectl';
const deadlineMs = 20_000;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl with a kubeconfig and a home of its own. */
class Kubectl implements AsyncDisposable {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static async of(kubeconfig: string): Promise<Kubectl> {
    const home = await mkdtemp(join(tmpdir(), 'kutter-access-'));
    await writeFile(join(home, 'config'), kubeconfig, { mode: 0o600 });
    return new Kubectl(home);
  }

  run(...args: string[]): Promise<Outcome> {
    const env = { PATH: process.env['PATH'] ?? '', HOME: this.#home };
    return new Promise((resolve) => {
      execFile(
        program,
        ['--kubeconfig', join(this.#home, 'config'), ...args],
        { env, timeout: deadlineMs },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr });
        },
      );
    });
  }

  async output(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#home, { recursive: true, force: true });
  }
}

function withToken(kubeconfig: string, token: string): string {
  return kubeconfig.replace(/client-certificate-data: .*/, `token: ${token}`).replace(/ *client-key-data: .*\n/, '');
}

async function accountExists(admin: Kubectl): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++)
    if ((await admin.run('get', 'serviceaccount', 'default')).code === 0) return;
  assert.fail('no controller made the account');
}

async function tokenOf(admin: Kubectl): Promise<string> {
  await accountExists(admin);
  return (await admin.output('create', 'token', 'default')).trim();
}

async function started(): Promise<{ cluster: TestCluster; admin: Kubectl }> {
  const cluster = await startCluster({ https: true });
  return { cluster, admin: await Kubectl.of(cluster.kubeconfig()) };
}

test('an account may do what its bindings allow, from the moment on that they do', async () => {
  const { cluster, admin } = await started();
  await using stack = new AsyncDisposableStack();
  stack.use(cluster);
  stack.use(admin);
  assert.equal(await admin.output('auth', 'can-i', '*', '*'), 'yes\n');
  const account = stack.use(await Kubectl.of(withToken(cluster.kubeconfig(), await tokenOf(admin))));
  const refused = await account.run('get', 'pods');
  assert.match(
    refused.stderr,
    /Error from server \(Forbidden\): pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"/,
  );
  assert.match((await account.run('auth', 'can-i', 'list', 'pods')).stdout, /^no/);
  await admin.output('create', 'rolebinding', 'viewer', '--clusterrole=view', '--serviceaccount=default:default');
  assert.match((await account.run('get', 'pods')).stderr, /No resources found in default namespace/);
  assert.match(await account.output('auth', 'can-i', 'list', 'pods'), /^yes/);
  assert.match((await account.run('auth', 'can-i', 'list', 'secrets')).stdout, /^no/);
  assert.match(await account.output('auth', 'can-i', '--list'), /pods\/log +\[\] +\[\] +\[get list watch\]/);
  assert.match(await account.output('get', '--raw', '/openid/v1/jwks'), /"kty":"EC"/);
  assert.match(
    (
      await account.run(
        'create',
        'rolebinding',
        'mine',
        '--clusterrole=cluster-admin',
        '--serviceaccount=default:default',
      )
    ).stderr,
    /cannot create resource "rolebindings"/,
  );
});

test('a wrong token is nobody, and no token is anonymous', async () => {
  const { cluster, admin } = await started();
  await using stack = new AsyncDisposableStack();
  stack.use(cluster);
  stack.use(admin);
  const wrong = stack.use(await Kubectl.of(withToken(cluster.kubeconfig(), `${await tokenOf(admin)}x`)));
  assert.match((await wrong.run('get', 'pods')).stderr, /You must be logged in to the server|Unauthorized/);
  // A kubectl without credentials asks the person at the keyboard.
  const nobody = async (path: string): Promise<string> => {
    const { server, ca } = cluster.endpoint;
    const [answer] = (await once(get(server + path, { ca }), 'response')) as [IncomingMessage];
    return text(answer);
  };
  assert.match(await nobody('/version'), /gitVersion/);
  assert.match(await nobody('/api/v1/pods'), /User \\"system:anonymous\\" cannot list resource \\"pods\\"/);
});

test('kubectl drain empties a node', async () => {
  const { cluster, admin } = await started();
  await using stack = new AsyncDisposableStack();
  stack.use(cluster);
  stack.use(admin);
  await accountExists(admin);
  await admin.output('run', 'web', '--image=nginx', '--overrides={"spec":{"terminationGracePeriodSeconds":1}}');
  await admin.output('wait', '--for=condition=Ready', 'pod/web', '--timeout=10s');
  assert.match(await admin.output('drain', 'node-0', '--force', '--timeout=15s'), /node\/node-0 (evicted|drained)/);
  assert.equal((await cluster.client.list(pods, { namespace: 'default' })).items.length, 0);
});

test('a certificate makes its holder a node, or an administrator', async () => {
  const { cluster, admin } = await started();
  await using stack = new AsyncDisposableStack();
  stack.use(cluster);
  stack.use(admin);
  const { endpoint } = cluster;
  const as = async (request: CertificateRequest): Promise<Kubectl> => {
    const { certificate, key } = await endpoint.credential(request);
    const data = (pem: string): string => Buffer.from(pem).toString('base64');
    const mine = cluster
      .kubeconfig()
      .replace(/client-certificate-data: .*/, `client-certificate-data: ${data(certificate)}`)
      .replace(/client-key-data: .*/, `client-key-data: ${data(key)}`);
    return stack.use(await Kubectl.of(mine));
  };
  const node = await as(requests.node('node-0'));
  assert.match(await node.output('get', 'node', 'node-0', '-o', 'name'), /node\/node-0/);
  assert.match((await node.run('get', 'nodes')).stderr, /cannot read all nodes, only its own Node object/);
  assert.match(
    (await node.run('get', 'pods', '-A')).stderr,
    /can only list\/watch pods with spec.nodeName field selector/,
  );
  await node.output('get', 'pods', '-A', '--field-selector', 'spec.nodeName=node-0');
  assert.match(
    (await node.run('label', 'node', 'node-0', 'node-role.kubernetes.io/control-plane=')).stderr,
    /is not allowed to modify labels: node-role.kubernetes.io\/control-plane/,
  );
  assert.equal(await (await as(requests.admin)).output('auth', 'can-i', '*', '*', '-A'), 'yes\n');
});
