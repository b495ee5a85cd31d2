import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '../../base/mod.ts';
import { systemClock } from '../system.ts';
import { apiServerNames, Pki, requests } from './mod.ts';

const names = apiServerNames({
  clusterDomain: 'cluster.local',
  serviceIp: '10.96.0.1',
  more: ['192.0.2.7', 'node-1', 'fd00::7'],
});
const dayMs = 86_400_000;

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kutter-pki-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const open = (directory: string, more: Partial<Parameters<typeof Pki.open>[0]> = {}): Promise<Pki> =>
  Pki.open({ keep: { directory }, clock: systemClock, names, ...more });

function openssl(...args: string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
}

test('what is issued is what openssl accepts, under the strict rules', async (t) => {
  const directory = join(folder(t), 'pki');
  const pki = await open(directory);
  await pki.credential('kubelet-server', requests.kubeletServing('node-1', ['192.0.2.7']));
  await pki.credential('admin', requests.admin);
  const verify = (file: string, purpose: string, ca = 'ca'): string =>
    openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      purpose,
      '-CAfile',
      join(directory, `${ca}.crt`),
      join(directory, `${file}.crt`),
    );
  for (const file of ['apiserver', 'kubelet-server']) assert.match(verify(file, 'sslserver'), /: OK/);
  for (const file of ['apiserver-kubelet-client', 'admin']) assert.match(verify(file, 'sslclient'), /: OK/);
  assert.match(verify('front-proxy-client', 'sslclient', 'front-proxy-ca'), /: OK/);
  assert.throws(() => verify('front-proxy-client', 'sslclient'));
  assert.throws(() => verify('admin', 'sslserver'));
  for (const name of ['kubernetes', 'kubernetes.default.svc.cluster.local', 'localhost', 'node-1'])
    assert.match(openssl('x509', '-in', join(directory, 'apiserver.crt'), '-noout', '-checkhost', name), /does match/);
  for (const ip of ['127.0.0.1', '10.96.0.1', '192.0.2.7', 'fd00::7'])
    assert.match(openssl('x509', '-in', join(directory, 'apiserver.crt'), '-noout', '-checkip', ip), /does match/);
  assert.match(
    openssl('x509', '-in', join(directory, 'admin.crt'), '-noout', '-subject'),
    /O = kubeadm:cluster-admins, CN = kubernetes-admin/,
  );
  assert.match(openssl('pkey', '-pubin', '-in', join(directory, 'sa.pub'), '-noout', '-text'), /prime256v1/);
});

test('keys are for nobody else', async (t) => {
  const directory = join(folder(t), 'pki');
  await open(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  const files = readdirSync(directory).sort();
  assert.deepEqual(files, [
    'apiserver-kubelet-client.crt',
    'apiserver-kubelet-client.key',
    'apiserver.crt',
    'apiserver.key',
    'ca.crt',
    'ca.key',
    'front-proxy-ca.crt',
    'front-proxy-ca.key',
    'front-proxy-client.crt',
    'front-proxy-client.key',
    'sa.key',
    'sa.pub',
  ]);
  for (const file of files) assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file);
});

test('a later start finds everything and writes nothing', async (t) => {
  const directory = folder(t);
  const first = await open(directory);
  const admin = await first.credential('admin', requests.admin);
  const before = stats(directory);
  const second = await open(directory);
  assert.deepEqual(await second.credential('admin', requests.admin), admin);
  assert.deepEqual(second.serving, first.serving);
  assert.equal(second.tokens.keyId, first.tokens.keyId);
  assert.deepEqual(stats(directory), before);
});

test('a later start does not load the library', async (t) => {
  const directory = folder(t);
  await open(directory);
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(specifier, context, next) { if (/x509|reflect/.test(specifier)) console.log('loads ' + specifier); return next(specifier, context); } });
    const { Pki } = await import(${JSON.stringify(join(import.meta.dirname, 'mod.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../system.ts'))});
    await Pki.open({ keep: { directory: ${JSON.stringify(directory)} }, clock: systemClock, names: ${JSON.stringify(names)} });`;
  assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }), '');
  unlinkSync(join(directory, 'apiserver.crt'));
  assert.match(
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }),
    /loads @peculiar\/x509/,
  );
});

function stats(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((file) => [
      file,
      readFileSync(join(directory, file), 'utf8') + statSync(join(directory, file)).mtimeMs,
    ]),
  );
}

test('certificates are renewed for other names, in their last fifth, and when the key is another one', async (t) => {
  const directory = folder(t);
  const clock = new VirtualClock({ startMs: Date.UTC(2030, 0, 1), rest: () => Promise.resolve() });
  const first = await open(directory, { clock });
  await clock.advance(290 * dayMs);
  assert.equal((await open(directory, { clock })).serving.certificate, first.serving.certificate);
  const other = await open(directory, { clock, names: [...names, 'node-2'] });
  assert.notEqual(other.serving.certificate, first.serving.certificate);
  assert.match(new X509Certificate(other.serving.certificate).subjectAltName ?? '', /DNS:node-2/);
  await clock.advance(10 * dayMs);
  const later = await open(directory, { clock });
  assert.notEqual(later.kubeletClient.certificate, first.kubeletClient.certificate);
  assert.equal(later.ca, first.ca);
  writeFileSync(
    join(directory, 'apiserver.key'),
    readFileSync(join(directory, 'admin.key'.replace('admin', 'front-proxy-client'))),
  );
  const repaired = await open(directory, { clock });
  assert.ok(new X509Certificate(repaired.serving.certificate).verify(new X509Certificate(first.ca).publicKey));
  assert.notEqual(repaired.serving.certificate, later.serving.certificate);
});

test('a renewed CA keeps its key, so what it signed stays valid', async (t) => {
  const directory = folder(t);
  const clock = new VirtualClock({ startMs: Date.UTC(2030, 0, 1), rest: () => Promise.resolve() });
  const first = await open(directory, { clock });
  await clock.advance(3000 * dayMs);
  const second = await open(directory, { clock });
  assert.notEqual(second.ca, first.ca);
  const leaf = new X509Certificate(first.serving.certificate);
  assert.ok(leaf.checkIssued(new X509Certificate(second.ca)) && leaf.verify(new X509Certificate(second.ca).publicKey));
});

test('a CA that lost its key, or has another one, is not replaced in silence', async (t) => {
  const directory = folder(t);
  await open(directory);
  const key = readFileSync(join(directory, 'ca.key'));
  unlinkSync(join(directory, 'ca.key'));
  await assert.rejects(open(directory), /ca\.crt is there but its key ca\.key is not/);
  writeFileSync(join(directory, 'ca.key'), readFileSync(join(directory, 'sa.key')));
  await assert.rejects(open(directory), /do not belong together/);
  writeFileSync(join(directory, 'ca.key'), 'nonsense');
  await assert.rejects(open(directory), /ca\.key is no private key/);
  writeFileSync(join(directory, 'ca.key'), key);
  await open(directory);
});

test('a folder that was left open is closed', async (t) => {
  const directory = folder(t);
  chmodSync(directory, 0o755);
  await open(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('killed at any moment, the next start has a complete and consistent set', async (t) => {
  const program = `
    const { Pki } = await import(${JSON.stringify(join(import.meta.dirname, 'mod.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../system.ts'))});
    console.log('begin');
    await Pki.open({ keep: { directory: process.argv[1] }, clock: systemClock, names: ['localhost'] });
    console.log('end'); setInterval(() => 1, 1000);`;
  let killedWithin = 0;
  for (let round = 0; round < 6; round++) {
    const directory = join(folder(t), 'pki');
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await waitFor(() => count(directory) > round * 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (count(directory) < 12) killedWithin += 1;
    const pki = await open(directory);
    const ca = new X509Certificate(pki.ca);
    for (const { certificate } of [pki.serving, pki.kubeletClient])
      assert.ok(new X509Certificate(certificate).verify(ca.publicKey));
    assert.deepEqual(await open(directory).then(({ serving }) => serving), pki.serving);
  }
  assert.ok(killedWithin > 0, 'no round was killed in the middle');
});

function count(directory: string): number {
  return existsSync(directory) ? readdirSync(directory).length : 0;
}

async function waitFor(done: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !done(); i++) await new Promise((resolve) => setImmediate(resolve));
}

test('in memory nothing is kept on disk', async () => {
  const pki = await Pki.open({ keep: 'memory', clock: systemClock, names: ['localhost'] });
  const admin = await pki.credential('admin', requests.admin);
  assert.deepEqual(await pki.credential('admin', requests.admin), admin);
});

test('token keys sign and check', async () => {
  const { tokens } = await Pki.open({ keep: 'memory', clock: systemClock, names: ['localhost'] });
  const data = new TextEncoder().encode('a.b');
  const signature = tokens.sign(data);
  assert.ok(tokens.verify(tokens.keyId, 'ES256', data, signature));
  assert.equal(tokens.verify(tokens.keyId, 'RS256', data, signature), false);
  assert.equal(tokens.verify('other', 'ES256', data, signature), false);
  assert.equal(tokens.verify(tokens.keyId, 'ES256', new TextEncoder().encode('a.c'), signature), false);
});
