/**
 * Runs test files, each in a process of its own with a time limit, and says what happens while it happens. A file that
 * crashes, hangs or has no tests has failed; one that hangs is killed with everything it started. Nothing is retried: a
 * test that fails now and then is a test that fails.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { mark, type TestResult } from './test-events.ts';

export interface TestRun {
  /** Paths from `root`. */
  readonly files: readonly string[];
  readonly root: string;
  /** How long one file may take before it is killed. */
  readonly fileTimeoutMs: number;
  /** How many files run at once; undefined is one for each core. */
  readonly concurrency?: number;
  /** Prints each test as it ends, for suites in which one test takes long. */
  readonly eachTest?: boolean;
  readonly print: (line: string) => void;
}

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

export async function runTests(options: TestRun): Promise<TestCounts> {
  const total: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  const queue = [...options.files];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      addCounts(total, await runFile(options, file));
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? availableParallelism() }, worker));
  return total;
}

export function addCounts(total: TestCounts, counts: TestCounts): void {
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

async function runFile(options: TestRun, file: string): Promise<TestCounts> {
  const startedMs = performance.now();
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  const onResult = (result: TestResult): void => {
    counts[result.outcome]++;
    if (result.outcome === 'failed') {
      options.print(`  FAILED ${file}:${result.line} ${result.name}\n${indent(result.error ?? '')}`);
    } else if (options.eachTest) {
      options.print(`${seconds(result.durationMs)}    ${result.outcome} ${result.name}`);
    }
  };
  const { ended, output } = await runProcess(options, file, onResult);
  const problem = ended ?? (counts.passed + counts.failed + counts.skipped === 0 ? 'has no tests' : undefined);
  // The exit code only repeats a failure that a test has reported.
  if (problem !== undefined && (counts.failed === 0 || !problem.startsWith('exited'))) {
    counts.failed++;
    options.print(`  FAILED ${file} ${problem}\n${indent(output)}`);
  }
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  const failed = counts.failed === 0 ? '' : `, ${counts.failed} FAILED`;
  options.print(`${seconds(performance.now() - startedMs)}  ${file}: ${counts.passed} passed${skipped}${failed}`);
  return counts;
}

/** Runs one file to its end; `ended` says what was wrong with how it ended, if anything. */
function runProcess(
  { root, fileTimeoutMs }: TestRun,
  file: string,
  onResult: (result: TestResult) => void,
): Promise<{ ended: string | undefined; output: string }> {
  return new Promise((resolve) => {
    const reporter = [`--test-reporter=${import.meta.dirname}/test-events.ts`, '--test-reporter-destination=stdout'];
    // A group of its own, so that what the test started can be killed with it.
    const env: NodeJS.ProcessEnv = { ...process.env };
    // Set when this runner itself runs inside a test; it would change what the child writes.
    delete env['NODE_TEST_CONTEXT'];
    const child = spawn(process.execPath, [...reporter, ...propertySeed(root, file), file], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let pending = '';
    let timedOut = false;
    const kill = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    process.once('exit', kill);
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, fileTimeoutMs);
    const keep = (text: string): void => void (output = (output + text).slice(-8000));
    child.stderr.setEncoding('utf8').on('data', keep);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (pending + text).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) {
        const [said, result] = line.split(mark);
        if (said) keep(`${said}\n`);
        if (result !== undefined) onResult(JSON.parse(result) as TestResult);
      }
    });
    child.on('error', (error) => keep(error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      process.off('exit', kill);
      const killed = timedOut ? `took longer than ${fileTimeoutMs / 1000} s and was killed` : undefined;
      const exited = code === 0 ? undefined : `exited with ${signal ?? code}`;
      resolve({ ended: killed ?? exited, output });
    });
  });
}

/**
 * Fixes the seed of property tests, so that a run of everything says the same each time; who runs a file by itself
 * explores. Only for files that have properties: loading the library takes longer than most files run.
 */
function propertySeed(root: string, file: string): readonly string[] {
  const hasProperties = /'fast-check'|\.contract\.ts'/.test(readFileSync(join(root, file), 'utf8'));
  return hasProperties ? [`--import=${import.meta.dirname}/property-seed.ts`] : [];
}

function indent(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines
    .slice(0, 80)
    .map((line) => `    ${line}`)
    .join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(8);
}
