import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { certificateSigningRequests, clusterRoleBindings, type CertificateSigningRequest } from '../../src/api/mod.ts';
import type { DeepReadonly } from '../../src/base/mod.ts';
import { startApiServer, startCluster, type TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { ask, Files } from './ask.ts';

const run = promisify(execFile);
type Request = DeepReadonly<CertificateSigningRequest>;

interface Wish {
  readonly subject: string;
  readonly names?: string;
  readonly rsa?: true;
}

class Requests {
  readonly #cluster: TestCluster;
  readonly #files: Files;

  constructor(cluster: TestCluster, files: Files) {
    this.#cluster = cluster;
    this.#files = files;
  }

  /** A key and a request for a certificate, made by openssl. */
  async make(name: string, { subject, names, rsa }: Wish): Promise<{ readonly key: string; readonly request: string }> {
    const [key, out] = [this.#files.write(`${name}.key`, ''), this.#files.write(`${name}.csr`, '')];
    const algorithm = rsa === true ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const extensions = names === undefined ? [] : ['-addext', `subjectAltName=${names}`];
    await run('openssl', [
      'req',
      '-new',
      '-newkey',
      ...algorithm,
      '-nodes',
      '-keyout',
      key,
      '-out',
      out,
      '-subj',
      subject,
      ...extensions,
    ]);
    return { key: readFileSync(key, 'utf8'), request: readFileSync(out, 'utf8') };
  }

  create(name: string, request: string, spec: object): Promise<Request> {
    return this.#cluster.client.create(certificateSigningRequests, {
      metadata: { name },
      spec: { request: Buffer.from(request).toString('base64'), ...spec },
    } as CertificateSigningRequest);
  }

  /** As soon as the request is so. */
  async until(name: string, so: (request: Request) => boolean): Promise<Request> {
    const patience = AbortSignal.timeout(10_000);
    while (!patience.aborted) {
      const found = await this.#cluster.client.get(certificateSigningRequests, { name });
      if (so(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return assert.fail(`${name} did not get there`);
  }
}

const conditionOf = (
  { status }: Request,
  type: string,
): { readonly message?: string; readonly reason?: string } | undefined =>
  status?.conditions?.find((condition) => condition.type === type);
const certificateOf = ({ status }: Request): string => Buffer.from(status?.certificate ?? '', 'base64').toString();
const isIssued = (request: Request): boolean => certificateOf(request) !== '';

const client = { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth', 'digital signature'] };
const kubelet = { ...client, signerName: 'kubernetes.io/kube-apiserver-client-kubelet' };
const serving = {
  signerName: 'kubernetes.io/kubelet-serving',
  usages: ['server auth', 'digital signature', 'key encipherment'],
};

test('a user gets a certificate with kubectl certificate approve', async () => {
  using files = new Files();
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const { endpoint } = cluster;
  const requests = new Requests(cluster, files);
  const kubectl = programPath('kubectl-1.35');
  const config = files.write('config', cluster.kubeconfig());
  const call = async (...args: string[]): Promise<string> =>
    (await run(kubectl, ['--kubeconfig', config, ...args], { timeout: 20_000 })).stdout;
  const { key, request } = await requests.make('ann', { subject: '/O=dev/O=ops/CN=ann', rsa: true });
  await requests.create('ann', request, { ...client, expirationSeconds: 3600 });
  assert.match(await call('get', 'csr', 'ann'), /kubernetes-admin +60m +Pending/);
  assert.equal(
    await call('certificate', 'approve', 'ann'),
    'certificatesigningrequest.certificates.k8s.io/ann approved\n',
  );
  const issued = await requests.until('ann', isIssued);
  const certificate = certificateOf(issued);
  const parsed = new X509Certificate(certificate);
  assert.equal(parsed.subject, 'O=dev\nO=ops\nCN=ann');
  assert.ok(parsed.verify(new X509Certificate(endpoint.ca).publicKey));
  assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.2']);
  const lifeMs = Date.parse(parsed.validTo) - Date.now();
  assert.ok(lifeMs > 3_500_000 && lifeMs <= 3_600_000, `${lifeMs}`);
  assert.ok(Date.parse(parsed.validFrom) < Date.now() - 290_000);
  assert.match(await call('get', 'csr', 'ann'), /Approved,Issued/);
  await run('openssl', [
    'verify',
    '-x509_strict',
    '-CAfile',
    files.write('ca', endpoint.ca),
    files.write('crt', certificate),
  ]);
  const { user } = await ask(endpoint, { credential: { certificate, key } });
  const { username, groups } = user as { username: string; groups: string[] };
  assert.deepEqual([username, groups], ['ann', ['dev', 'ops', 'system:authenticated']]);
  await requests.create('bob', request, client);
  assert.match(await call('certificate', 'deny', 'bob'), /bob denied/);
  assert.match(await call('get', 'csr', 'bob'), /Denied/);
});

test('the certificates of kubelets are approved for whoever may have them', async () => {
  using files = new Files();
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const requests = new Requests(cluster, files);
  const subject = '/O=system:nodes/CN=system:node:n1';
  const { request } = await requests.make('n1', { subject });
  const bootstrapper = {
    username: 'system:bootstrap:abcdef',
    groups: ['system:bootstrappers', 'system:authenticated'],
  };
  const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const bind = (name: string, group: string): Promise<unknown> =>
    cluster.client.create(clusterRoleBindings, {
      metadata: { name },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: `system:certificates.k8s.io:certificatesigningrequests:${name}`,
      },
      subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
    });
  const as = (user: typeof node, name: string, pem: string, spec: object): Promise<unknown> =>
    cluster.as(user).create(certificateSigningRequests, {
      metadata: { name },
      spec: { request: Buffer.from(pem).toString('base64'), ...spec },
    } as CertificateSigningRequest);
  await bind('nodeclient', 'system:bootstrappers');
  await cluster.client.create(clusterRoleBindings, {
    metadata: { name: 'bootstrap' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-bootstrapper' },
    subjects: [{ kind: 'Group', name: 'system:bootstrappers', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  await as(bootstrapper, 'first', request, kubelet);
  const first = await requests.until('first', isIssued);
  assert.deepEqual(
    [conditionOf(first, 'Approved')?.reason, conditionOf(first, 'Approved')?.message],
    ['AutoApproved', 'Auto approving kubelet client certificate after SubjectAccessReview.'],
  );
  await bind('selfnodeclient', 'system:nodes');
  await as(node, 'renewed', request, kubelet);
  assert.equal(
    conditionOf(await requests.until('renewed', isIssued), 'Approved')?.message,
    'Auto approving self kubelet client certificate after SubjectAccessReview.',
  );
  // It may have its own only.
  const other = await requests.make('n2', { subject: '/O=system:nodes/CN=system:node:n2' });
  await assert.rejects(as(node, 'foreign', other.request, kubelet), {
    message:
      'certificatesigningrequests.certificates.k8s.io "foreign" is forbidden: can only create a node CSR with CN=system:node:n1',
  });
  const named = await requests.make('n3', { subject, names: 'DNS:n1' });
  await as(bootstrapper, 'named', named.request, kubelet);
  await as(bootstrapper, 'last', request, kubelet);
  await requests.until('last', isIssued);
  assert.deepEqual((await cluster.client.get(certificateSigningRequests, { name: 'named' })).status ?? {}, {});
});

test('each signer has its requirements', async () => {
  using files = new Files();
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const requests = new Requests(cluster, files);
  const nodes = '/O=system:nodes/CN=system:node:n1';
  const approve = async (name: string, wish: Wish, spec: object): Promise<Request> => {
    const { request } = await requests.make(name, wish);
    const created = await requests.create(name, request, spec);
    const conditions = [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by hand' }];
    await cluster.client.update(
      certificateSigningRequests,
      { ...created, status: { conditions } },
      { subresource: 'approval' },
    );
    return requests.until(name, (found) => isIssued(found) || conditionOf(found, 'Failed') !== undefined);
  };
  const names = 'DNS:n1,IP:10.0.0.1';
  const good = new X509Certificate(certificateOf(await approve('serving', { subject: nodes, names }, serving)));
  assert.equal(good.subjectAltName, 'DNS:n1, IP Address:10.0.0.1');
  assert.deepEqual(good.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  const life = (certificate: X509Certificate): number =>
    Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3_600_000);
  assert.equal(life(good), 365 * 24);
  const long = await approve('long', { subject: nodes, names }, { ...serving, expirationSeconds: 2 ** 31 - 1 });
  assert.equal(life(new X509Certificate(certificateOf(long))), 365 * 24, 'no longer than the signer gives');
  const refused: [string, Wish, object, string][] = [
    ['org', { subject: '/O=dev/CN=system:node:n1', names }, serving, 'subject organization is not system:nodes'],
    ['noname', { subject: nodes }, serving, 'DNS or IP subjectAltName is required'],
    ['mail', { subject: nodes, names: `${names},email:a@b` }, serving, 'Email subjectAltNames are not allowed'],
    ['uri', { subject: nodes, names: `${names},URI:https://b` }, serving, 'URI subjectAltNames are not allowed'],
    [
      'cn',
      { subject: '/O=system:nodes/CN=n1', names },
      serving,
      'subject common name does not begin with system:node:',
    ],
    [
      'usage',
      { subject: nodes, names },
      { ...serving, usages: ['client auth'] },
      'usages did not match [digital signature key encipherment server auth]',
    ],
    ['dns', { subject: nodes, names: 'DNS:n1' }, kubelet, 'DNS subjectAltNames are not allowed'],
    ['ip', { subject: nodes, names: 'IP:10.0.0.1' }, kubelet, 'IP subjectAltNames are not allowed'],
    [
      'server',
      { subject: '/CN=ann' },
      { ...client, usages: ['server auth'] },
      'invalid usage for client certificate: server auth',
    ],
    [
      'none',
      { subject: '/CN=ann' },
      { ...client, usages: ['digital signature'] },
      'missing required usage for client certificate: client auth',
    ],
  ];
  for (const [name, wish, spec, message] of refused) {
    const failed = conditionOf(await approve(name, wish, spec), 'Failed');
    assert.deepEqual([failed?.reason, failed?.message], ['SignerValidationFailure', message], name);
  }
});

/** The same request with something done to its bytes. */
function altered(pem: string, change: (der: Buffer) => Buffer): string {
  const der = change(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  return `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
}

const flipped = (at: number) => (der: Buffer) => {
  der.writeUInt8(der.readUInt8((at + der.length) % der.length) ^ 1, (at + der.length) % der.length);
  return der;
};

test('who asks for a certificate must have its key', async () => {
  using files = new Files();
  await using cluster = await startApiServer();
  const requests = new Requests(cluster, files);
  const { request: ec } = await requests.make('ec', { subject: '/CN=ann' });
  const { request: rsa } = await requests.make('rsa', { subject: '/CN=ann', rsa: true });
  const spec = { ...client, expirationSeconds: 3600 };
  for (const [name, pem, problem] of [
    ['ec', altered(ec, flipped(-1)), 'x509: ECDSA verification failure'],
    ['subject', altered(ec, flipped(22)), 'x509: ECDSA verification failure'],
    ['rsa', altered(rsa, flipped(-1)), 'crypto/rsa: verification error'],
    ['short', altered(ec, (der) => der.subarray(0, -3)), 'asn1: syntax error: data truncated'],
  ] as const) {
    const request = Buffer.from(pem).toString('base64');
    await assert.rejects(requests.create(name, pem, spec), {
      code: 422,
      message: `CertificateSigningRequest.certificates.k8s.io "${name}" is invalid: spec.request: Invalid value: "${request}": ${problem}`,
    });
  }
  await requests.create('good', ec, spec);
  await requests.create('fine', rsa, spec);
});
