/** The runner of tests must not lose a failure: a red assertion, a crash, a hang and a file that never loads all count. */
import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTests } from './tests.ts';

const open = `import assert from 'node:assert'; import { test } from 'node:test';\n`;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly lines: string;
}

async function outcome(text: string): Promise<Outcome> {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'kutter-tests-'));
  const file = join(folder.path, 'a.test.ts');
  writeFileSync(file, open + text);
  const options = { files: ['a.test.ts'], root: folder.path, fileTimeoutMs: 3000 };
  const lines: string[] = [];
  const counts = await runTests({ ...options, print: (line) => lines.push(line) });
  return { ...counts, lines: lines.join('\n') };
}

test('counts what passes, fails and is skipped, and shows the failure once', async () => {
  const { passed, failed, skipped, lines } = await outcome(`
    test('good', () => {});
    test('later', { skip: 'no' }, () => {});
    test('outer', async (t) => { await t.test('inner', () => assert.equal(1, 2)); });
  `);
  assert.deepEqual({ passed, failed, skipped }, { passed: 1, failed: 1, skipped: 1 });
  assert.match(lines, /FAILED a\.test\.ts:\d+ inner/);
  assert.match(lines, /a\.test\.ts: 1 passed, 1 skipped, 1 FAILED/);
});

test('a file that does not load fails', async () => {
  const { failed, lines } = await outcome(`import './missing.ts';`);
  assert.equal(failed, 1);
  assert.match(lines, /missing\.ts/);
});

test('a process that ends in the middle fails', async () => {
  const { failed } = await outcome(`test('gone', () => { process.exit(3); });`);
  assert.ok(failed >= 1);
});

test('a file that hangs is ended and fails', async () => {
  const { failed, lines } = await outcome(
    `test('hangs', async () => { setInterval(() => {}, 1000); await new Promise(() => {}); });`,
  );
  assert.ok(failed >= 1);
  assert.match(lines, /took longer than 3 s and was killed/);
});

test('a file without tests fails', async () => {
  const { failed, lines } = await outcome('');
  assert.equal(failed, 1);
  assert.match(lines, /a\.test\.ts has no tests/);
});
