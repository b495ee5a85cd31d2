/**
 * Runs test files, each in a process of its own with a time limit, and says what happens while it happens: one line per
 * file, the failures in full. Nothing is retried: a test that fails now and then is a test that fails.
 */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';

export interface TestRun {
  readonly files: readonly string[];
  readonly root: string;
  /** How long one file may take before its process is ended. */
  readonly fileTimeoutMs: number;
  /** How many files run at once; undefined is one for each core. */
  readonly concurrency?: number;
  /** Runs only the tests whose names match. */
  readonly namePattern?: RegExp;
  readonly print: (line: string) => void;
}

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

interface FileState {
  passed: number;
  failed: number;
  skipped: number;
  durationMs: number;
}

/** What the stream of `node:test` says about one test, as far as it is used here. */
interface TestEvent {
  readonly name: string;
  readonly file?: string | undefined;
  readonly nesting: number;
  readonly line?: number | undefined;
  readonly skip?: string | boolean | undefined;
  readonly details: { readonly duration_ms: number; readonly type?: string | undefined; readonly error?: Error };
}

export async function runTests(options: TestRun): Promise<TestCounts> {
  const counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  if (options.files.length === 0) return counts;
  const states = new Map<string, FileState>();
  const stateOf = (file: string): FileState => {
    const known = states.get(file);
    if (known !== undefined) return known;
    const fresh = { passed: 0, failed: 0, skipped: 0, durationMs: 0 };
    states.set(file, fresh);
    return fresh;
  };
  const stream = run({
    files: [...options.files],
    cwd: options.root,
    concurrency: options.concurrency ?? availableParallelism(),
    timeout: options.fileTimeoutMs,
    ...(options.namePattern && { testNamePatterns: options.namePattern }),
  });
  const output = new Map<string, string>();
  const keep = (data: { file?: string; message: string }): void => {
    const file = data.file ?? '';
    output.set(file, ((output.get(file) ?? '') + data.message).slice(-20_000));
  };
  stream.on('test:stderr', keep);
  stream.on('test:stdout', keep);
  stream.on('test:pass', (event: TestEvent) => {
    if (event.details.type === 'suite' || isFileItself(event, options.root)) return;
    const state = stateOf(fileOf(event, options.root));
    if (event.skip === undefined || event.skip === false) state.passed++;
    else state.skipped++;
  });
  stream.on('test:fail', (event: TestEvent) => {
    // A parent that fails only because its children did has been told already, by them.
    if (isEcho(event)) return;
    const file = fileOf(event, options.root);
    stateOf(file).failed++;
    options.print(failureText(event, file));
    const said = output.get(event.file ?? '') ?? '';
    if (isFileItself(event, options.root) && said !== '') options.print(said.trimEnd());
  });
  stream.on('test:summary', (summary: { file?: string | undefined; duration_ms: number }) => {
    if (summary.file === undefined) return;
    const file = relative(options.root, summary.file);
    const state = stateOf(file);
    state.durationMs = summary.duration_ms;
    options.print(fileLine(file, state));
  });
  for await (const _ of stream) void _;
  for (const state of states.values()) {
    counts.passed += state.passed;
    counts.failed += state.failed;
    counts.skipped += state.skipped;
  }
  return counts;
}

function fileOf(event: TestEvent, root: string): string {
  return relative(root, event.file ?? event.name);
}

/** Node reports a file whose process ended badly, or ran too long, as a test with the name of the file. */
function isFileItself(event: TestEvent, root: string): boolean {
  return event.nesting === 0 && (event.name === event.file || event.name === fileOf(event, root));
}

function isEcho(event: TestEvent): boolean {
  const { error } = event.details;
  return error !== undefined && 'failureType' in error && error.failureType === 'subtestsFailed';
}

function failureText(event: TestEvent, file: string): string {
  const { error } = event.details;
  const cause = error?.cause instanceof Error ? error.cause : error;
  const text = cause?.stack ?? cause?.message ?? 'failed without an error';
  const indented = text
    .split('\n')
    .slice(0, 60)
    .map((line) => `    ${line}`)
    .join('\n');
  return `  FAILED ${file}:${event.line ?? 1} ${event.name}\n${indented}`;
}

function fileLine(file: string, state: FileState): string {
  const seconds = `${(state.durationMs / 1000).toFixed(1)} s`.padStart(8);
  const skipped = state.skipped === 0 ? '' : `, ${state.skipped} skipped`;
  const failed = state.failed === 0 ? '' : `, ${state.failed} FAILED`;
  return `${seconds}  ${file}: ${state.passed} passed${skipped}${failed}`;
}
