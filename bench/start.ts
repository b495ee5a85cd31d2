/**
 * How long a cluster takes to start, and what it takes of the memory while nothing happens: the built package, the second
 * start (everything is installed, the data directory is there), one node with real containers.
 *
 *     node bench/start.ts [ROUNDS]       needs root; builds dist/ first
 *
 * Times run from the start of `kutter up` to the API server's first answer, to a Ready node whose kubelet has renewed its
 * lease, and to the end of the command. Budgets: API 1 s, node 2 s, memory 150 MB.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { leases, nodes } from '../src/api/mod.ts';
import { HostError } from '../src/base/mod.ts';
import { currentAccess } from '../src/cli/mod.ts';
import { HttpClient } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { buildPackage } from '../tools/build.ts';

const root = resolve(import.meta.dirname, '..');
const giveUpMs = 30_000;
const idleMs = 10_000;
const name = 'bench-start';

interface Times {
  readonly apiMs: number;
  readonly nodeMs: number;
  readonly commandMs: number;
}

/** The package as npm would install it: bin and dist, without sources, with the dependencies of this clone. */
function layOut(folder: string): string {
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin', 'kutter');
}

async function until(startedMs: number, check: () => Promise<boolean>): Promise<number> {
  while (performance.now() - startedMs < giveUpMs) {
    if (await check().catch(() => false)) return performance.now() - startedMs;
    await delay(5);
  }
  throw new HostError('Timeout', `not there after ${giveUpMs} ms`);
}

/** Ready, and its kubelet has said so since `since`: the lease of the last run does not count. */
async function isReady(client: HttpClient, since: number): Promise<boolean> {
  const [listed, renewed] = await Promise.all([
    client.list(nodes),
    client.list(leases, { namespace: 'kube-node-lease' }),
  ]);
  const ready = listed.items.some(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  return ready && renewed.items.some(({ spec }) => Date.parse(spec?.renewTime ?? '') >= since);
}

async function measure(program: string, words: readonly string[], client: HttpClient): Promise<Times> {
  const since = Date.now();
  const startedMs = performance.now();
  const child = spawn(program, ['up', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  const command = new Promise<number>((done) => child.once('close', () => done(performance.now() - startedMs)));
  const apiMs = await until(startedMs, () => client.raw('GET', '/version').then(() => true));
  const nodeMs = await until(startedMs, () => isReady(client, since));
  return { apiMs, nodeMs, commandMs: await command };
}

function memory(pid: number): { readonly rss: number; readonly pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1024;
  return { rss: megabytes('Rss'), pss: megabytes('Pss') };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function run(program: string, words: readonly string[]): void {
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new HostError('EXIT', `kutter ${words.join(' ')}: ${stderr}`);
}

async function bench(rounds: number): Promise<void> {
  await buildPackage(() => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'kutter-bench-'));
  const dataDir = join(folder, 'data');
  const kubeconfig = join(folder, 'kubeconfig');
  const words = ['--name', name, '--data-dir', dataDir, '--kubeconfig', kubeconfig];
  const program = layOut(folder);
  try {
    const first = performance.now();
    run(program, ['up', ...words]);
    console.log(`first up: ${Math.round(performance.now() - first)} ms`);
    const access = currentAccess(readFileSync(kubeconfig, 'utf8'), (path) => readFileSync(path, 'utf8'));
    const { token: _none, ...tls } = access;
    const times: Times[] = [];
    for (let round = 0; round < rounds; round++) {
      run(program, ['down', ...words]);
      using transport = new HttpsTransport(tls);
      times.push(await measure(program, words, new HttpClient(transport)));
    }
    const shown = (pick: (times: Times) => number): string =>
      `${Math.round(median(times.map(pick)))} ms (${times.map((each) => Math.round(pick(each))).join(', ')})`;
    console.log(`API answers: ${shown(({ apiMs }) => apiMs)}`);
    console.log(`node Ready: ${shown(({ nodeMs }) => nodeMs)}`);
    console.log(`kutter up ends: ${shown(({ commandMs }) => commandMs)}`);
    await delay(idleMs);
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'kutter.pid'), 'utf8')) as { pid: number };
    const { rss, pss } = memory(pid);
    console.log(`resident after ${idleMs / 1000} s idle: ${rss.toFixed(0)} MB (its share: ${pss.toFixed(0)} MB)`);
  } finally {
    spawnSync(program, ['down', '--purge', ...words]);
    rmSync(folder, { recursive: true, force: true });
  }
}

await bench(Number(process.argv[2] ?? 5));
