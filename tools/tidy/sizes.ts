/**
 * Sizes, with a ratchet: a function has at most 70 lines, a file at most 600, and no file has exports that nobody imports.
 * What is above for a reason stands in `tools/sizes.json` with its worst value, which may fall and never rise; nothing
 * passes 800 lines. `--update` writes the values that have fallen; `--adopt` takes everything as it is now, for the rare
 * day on which much code arrives at once, and shows in the change for what it is.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { SourceFile } from '../source.ts';
import { checkDeadExports } from './dead-exports.ts';
import type { Finding } from './finding.ts';

export const limits = { file: 600, function: 70, dead: 0 } as const;
const fileLinesMax = 800;

/** Worst value per file that exceeds a limit: `{ file: { 'src/x.ts': 640 }, function: {}, dead: {} }`. */
export type Sizes = Readonly<Record<keyof typeof limits, Readonly<Record<string, number>>>>;

/** Measures the project; functions by oxlint, which knows best where one ends. */
export async function measureSizes(root: string, files: readonly SourceFile[]): Promise<Sizes> {
  const ignored = ['**/*.test.ts', '**/*.contract.ts', '**/contract.ts', 'src/api/upstream'];
  const config = ['-c', 'tools/tidy/function-lines.oxlintrc.json', '-f', 'json'];
  const args = [...config, ...ignored.map((pattern) => `--ignore-pattern=${pattern}`), 'src', 'sim', 'tools'];
  const options = { cwd: root, maxBuffer: 1 << 26 };
  // With findings the exit code is 1, and the report is there all the same.
  const { stdout } = await promisify(execFile)(`${root}/node_modules/.bin/oxlint`, args, options).catch(
    (failed: { stdout: string }) => failed,
  );
  return { file: measureFiles(files), function: measureFunctions(stdout), dead: countByFile(checkDeadExports(files)) };
}

function countByFile(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of findings) counts[path] = (counts[path] ?? 0) + 1;
  return counts;
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
  for (const what of ['file', 'function', 'dead'] as const) {
    for (const [path, lines] of Object.entries(measured[what])) {
      const worst = allowed[what][path] ?? limits[what];
      // Where nothing is allowed, the test of dead exports names each of them.
      if (what === 'dead' && worst === 0) continue;
      if (what === 'file' && lines > fileLinesMax) add(path, `has ${lines} lines: ${fileLinesMax} are never passed`);
      else if (lines > worst) add(path, excess(what, lines, worst));
    }
    for (const [path, worst] of Object.entries(allowed[what])) {
      const lines = measured[what][path] ?? 0;
      if (lines < worst) add(path, `tools/sizes.json has ${what} ${worst}, it is less now: run with --update`);
    }
  }
  return findings;
}

function excess(what: keyof Sizes, value: number, worst: number): string {
  if (what === 'dead') return `${value} exports that nobody imports, at most ${worst}`;
  return `${what} of ${value} lines, at most ${worst}: split it by what it does`;
}

/** The ratchet after a run with `--update`: what has fallen has fallen for good. */
export function fallenSizes(measured: Sizes, allowed: Sizes): Sizes {
  const fallen = (what: keyof Sizes): Record<string, number> =>
    Object.fromEntries(
      Object.entries(allowed[what])
        .map(([path, worst]) => [path, Math.min(worst, measured[what][path] ?? 0)] as const)
        .filter(([, lines]) => lines > limits[what]),
    );
  return { file: fallen('file'), function: fallen('function'), dead: fallen('dead') };
}
