/** Trust bundles and certificates of pods over HTTP: served where somebody asks for them, and written by those who may. */
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, sign, type KeyObject, type webcrypto } from 'node:crypto';
import { test } from 'node:test';
import {
  BasicConstraintsExtension,
  Pkcs10CertificateRequestGenerator,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { clusterRoleBindings, clusterRoles, startApiServer, type TestCluster } from '../src/main/testing.ts';
import { RawHttp } from './raw-http.ts';

const api = '/apis/certificates.k8s.io';
const bundles = `${api}/v1beta1/clustertrustbundles`;
const requests = `${api}/v1beta1/namespaces/default/podcertificaterequests`;
const flags = { 'runtime-config': 'certificates.k8s.io/v1beta1=true,certificates.k8s.io/v1alpha1=true' };
const signerName = 'example.com/signer';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signingAlgorithm = { ...algorithm, hash: 'SHA-256' };
type Keys = webcrypto.CryptoKeyPair;

const newKeys = (): Promise<Keys> => crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function certificate(keys: Keys, hours: number, ca: boolean): Promise<string> {
  const begin = Math.floor(Date.now() / 1000) * 1000;
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=a',
    notBefore: new Date(begin),
    notAfter: new Date(begin + hours * 3_600_000),
    keys,
    signingAlgorithm,
    extensions: [new BasicConstraintsExtension(ca)],
  });
  return `${made.toString('pem')}\n`;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly message?: string;
    readonly apiVersion?: string;
    readonly spec?: { readonly versionPriority?: number };
    readonly items?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

class Asking implements Disposable {
  readonly #http: RawHttp;
  readonly #cluster: TestCluster;
  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
    this.#http = new RawHttp(cluster.endpoint);
  }

  async send(path: string, object?: object, { method = 'POST', user = '' } = {}): Promise<Answer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { 'content-type': type, ...(user === '' ? {} : { 'impersonate-user': user }) };
    const sent = object === undefined ? { path, headers } : { method, path, headers, body: JSON.stringify(object) };
    const { status, text } = await this.#http.send(sent);
    return { status, body: JSON.parse(text) as Answer['body'] };
  }

  async message(...asked: Parameters<Asking['send']>): Promise<string> {
    const { status, body } = await this.send(...asked);
    return `${status} ${body.message ?? ''}`.trimEnd();
  }

  /** Somebody who may write all of the group, and this for a signer. */
  async allow(user: string, verb: string, signer: string): Promise<void> {
    const group = ['certificates.k8s.io'];
    const rules = [
      { apiGroups: group, resources: ['clustertrustbundles', 'podcertificaterequests/status'], verbs: ['*'] },
      { apiGroups: group, resources: ['signers'], resourceNames: [signer], verbs: [verb] },
    ];
    const metadata = { name: user };
    await this.#cluster.client.create(clusterRoles, { metadata, rules });
    await this.#cluster.client.create(clusterRoleBindings, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
  }

  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }
}

const podSpec = {
  signerName,
  podName: 'p',
  podUID: 'pod-uid',
  serviceAccountName: 's',
  serviceAccountUID: 'account-uid',
  nodeName: 'n',
  nodeUID: 'node-uid',
};

test('each is served where it is asked for, and nothing that upstream has dropped from the same version', async () => {
  const served = async (config: string): Promise<number[]> => {
    await using cluster = await startApiServer({ https: true, flags: { 'runtime-config': config } });
    using asking = new Asking(cluster);
    const paths = [
      bundles,
      `${api}/v1alpha1/clustertrustbundles`,
      requests,
      `${api}/v1beta1/certificatesigningrequests`,
    ];
    const answers = await Promise.all(paths.map((path) => asking.send(path)));
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    const role = await asking.send(`${roles}/system:cluster-trust-bundle-discovery`);
    assert.equal(role.status, answers[0]?.status);
    return answers.map(({ status }) => status);
  };
  assert.deepEqual(await served('api/all=true'), [200, 200, 200, 404]);
  assert.deepEqual(await served('certificates.k8s.io/v1beta1/clustertrustbundles=true'), [200, 404, 404, 404]);
  assert.deepEqual(await served('certificates.k8s.io/v1beta1/podcertificaterequests=true'), [404, 404, 200, 404]);
  assert.deepEqual(await served('certificates.k8s.io/v1beta1/certificatesigningrequests=true'), [404, 404, 404, 404]);
});

test('trust bundles: who attests for a signer says what is trusted in its name', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using asking = new Asking(cluster);
  await asking.allow('attesting', 'attest', 'example.com/*');
  await asking.allow('signing', 'sign', signerName);
  const trustBundle = await certificate(await newKeys(), 1, true);
  const bundle = (name: string, spec: object): object => ({ metadata: { name }, spec });
  const linked = bundle('example.com:signer:a', { signerName, trustBundle });
  const [attesting, signing] = [{ user: 'attesting' }, { user: 'signing' }];
  const refusal = `403 clustertrustbundles.certificates.k8s.io "example.com:signer:a" is forbidden: user not permitted to attest for signerName "example.com/signer"`;
  assert.equal(await asking.message(bundles, linked, signing), refusal);
  assert.equal(await asking.message(bundles, linked, attesting), '201');
  assert.equal(await asking.message(bundles, bundle('plain', { trustBundle }), signing), '201');
  const path = `${bundles}/example.com:signer:a`;
  const patch = { method: 'PATCH', ...signing };
  assert.equal(await asking.message(path, { metadata: { finalizers: ['example.com/kept'] } }, patch), '200');
  assert.equal(await asking.message(path, { metadata: { labels: { a: 'b' } } }, patch), refusal);
  const service = await asking.send('/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.certificates.k8s.io');
  assert.equal(service.body.spec?.versionPriority, 1);
  const selected = await asking.send(
    `${api}/v1alpha1/clustertrustbundles?fieldSelector=spec.signerName%3Dexample.com/signer`,
  );
  assert.equal(selected.body.apiVersion, 'certificates.k8s.io/v1alpha1');
  assert.deepEqual(
    selected.body.items?.map(({ metadata }) => metadata.name),
    ['example.com:signer:a'],
  );
  const invalid =
    'ClusterTrustBundle.certificates.k8s.io "b" is invalid: spec.trustBundle: Invalid value: "<value omitted>":';
  const leaf = await certificate(await newKeys(), 1, false);
  assert.equal(
    await asking.message(bundles, bundle('b', { trustBundle: leaf })),
    `422 ${invalid} entry 0 does not have the CA bit set`,
  );
});

test('requests for pods: made with a key, selected, and issued once by those who may sign', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using asking = new Asking(cluster);
  await asking.allow('signing', 'sign', signerName);
  await asking.allow('attesting', 'attest', signerName);
  const keys = await newKeys();
  const made = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm });
  const stub = Buffer.from(made.rawData);
  const request = (name: string, more: object): object => ({ metadata: { name }, spec: { ...podSpec, ...more } });
  assert.equal(await asking.message(requests, request('a', { stubPKCS10Request: stub.toString('base64') })), '201');
  const forged = Buffer.from(stub);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  const refused = 'PodCertificateRequest.certificates.k8s.io "b" is invalid: spec.';
  assert.equal(
    await asking.message(requests, request('b', { stubPKCS10Request: forged.toString('base64') })),
    `422 ${refused}stubPKCS10Request: Invalid value: x509: ECDSA verification failure`,
  );
  for (const field of ['spec.signerName=example.com/signer', 'spec.podName=p', 'spec.nodeName=n'])
    for (const [operator, count] of [
      ['=', 1],
      ['!=', 0],
    ] as const) {
      const selector = encodeURIComponent(field.replace('=', operator));
      const { body } = await asking.send(`${requests}?fieldSelector=${selector}`);
      assert.equal(body.items?.length, count, selector);
    }
  const certificateChain = await certificate(keys, 2, false);
  const leaf = new X509Certificate(certificateChain);
  const at = (time: number): string => new Date(time).toISOString().replace('.000', '');
  const status = {
    conditions: [{ type: 'Issued', status: 'True', reason: 'Done', message: '' }],
    certificateChain,
    notBefore: at(leaf.notBefore.getTime()),
    beginRefreshAt: at(leaf.notBefore.getTime() + 3_600_000),
    notAfter: at(leaf.notAfter.getTime()),
  };
  const path = `${requests}/a/status`;
  assert.equal(
    await asking.message(path, { status }, { method: 'PATCH', user: 'attesting' }),
    '422 PodCertificateRequest.certificates.k8s.io "a" is invalid: spec.signerName: Forbidden: User "attesting" is not permitted to "sign" for signer "example.com/signer"',
  );
  assert.equal(await asking.message(path, { status }, { method: 'PATCH', user: 'signing' }), '200');
  assert.equal(
    await asking.message(path, { status: { certificateChain: 'x' } }, { method: 'PATCH', user: 'signing' }),
    '422 PodCertificateRequest.certificates.k8s.io "a" is invalid: status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed',
  );
});

test('requests as kubelets before 1.36 make them: a key, and something signed with it', async () => {
  await using cluster = await startApiServer({ https: true, flags });
  using asking = new Asking(cluster);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const edwards = generateKeyPairSync('ed25519');
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN };
  const proofs: [name: string, publicKey: KeyObject, proof: (data: Buffer) => Buffer][] = [
    ['rsa', rsa.publicKey, (data) => sign('sha256', data, { key: rsa.privateKey, ...padding })],
    ['curve', curve.publicKey, (data) => sign('sha256', data, curve.privateKey)],
    ['edwards', edwards.publicKey, (data) => sign(null, data, edwards.privateKey)],
  ];
  for (const [name, publicKey, proof] of proofs) {
    const pkixPublicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    const request = (uid: string): object => ({
      metadata: { name },
      spec: { ...podSpec, pkixPublicKey, proofOfPossession: proof(Buffer.from(uid)).toString('base64') },
    });
    const refusal = `422 PodCertificateRequest.certificates.k8s.io "${name}" is invalid: spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature`;
    assert.equal(await asking.message(requests, request('another-uid')), refusal);
    assert.equal(await asking.message(requests, request('pod-uid')), '201');
  }
});
