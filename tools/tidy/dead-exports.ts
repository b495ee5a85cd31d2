/**
 * Exports that nobody imports. Code that is kept "in case" is read, checked and changed for nothing; a name that only its
 * own file uses needs no `export`. Passing a name on through a `mod.ts` is no use by itself: somebody must come and take
 * it. Tests count as users. A type that the same file uses again is part of a signature and may stay exported.
 */
import { isTestCode, type SourceFile } from '../source.ts';
import type { Finding } from './finding.ts';

/** Files whose exports are for the outside: programs, the published entry points, and what other tools run. */
function isEntry(path: string): boolean {
  return /^src\/main\/[^/]+\.ts$|^(test|bench|tools)\//.test(path) || isTestCode(path) || path.endsWith('.d.ts');
}

export function checkDeadExports(files: readonly SourceFile[]): Finding[] {
  const used = new UsedNames(files);
  for (const file of files) {
    for (const item of file.imports) {
      if (item.target === undefined || item.kind === 'export') continue;
      if (item.names === '*') used.markAll(item.target);
      else for (const { name } of item.names) used.mark(item.target, name);
    }
  }
  for (const file of files) if (isEntry(file.path)) used.markAll(file.path);
  return files.filter((file) => !isEntry(file.path)).flatMap((file) => deadIn(file, used));
}

function deadIn(file: SourceFile, used: UsedNames): Finding[] {
  return file.exports
    .filter(({ name, type }) => !used.has(file.path, name) && !(type && mentions(file, name) > 1))
    .map(({ name, line }) => ({ path: file.path, line, message: `${name} is exported and nobody imports it` }));
}

function mentions(file: SourceFile, name: string): number {
  return file.code.split(new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`)).length - 1;
}

/** Follows names through doors to the files that declare them. */
class UsedNames {
  readonly #files: ReadonlyMap<string, SourceFile>;
  readonly #seen = new Set<string>();

  constructor(files: readonly SourceFile[]) {
    this.#files = new Map(files.map((file) => [file.path, file]));
  }

  has(path: string, name: string): boolean {
    return this.#seen.has(`${path}\0${name}`);
  }

  mark(path: string, name: string): void {
    const file = this.#files.get(path);
    if (file === undefined || this.has(path, name)) return;
    this.#seen.add(`${path}\0${name}`);
    for (const item of file.imports) {
      if (item.kind !== 'export' || item.target === undefined) continue;
      if (item.names === '*') this.mark(item.target, name);
      else for (const passed of item.names) if (passed.as === name) this.mark(item.target, passed.name);
    }
  }

  markAll(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined || this.has(path, '*')) return;
    this.#seen.add(`${path}\0*`);
    for (const { name } of file.exports) this.mark(path, name);
    for (const item of file.imports) {
      if (item.kind !== 'export' || item.target === undefined) continue;
      if (item.names === '*') this.markAll(item.target);
      else for (const { name } of item.names) this.mark(item.target, name);
    }
  }
}
