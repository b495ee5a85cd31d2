/**
 * `npm run check`: the fast gate, at most two minutes on two cores. Types, lint, format, and every test beside the code,
 * the style rules among them. All of it runs even when something fails, so that one run tells everything.
 *
 * `--update` records what may be recorded: sizes that have fallen, fingerprints of generated files. `--adopt` also records
 * sizes that have grown.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { listFiles, readProject } from './source.ts';
import { addCounts, runTests, type TestCounts } from './tests.ts';
import { fingerprints } from './tidy/generated.ts';
import { fallenSizes, measureSizes, type Sizes } from './tidy/sizes.ts';

const root = resolve(import.meta.dirname, '..');
const fileTimeoutMs = 30_000;

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const steps: readonly Step[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'types of pure folders', command: 'tsc', args: ['-p', 'tsconfig.pure.json'] },
  { name: 'lint', command: 'oxlint', args: ['--deny-warnings', '--report-unused-disable-directives', '-f', 'unix'] },
  { name: 'format', command: 'oxfmt', args: ['--list-different', '.'] },
];

/** Runs everything and returns how much passed and failed; each step counts as one. */
export async function check(print: (line: string) => void): Promise<TestCounts> {
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  for (const step of steps) {
    const startedMs = performance.now();
    const { code, output } = await runTool(step);
    const seconds = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`.padStart(8);
    print(`${seconds}  ${step.name}: ${code === 0 ? 'ok' : 'FAILED'}`);
    if (code === 0) counts.passed++;
    else counts.failed++;
    if (code !== 0) print(output.trimEnd());
  }
  const files = ['src', 'sim', 'tools'].flatMap((folder) => listFiles(root, folder));
  const tests = await runTests({
    files: files.filter((path) => path.endsWith('.test.ts')),
    root,
    fileTimeoutMs,
    print,
  });
  addCounts(counts, tests);
  return counts;
}

function runTool({ command, args }: Step): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(`${root}/node_modules/.bin/${command}`, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (data: Buffer): void => void (output += data.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => done({ code: 1, output: error.message }));
    child.on('close', (code) => done({ code: code ?? 1, output }));
  });
}

async function update(adopt: boolean): Promise<void> {
  const measured = await measureSizes(root, readProject(root));
  const allowed = JSON.parse(readFileSync(`${root}/tools/sizes.json`, 'utf8')) as Sizes;
  const sizes = adopt ? measured : fallenSizes(measured, allowed);
  writeFileSync(`${root}/tools/sizes.json`, `${JSON.stringify(sizes, null, 2)}\n`);
  writeFileSync(`${root}/tools/generated.json`, `${JSON.stringify(fingerprints(root), null, 2)}\n`);
}

if (import.meta.main) {
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  const startedMs = performance.now();
  const adopt = process.argv.includes('--adopt');
  if (adopt || process.argv.includes('--update')) await update(adopt);
  const { passed, failed } = await check((line) => console.log(line));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`check: ${passed} passed, ${failed} failed (${seconds} s)`);
  process.exitCode = failed === 0 ? 0 : 1;
}
