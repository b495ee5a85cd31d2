/**
 * The project's own source as the style rules see it: every file with its text, its code and its comments apart, its
 * imports and its exports. A small scanner and no parser: it reads the whole tree in a fraction of a second, and what
 * the rules ask (which names come from where, is this word code or prose) needs no more.
 *
 * `code`, `comments` and `text` have the same length, so an offset in one is the same place in the others: what does not
 * belong to a view is blanked with spaces, line ends stay.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Where TypeScript of the project lives. */
export const sourceRoots = ['src', 'sim', 'test', 'bench', 'tools'] as const;

/** Generated code has rules of its own (`tidy/generated.ts`) and no style. */
const generatedFolder = 'src/api/upstream/';

export interface ImportedName {
  readonly name: string;
  readonly as: string;
}

export interface Import {
  /** As written, e.g. `../base/mod.ts`. */
  readonly specifier: string;
  /** Path from the repository's root for a relative import, otherwise undefined. */
  readonly target: string | undefined;
  readonly kind: 'import' | 'export' | 'dynamic';
  /** `import type` or `export type`; inline `type` on single names does not count. */
  readonly typeOnly: boolean;
  /** `*` takes everything. */
  readonly names: readonly ImportedName[] | '*';
  readonly line: number;
}

export interface ExportedName {
  readonly name: string;
  readonly type: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings blanked. */
  readonly code: string;
  /** The text with everything but comments blanked. */
  readonly comments: string;
  readonly imports: readonly Import[];
  readonly exports: readonly ExportedName[];
}

/** Code that only tests run: it may use Node, and the limits for pure code do not bind it. */
export function isTestCode(path: string): boolean {
  return /(\.test|\.contract|\/contract)\.ts$/.test(path) || path.startsWith('test/');
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

/** Every TypeScript file of the project, in the order of the paths. */
export function readProject(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  for (const folder of sourceRoots) {
    for (const path of listFiles(root, folder)) {
      if (/\.tsx?$/.test(path) && !path.startsWith(generatedFolder))
        files.push(parseSource(path, readFileSync(`${root}/${path}`, 'utf8')));
    }
  }
  return files;
}

/** Paths of all files below a folder, sorted; a folder that does not exist has none. */
export function listFiles(root: string, folder: string): string[] {
  const found: string[] = [];
  if (!existsSync(`${root}/${folder}`)) return found;
  const entries = readdirSync(`${root}/${folder}`, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = posix.relative(root, posix.join(entry.parentPath, entry.name));
    if (entry.isFile() && !/(^|\/)(node_modules|dist)\//.test(path)) found.push(path);
  }
  return found.sort();
}

export function parseSource(path: string, text: string): SourceFile {
  const { code, comments } = splitViews(text);
  return { path, text, code, comments, imports: findImports(path, text, code), exports: findExports(code) };
}

const wordsBeforeRegex = /(?:^|[^.\w$])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)\s*$/;

/** True when a slash at this place starts a regular expression and does not divide. */
function startsRegex(before: string): boolean {
  const nearby = before.slice(-200).trimEnd();
  const last = nearby.at(-1);
  if (last === undefined) return true;
  if (/[\w$)\]}]/.test(last)) return wordsBeforeRegex.test(nearby.slice(-12));
  return !/['"`]/.test(last);
}

/** The end (exclusive) of the regular expression that starts at `start`. */
function regexEnd(text: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '[') inClass = true;
    else if (text[i] === ']') inClass = false;
    else if (text[i] === '/' && !inClass) return i + 1;
  }
  return start + 1;
}

/** The end (exclusive) of the quoted string that starts at `start`. */
function quoteEnd(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote || text[i] === '\n') return i + 1;
  }
  return text.length;
}

/** The end (exclusive) of the run of literal text of a template: behind the closing backtick or behind `${`. */
function templateEnd(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
    else if (text[i] === '$' && text[i + 1] === '{') return i + 2;
  }
  return text.length;
}

const plain = /[/'"`{}]/g;

function splitViews(text: string): { code: string; comments: string } {
  let code = '';
  let comments = '';
  /** For each open `${`, how many braces are open inside it. */
  const templates: number[] = [];
  const blank = (part: string): string => part.replace(/[^\n]/g, ' ');
  const take = (end: number, view: 'code' | 'comment' | 'string', from: number): number => {
    const part = text.slice(from, end);
    if (view === 'code') code += part;
    else if (view === 'string')
      code += part.length < 2 ? part : part[0] + blank(part.slice(1, -1)) + (part.at(-1) ?? '');
    else code += blank(part);
    comments += view === 'comment' ? part : blank(part);
    return end;
  };
  for (let i = 0; i < text.length;) {
    const char = text[i];
    const next = text[i + 1];
    if (char === '/' && next === '/') i = take(ending(text.indexOf('\n', i), text), 'comment', i);
    else if (char === '/' && next === '*') i = take(ending(text.indexOf('*/', i + 2), text, 2), 'comment', i);
    else if (char === "'" || char === '"') i = take(quoteEnd(text, i), 'string', i);
    else if (char === '/' && startsRegex(code)) i = take(regexEnd(text, i), 'string', i);
    else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop();
      const end = templateEnd(text, i + 1);
      if (text[end - 1] === '{') templates.push(0);
      i = take(end, 'string', i);
    } else {
      const depth = templates.length - 1;
      if (depth >= 0 && (char === '{' || char === '}'))
        templates[depth] = (templates[depth] ?? 0) + (char === '{' ? 1 : -1);
      plain.lastIndex = i + 1;
      i = take(ending(plain.exec(text)?.index ?? -1, text), 'code', i);
    }
  }
  return { code, comments };
}

function ending(offset: number, text: string, length = 0): number {
  return offset < 0 ? text.length : offset + length;
}

const importStatement =
  /\b(import|export)\s+(type\s+)?(\*(?:\s+as\s+[\w$]+)?|\{[^}]*\}|[\w$]+(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+[\w$]+))?)\s*from\s*['"]/g;

function findImports(path: string, text: string, code: string): Import[] {
  const imports: Import[] = [];
  const add = (offset: number, quoteAt: number, rest: Pick<Import, 'kind' | 'typeOnly' | 'names'>): void => {
    const specifier = text.slice(quoteAt + 1, quoteEnd(text, quoteAt) - 1);
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    imports.push({ specifier, target, line: lineAt(text, offset), ...rest });
  };
  for (const match of code.matchAll(importStatement)) {
    const kind = match[1] === 'export' ? 'export' : 'import';
    const names = parseNames(match[3] ?? '');
    add(match.index, match.index + match[0].length - 1, { kind, typeOnly: match[2] !== undefined, names });
  }
  for (const match of code.matchAll(/\bimport\s*['"]/g)) {
    add(match.index, match.index + match[0].length - 1, { kind: 'import', typeOnly: false, names: [] });
  }
  for (const match of code.matchAll(/\bimport\s*\(\s*['"]/g)) {
    add(match.index, match.index + match[0].length - 1, { kind: 'dynamic', typeOnly: false, names: '*' });
  }
  return imports;
}

/** The names of an import clause: `a, { b as c, type D }`; a namespace takes everything. */
function parseNames(clause: string): readonly ImportedName[] | '*' {
  if (clause.includes('*')) return '*';
  const names: ImportedName[] = [];
  const [outside, inside = ''] = clause.split('{');
  const first = (outside ?? '').replace(',', '').trim();
  if (first !== '') names.push({ name: 'default', as: first });
  for (const part of inside.replace('}', '').split(',')) {
    const [name, as] = part
      .trim()
      .replace(/^type\s+/, '')
      .split(/\s+as\s+/);
    if (name) names.push({ name, as: as ?? name });
  }
  return names;
}

const declared =
  /\bexport\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(const|let|function(?:\s*\*)?|class|interface|type)\s+([A-Za-z_$][\w$]*)/g;

function findExports(code: string): ExportedName[] {
  const found: ExportedName[] = [];
  for (const match of code.matchAll(declared)) {
    const type = match[1] === 'interface' || match[1] === 'type';
    found.push({ name: match[2] ?? '', type, line: lineAt(code, match.index) });
  }
  for (const match of code.matchAll(/\bexport\s+(type\s+)?\{([^}]*)\}\s*(?!\s*from\b)/g)) {
    if (/^\s*from\b/.test(code.slice(match.index + match[0].length))) continue;
    const names = parseNames(`{${match[2] ?? ''}}`);
    if (names === '*') continue;
    for (const { as } of names) found.push({ name: as, type: match[1] !== undefined, line: lineAt(code, match.index) });
  }
  return found;
}
