/**
 * docs/conformance.md says which test of ours does what a conformance test does. Here it is held against the tests, so that
 * it cannot say more than there is; `UPDATE=1` notes tests that bear the name of a conformance test.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/conformance.md');

const states = ['passes', 'needs a container runtime: later', 'needs an API of 1.37'] as const;

interface Row {
  readonly name: string;
  readonly where: string;
  readonly state: string;
}

const named = new Map(
  globSync('*.test.ts', { cwd: import.meta.dirname })
    .filter((file) => file !== 'catalogue.test.ts')
    .sort()
    .map((file) => [
      relative(root, join(import.meta.dirname, file)),
      readFileSync(join(import.meta.dirname, file), 'utf8'),
    ]),
);

/** A row as it should be: where a test bears the name, that is the test. */
function corrected({ name, where, state }: Row): Row {
  const file = [...named].find(([, text]) => text.includes(`'${name}`))?.[0];
  return file === undefined ? { name, where, state } : { name, where: `\`${file}\``, state: 'passes' };
}

function readRow(line: string): Row | undefined {
  const [, name = '', where = '', state] = line.split(/ ?(?<!\\)\| ?/);
  return state === undefined || name === 'conformance test' || name.startsWith('---')
    ? undefined
    : { name, where, state };
}

const lines = readFileSync(page, 'utf8').split('\n');
const rows = lines.flatMap((line) => readRow(line) ?? []);

test('every conformance test has its row', () => {
  assert.equal(rows.length, 462);
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  assert.deepEqual(
    rows.filter(({ state }) => !(states as readonly string[]).includes(state)),
    [],
  );
});

test('the tests that bear the name of a conformance test are noted', () => {
  const wanted = lines.map((line) => {
    const row = readRow(line);
    if (row === undefined) return line;
    const { name, where, state } = corrected(row);
    return `| ${name} | ${where} | ${state} |`;
  });
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted.join('\n'));
  assert.deepEqual(readFileSync(page, 'utf8').split('\n'), wanted);
});

test('what is said to pass has a test', () => {
  for (const { name, where, state } of rows) {
    const [, file, title = name] = /^`([^`]+)`(?:: (.+))?$/.exec(where) ?? [];
    assert.equal(file !== undefined, state === 'passes', name);
    if (file !== undefined)
      assert.ok(readFileSync(join(root, file), 'utf8').includes(title), `${file} has no ${title}`);
  }
});
