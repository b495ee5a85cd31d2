/**
 * The style rules, as tests: each is held against the project, and each is shown a small project that breaks it, so that
 * a rule which can no longer fail is noticed.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { layerTable } from './layers.ts';
import { listFiles, parseSource, readProject, type SourceFile } from './source.ts';
import { banExamples, checkBanned } from './tidy/banned.ts';
import { checkDeadExports } from './tidy/dead-exports.ts';
import { checkArchitecture, checkLinks } from './tidy/documents.ts';
import { printFindings, type Finding } from './tidy/finding.ts';
import { checkGenerated, fingerprints, type Fingerprints } from './tidy/generated.ts';
import { checkLayers } from './tidy/layers.ts';
import { checkLists } from './tidy/lists.ts';
import { checkSizes, fallenSizes, measureFiles, measureFunctions, measureSizes, type Sizes } from './tidy/sizes.ts';

const root = resolve(import.meta.dirname, '..');
const project = readProject(root);
const header = '/** What it is for. */\n';

function planted(files: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(files).map(([path, text]) => parseSource(path, text));
}

function clean(findings: readonly Finding[]): void {
  if (findings.length > 0) assert.fail(`${findings.length} findings\n${printFindings(findings)}`);
}

function finds(findings: readonly Finding[], expected: RegExp): void {
  assert.match(printFindings(findings), expected);
}

test('layers: imports follow the table and go through doors', () => clean(checkLayers(project)));

test('layers: a forbidden import is found, of types too', () => {
  const upward = planted({ 'src/base/x.ts': `import type { Pod } from '../api/mod.ts';` });
  finds(checkLayers(upward), /src\/base\/x\.ts:1: src\/base may not import src\/api/);
  const sideways = planted({ 'src/kubelet/x.ts': `\nexport * from '../proxy/mod.ts';` });
  finds(checkLayers(sideways), /src\/kubelet\/x\.ts:2: src\/kubelet may not import src\/proxy/);
  const lazy = planted({ 'src/dns/x.ts': `const m = await import('../host/mod.ts');` });
  finds(checkLayers(lazy), /src\/dns may not import src\/host/);
});

test('layers: a way around the door is found', () => {
  const around = planted({ 'src/api/x.ts': `import { a } from '../machinery/meta.ts';` });
  finds(checkLayers(around), /only through its mod\.ts/);
  clean(checkLayers(planted({ 'src/api/x.ts': `import { a } from '../machinery/mod.ts';` })));
});

test('layers: host implements ports by their types alone', () => {
  clean(checkLayers(planted({ 'src/host/x.ts': `import type { Runtime } from '../kubelet/ports.ts';` })));
  const value = planted({ 'src/host/x.ts': `import { Runtime } from '../kubelet/ports.ts';` });
  finds(checkLayers(value), /a port is only types/);
  finds(checkLayers(planted({ 'src/host/x.ts': `import type { A } from '../kubelet/pod.ts';` })), /may not import/);
});

test('layers: each part of host has its own door', () => {
  const files = {
    'src/main/x.ts': `import { a } from '../host/tool.ts';\nimport { b } from '../host/journal/mod.ts';`,
  };
  clean(checkLayers(planted(files)));
  finds(
    checkLayers(planted({ 'src/main/x.ts': `import { a } from '../host/journal/file.ts';` })),
    /only through its mod/,
  );
});

test('layers: Node in a pure folder is found, in its tests it is allowed', () => {
  const text = `import { readFileSync } from 'node:fs';`;
  finds(checkLayers(planted({ 'src/store/x.ts': text })), /'node:fs' in the pure folder src\/store/);
  clean(checkLayers(planted({ 'src/store/x.test.ts': text, 'src/host/x.ts': text })));
  finds(checkLayers(planted({ 'src/host/x.ts': `import fs from 'fs';` })), /write 'node:fs'/);
});

test('layers: a file outside of every folder is found', () => {
  finds(checkLayers(planted({ 'src/extra/x.ts': '' })), /belongs to no folder/);
});

test('banned: names and file names', () => clean(checkBanned(project)));

test('banned: every ban can fail, and fails only on code', () => {
  for (const [path, text] of banExamples) {
    assert.equal(checkBanned(planted({ [path]: header + text })).length, 1, `${path}: ${text}`);
  }
  const prose =
    "// Date.now() and new Error('x') in prose\nconst s = 'Date.now()', t = `console.log ${s} Math.random()`;";
  clean(checkBanned(planted({ 'src/base/x.ts': header + prose })));
  clean(checkBanned(planted({ 'src/main/x.ts': `${header}console.log(Date.now());` })));
  finds(checkBanned(planted({ 'src/main/x.ts': 'export {};' })), /opens without a comment/);
});

test('lists: every unit is in its list', () => clean(checkLists(project)));

test('lists: a unit that its list forgets is found', () => {
  const unit = { 'src/api/core/pod.ts': 'export const pod = defineKind({});' };
  finds(checkLists(planted(unit)), /src\/api\/all\.ts does not exist/);
  finds(checkLists(planted({ ...unit, 'src/api/all.ts': 'export const all = [];' })), /is not in src\/api\/all\.ts/);
  const imported = `import { pod } from './core/pod.ts';\nexport const all = [`;
  finds(checkLists(planted({ ...unit, 'src/api/all.ts': `${imported}];` })), /pod is not in the list/);
  clean(checkLists(planted({ ...unit, 'src/api/all.ts': `${imported}pod];` })));
});

test('lists: a unit may be in the list of those that are off', () => {
  const unit = {
    'src/api/core/pod.ts': 'export const pod = defineKind({});',
    'src/api/all.ts': 'export const all = [];',
  };
  const imported = `import { pod } from './core/pod.ts';\nexport const optional = [`;
  finds(
    checkLists(planted({ ...unit, 'src/api/optional.ts': `${imported}];` })),
    /pod is not in the list of src\/api\/optional/,
  );
  clean(checkLists(planted({ ...unit, 'src/api/optional.ts': `${imported}pod];` })));
});

test('lists: a unit belongs to the nearest list', () => {
  const unit = { 'src/api/legacy/policy.ts': 'const policy = defineKind({});' };
  const far = { 'src/api/all.ts': `import { policy } from './legacy/policy.ts';\nexport const all = [policy];` };
  const empty = { 'src/api/legacy/all.ts': 'export const all = [];' };
  finds(checkLists(planted({ ...unit, ...far, ...empty })), /is not in src\/api\/legacy\/all\.ts/);
  const near = { 'src/api/legacy/all.ts': `import { policy } from './policy.ts';\nexport const all = [policy];` };
  clean(checkLists(planted({ ...unit, ...near })));
});

test('dead exports: somebody imports what is exported', () => {
  const { dead } = readJson<Sizes>('tools/sizes.json');
  clean(checkDeadExports(project).filter(({ path }) => dead[path] === undefined));
});

test('dead exports: a name that nobody takes is found, through doors too', () => {
  const files = {
    'src/base/a.ts': 'export const used = 1;\nexport const dead = 2;\nexport interface Odd { a: 1 }',
    'src/base/mod.ts': `export { used, dead } from './a.ts';`,
    'src/api/x.ts': `import { used } from '../base/mod.ts';`,
  };
  const found = printFindings(checkDeadExports(planted(files)));
  assert.match(found, /a\.ts:2: dead is exported/);
  assert.match(found, /a\.ts:3: Odd is exported/);
  assert.doesNotMatch(found, /used is/);
});

test('sizes: functions and files keep to the limits or to the ratchet', async () => {
  clean(checkSizes(await measureSizes(root, project), readJson<Sizes>('tools/sizes.json')));
});

test('sizes: what grows is found, and what has fallen stays down', () => {
  const long = planted({ 'src/base/x.ts': 'a;\n'.repeat(601), 'src/base/y.ts': 'a;\n'.repeat(801) });
  const none: Sizes = { file: {}, function: {}, dead: {} };
  const now: Sizes = { file: measureFiles(long), function: { 'src/base/x.ts': 71 }, dead: { 'src/base/x.ts': 2 } };
  const found = printFindings(checkSizes(now, { ...none, dead: { 'src/base/x.ts': 1 } }));
  assert.match(found, /x\.ts:1: file of 601 lines/);
  assert.match(found, /x\.ts:1: function of 71 lines/);
  assert.match(found, /y\.ts:1: has 801 lines/);
  assert.match(found, /x\.ts:1: 2 exports that nobody imports/);
  const ratchet: Sizes = {
    file: { 'src/base/x.ts': 700 },
    function: { 'src/base/x.ts': 71, 'src/base/z.ts': 90 },
    dead: {},
  };
  finds(checkSizes(now, ratchet), /has file 700, it is less now/);
  assert.deepEqual(fallenSizes(now, ratchet), {
    file: { 'src/base/x.ts': 601 },
    function: { 'src/base/x.ts': 71 },
    dead: {},
  });
});

test('sizes: the longest function of a file is read from the report', () => {
  const diagnostic = (lines: number) => ({
    filename: 'a.ts',
    message: `function \`f\` has too many lines (${lines}). Maximum`,
  });
  assert.deepEqual(measureFunctions(JSON.stringify({ diagnostics: [diagnostic(80), diagnostic(75)] })), { 'a.ts': 80 });
});

test('generated files are what their generator made', () => {
  clean(checkGenerated(fingerprints(root), readJson<Fingerprints>('tools/generated.json')));
});

test('generated files: an edit and a changed generator are found', () => {
  const list = [{ output: 'out', generator: 'tool' }];
  clean(checkGenerated({ out: '1', tool: '2' }, { out: '1', tool: '2' }, list));
  finds(checkGenerated({ out: '3', tool: '2' }, { out: '1', tool: '2' }, list), /out:1: .*edited by hand/);
  finds(checkGenerated({ out: '1', tool: '4' }, { out: '1', tool: '2' }, list), /tool:1: has changed/);
});

test('ARCHITECTURE.md prints the table of directions', () => {
  const path = `${root}/ARCHITECTURE.md`;
  clean(checkArchitecture(existsSync(path) ? readFileSync(path, 'utf8') : ''));
});

test('ARCHITECTURE.md: a missing row is found', () => {
  const rows = layerTable().split('\n');
  clean(checkArchitecture(`x\n${rows.join('\n')}\ny`));
  finds(
    checkArchitecture(rows.toSpliced(4, 1).join('\n')),
    /its table is not that of tools\/layers\.ts, which has: \| `src\/cel/,
  );
});

test('documents: links lead to files', () => {
  const inDocs = listFiles(root, 'docs').filter((path) => path.endsWith('.md'));
  for (const path of [...inDocs, 'README.md', 'README.zh-CN.md', 'ARCHITECTURE.md', 'STYLE.md', 'CHANGELOG.md']) {
    clean(checkLinks(path, readFileSync(`${root}/${path}`, 'utf8'), (to) => existsSync(`${root}/${to}`)));
  }
});

test('documents: a link that leads nowhere is found', () => {
  const text = 'See [a](../a.md), [b](https://example.com/b),\n[c](c.md#part).';
  finds(
    checkLinks('docs/x.md', text, (path) => path === 'a.md'),
    /^docs\/x\.md:2: its link to c\.md leads nowhere$/,
  );
});

test('scanner: comments, strings, templates and regular expressions are told apart', () => {
  const text = 'const a = /["\'`]/; // Date\nconst b = `x ${c({ d: "}" })} y`; const e = 4 / 2; /* f */ g();';
  const { code, comments } = parseSource('src/base/x.ts', text);
  assert.equal(code.length, text.length);
  assert.deepEqual(comments.trim().split(/\s{2,}/), ['// Date', '/* f */']);
  assert.match(
    code,
    /^const a = \/ {5}\/; {8}\nconst b = ` {3}\{c\(\{ d: " " \}\)\} {2}`; const e = 4 \/ 2; {9}g\(\);$/,
  );
});

test('scanner: imports and exports with their names', () => {
  const text = [
    `export interface A { b: string }`,
    `import x, { type C, d as e } from './y.ts';`,
    `import type { F } from 'pkg';`,
    `export * from '../z/mod.ts';`,
    `import './effect.ts';`,
    `export async function g(): Promise<void> {}`,
    `export { h, i as j };`,
    `export type * from './k.ts';`,
    `export type { L } from './k.ts';`,
  ].join('\n');
  const { imports, exports } = parseSource('src/base/x.ts', text);
  assert.deepEqual(
    imports.map(({ target, specifier, typeOnly, names }) => [
      target ?? specifier,
      typeOnly,
      names === '*' ? '*' : names.map((n) => n.name),
    ]),
    [
      ['src/base/y.ts', false, ['default', 'C', 'd']],
      ['pkg', true, ['F']],
      ['src/z/mod.ts', false, '*'],
      ['src/base/k.ts', true, '*'],
      ['src/base/k.ts', true, ['L']],
      ['src/base/effect.ts', false, []],
    ],
  );
  assert.deepEqual(
    exports.map(({ name, type }) => [name, type]),
    [
      ['A', true],
      ['g', false],
      ['h', false],
      ['j', false],
    ],
  );
});

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(`${root}/${path}`, 'utf8')) as T;
}
