/**
 * The package as people get it: built, packed, installed into an empty folder, started from there. What works in a clone
 * can still be missing from the tarball; this is the test that notices.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { buildPackage } from '../tools/build.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { version: string };
const folder = mkdtempDisposableSync(join(tmpdir(), 'kutter-package-'));
const app = join(folder.path, 'app');
const installed = join(app, 'node_modules', 'kutter');
let packed: readonly string[] = [];

before(async () => {
  await buildPackage(() => {});
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path], {
    cwd: root,
  });
  const [report] = JSON.parse(stdout) as readonly { filename: string; files: readonly { path: string }[] }[];
  packed = report?.files.map(({ path }) => path) ?? [];
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  const tarball = join(folder.path, report?.filename ?? '');
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], {
    cwd: app,
  });
});

after(() => folder.remove());

/** An environment in which only the system's own programs are found: no node of this clone. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder.path, TMPDIR: tmpdir() };
}

async function kutter(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { cwd: app, env: plainEnvironment() });
  return stdout;
}

test('the tarball holds the program, its documents and no source', () => {
  for (const path of [
    'bin/kutter',
    'dist/kutter.js',
    'README.md',
    'README.zh-CN.md',
    'LICENSE',
    'CHANGELOG.md',
    'NOTICE',
    'dist/descriptions.json',
    'package.json',
  ]) {
    assert.ok(packed.includes(path), `${path} is missing from ${packed.join(' ')}`);
  }
  const strange = packed.filter(
    (path) => !/^(bin\/|dist\/|README|LICENSE$|CHANGELOG\.md$|NOTICE$|package\.json$)/.test(path),
  );
  assert.deepEqual(strange, []);
});

test('kutter --version and --help answer from the installed package', async () => {
  const program = join(app, 'node_modules', '.bin', 'kutter');
  assert.match(await kutter(program, '--version'), new RegExp(version.replaceAll('.', '\\.')));
  const help = await kutter(program, '--help');
  for (const command of ['up', 'down', 'status']) assert.match(help, new RegExp(`\\b${command}\\b`));
});

test('kutter starts through links, from a folder elsewhere', async () => {
  const link = join(folder.path, 'linked');
  symlinkSync(join(app, 'node_modules', '.bin', 'kutter'), link);
  assert.match(await kutter(link, '--version'), new RegExp(version.replaceAll('.', '\\.')));
});

test('without the packaged node and with an old one on PATH, kutter says what is missing', async () => {
  const bare = join(folder.path, 'bare');
  mkdirSync(join(bare, 'bin'), { recursive: true });
  await run('cp', [join(installed, 'bin', 'kutter'), join(bare, 'bin', 'kutter')]);
  const old = join(folder.path, 'old');
  mkdirSync(old);
  writeFileSync(join(old, 'node'), '#!/bin/sh\n[ "$1" = -v ] && echo v20.1.0 || echo 20\n', { mode: 0o755 });
  const env = { ...plainEnvironment(), PATH: `${old}:/usr/bin:/bin` };
  const failed = await run(join(bare, 'bin', 'kutter'), ['--version'], { env }).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  );
  assert.equal(failed?.code, 1);
  assert.match(failed.stderr, /node-linux-\w+ is not installed.*node on PATH is v20\.1\.0: 24 or newer is needed/);
});

test('kutter/testing can be imported, with types', async () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: { './testing': { types: string; default: string } };
  };
  for (const path of Object.values(exports['./testing'])) assert.ok(existsSync(join(installed, path)), path);
  writeFileSync(
    join(app, 'use.ts'),
    `import { startCluster } from 'kutter/testing';\nexport const started: Promise<AsyncDisposable> = startCluster();\n`,
  );
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'esnext',
    '--types',
    'node',
  ];
  const typeRoots = ['--typeRoots', `${root}/node_modules/@types`];
  await run(`${root}/node_modules/.bin/tsc`, [...options, ...typeRoots, 'use.ts'], { cwd: app }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  );
  const script = `import { startCluster } from 'kutter/testing'; console.log(typeof startCluster);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: app });
  assert.equal(stdout.trim(), 'function');
});
