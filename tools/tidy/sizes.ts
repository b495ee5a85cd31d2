/**
 * Sizes, with a ratchet: a function has at most 70 lines and a file at most 600. What is above for a reason stands in
 * `tools/sizes.json` with its worst value, which may fall and never rise; nothing passes 800 lines. `--update` writes the
 * values that have fallen; a new entry is written by hand, where a reviewer sees it.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SourceFile } from '../source.ts';
import type { Finding } from './finding.ts';

export const limits = { file: 600, function: 70 } as const;
const fileLinesMax = 800;

/** Worst value per file that exceeds a limit: `{ file: { 'src/x.ts': 640 }, function: {} }`. */
export type Sizes = Readonly<Record<keyof typeof limits, Readonly<Record<string, number>>>>;

/** Measures the project; functions by oxlint, which knows best where one ends. */
export async function measureSizes(root: string, files: readonly SourceFile[]): Promise<Sizes> {
  const args = ['-c', 'tools/tidy/function-lines.oxlintrc.json', '-f', 'json', 'src', 'sim', 'tools'];
  const options = { cwd: root, maxBuffer: 1 << 26 };
  // With findings the exit code is 1, and the report is there all the same.
  const { stdout } = await promisify(execFile)(`${root}/node_modules/.bin/oxlint`, args, options).catch(
    (failed: { stdout: string }) => failed,
  );
  return { file: measureFiles(files), function: measureFunctions(stdout) };
}

export function measureFiles(files: readonly SourceFile[]): Record<string, number> {
  const exceeding: Record<string, number> = {};
  for (const { path, text } of files) {
    const lines = text.split('\n').length - 1;
    if (lines > limits.file) exceeding[path] = lines;
  }
  return exceeding;
}

/** Reads the report of oxlint's `max-lines-per-function` in its JSON form; keeps the longest function of each file. */
export function measureFunctions(report: string): Record<string, number> {
  const longest: Record<string, number> = {};
  const { diagnostics } = JSON.parse(report) as { diagnostics: readonly { filename: string; message: string }[] };
  for (const { filename, message } of diagnostics) {
    const lines = Number(/\((\d+)\)/.exec(message)?.[1] ?? 0);
    longest[filename] = Math.max(lines, longest[filename] ?? 0);
  }
  return longest;
}

export function checkSizes(measured: Sizes, allowed: Sizes): Finding[] {
  const findings: Finding[] = [];
  const add = (path: string, message: string): number => findings.push({ path, line: 1, message });
  for (const what of ['file', 'function'] as const) {
    for (const [path, lines] of Object.entries(measured[what])) {
      const worst = allowed[what][path] ?? limits[what];
      if (what === 'file' && lines > fileLinesMax) add(path, `has ${lines} lines: ${fileLinesMax} are never passed`);
      else if (lines > worst) add(path, `${what} of ${lines} lines, at most ${worst}: split it by what it does`);
    }
    for (const [path, worst] of Object.entries(allowed[what])) {
      const lines = measured[what][path] ?? 0;
      if (lines < worst)
        add(path, `tools/sizes.json allows a ${what} of ${worst} lines, it has fewer now: run with --update`);
    }
  }
  return findings;
}

/** The ratchet after a run with `--update`: what has fallen has fallen for good. */
export function fallenSizes(measured: Sizes, allowed: Sizes): Sizes {
  const fallen = (what: keyof Sizes): Record<string, number> =>
    Object.fromEntries(
      Object.entries(allowed[what])
        .map(([path, worst]) => [path, Math.min(worst, measured[what][path] ?? 0)] as const)
        .filter(([, lines]) => lines > limits[what]),
    );
  return { file: fallen('file'), function: fallen('function') };
}
