/**
 * `npm test`: everything. Sets up what it needs on a fresh Debian machine (saying so), then runs the fast gate, the
 * whole-system tests and, one after the other, the tests with real containers, which need root.
 *
 * `npm test -- PATTERN...` runs only the test files whose path contains one of the patterns, without the gate.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { HostError } from '../src/base/mod.ts';
import { check } from './check.ts';
import { fetchPrograms } from './programs.ts';
import { listFiles, sourceRoots } from './source.ts';
import { addCounts, runTests, type TestCounts } from './tests.ts';

const root = resolve(import.meta.dirname, '..');
const print = (line: string): void => console.log(line);
const systemTimeoutMs = 300_000;
const realTimeoutMs = 600_000;

/** What the tests with real containers run; on a machine that is set up nothing is installed. */
const debianPackages = [
  'containerd',
  'runc',
  'containernetworking-plugins',
  'nftables',
  'iptables',
  'iproute2',
  'conntrack',
  'busybox-static',
  'bind9-dnsutils',
  'ca-certificates',
  'curl',
  'openssl',
  'procps',
  'python3',
  'unzip',
];

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function installDebianPackages(): void {
  const installed = (name: string): boolean => {
    const query = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
    return query.stdout === 'installed';
  };
  const missing = debianPackages.filter((name) => !installed(name));
  if (missing.length === 0) return;
  if (!isRoot())
    throw new HostError(
      'Forbidden',
      `these Debian packages are missing, and only root may install them: ${missing.join(' ')}`,
    );
  print(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', ['update', '-q'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const quiet = ['-q', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];
  execFileSync('apt-get', ['install', ...quiet, ...missing], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

function testFiles(folder: string): string[] {
  return listFiles(root, folder).filter((path) => path.endsWith('.test.ts'));
}

const isReal = (path: string): boolean => path.startsWith('test/real/');

async function runReal(files: readonly string[], counts: TestCounts): Promise<void> {
  if (files.length === 0) return;
  if (!isRoot()) {
    print(`not run, because only root may: ${files.join(' ')}`);
    counts.skipped += files.length;
    return;
  }
  print('tests with real containers');
  addCounts(
    counts,
    await runTests({ files, root, fileTimeoutMs: realTimeoutMs, concurrency: 1, eachTest: true, print }),
  );
}

async function runSystem(files: readonly string[], counts: TestCounts): Promise<void> {
  addCounts(
    counts,
    await runTests({ files, root, fileTimeoutMs: systemTimeoutMs, concurrency: 1, eachTest: true, print }),
  );
}

async function runAll(counts: TestCounts): Promise<void> {
  print('the fast gate');
  addCounts(counts, await check(print));
  print('whole-system tests');
  await runSystem(
    testFiles('test').filter((path) => !isReal(path)),
    counts,
  );
  await runReal(testFiles('test/real'), counts);
}

async function runSubset(patterns: readonly string[], counts: TestCounts): Promise<void> {
  const matching = sourceRoots
    .flatMap((folder) => testFiles(folder))
    .filter((path) => patterns.some((pattern) => path.includes(pattern)));
  if (matching.length === 0) {
    print(`no test file's path contains ${patterns.join(' or ')}`);
    counts.failed++;
  }
  await runSystem(
    matching.filter((path) => !isReal(path)),
    counts,
  );
  await runReal(matching.filter(isReal), counts);
}

process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
const startedMs = performance.now();
const counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
const patterns = process.argv.slice(2);
installDebianPackages();
await fetchPrograms(print);
await (patterns.length === 0 ? runAll(counts) : runSubset(patterns, counts));
print(
  `${((performance.now() - startedMs) / 1000).toFixed(0)} s${counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`}`,
);
print(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
