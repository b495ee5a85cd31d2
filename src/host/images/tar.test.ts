import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fullImageName } from './oci.ts';
import { indexTar, readTarEntry, tarBytes } from './tar.ts';

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tar-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`reads what tar writes in the ${format} format`, () =>
    inFolder(async (folder) => {
      const long = `${'deep/'.repeat(format === 'ustar' ? 20 : 40)}${'n'.repeat(90)}`;
      await mkdir(join(folder, 'in', 'deep/'.repeat(40)), { recursive: true });
      await writeFile(join(folder, 'in', long), 'x'.repeat(1000));
      await writeFile(join(folder, 'in', 'ünï'), 'short');
      await symlink('ünï', join(folder, 'in', 'link'));
      execFileSync('tar', [`--format=${format}`, '-C', join(folder, 'in'), '-cf', join(folder, 'a.tar'), '.']);
      await using file = await open(join(folder, 'a.tar'));
      const entries = await indexTar(file);
      const entry = entries.get(long);
      assert.ok(entry);
      assert.equal(entry.size, 1000);
      const chunks = await Array.fromAsync(readTarEntry(file, entry, 300));
      assert.deepEqual(
        chunks.map((chunk) => chunk.length),
        [300, 300, 300, 100],
      );
      assert.equal(Buffer.concat(chunks).toString(), 'x'.repeat(1000));
      assert.deepEqual([entries.get('link')?.type, entries.get('link')?.target], ['symlink', 'ünï']);
      assert.equal(entries.get('ünï')?.type, 'file');
    }));
}

test('tar reads what is written here', () =>
  inFolder(async (folder) => {
    const data = new TextEncoder().encode('hello');
    const members = [
      { path: 'bin/', mode: 0o755 },
      { path: 'bin/tool', mode: 0o750, data },
      { path: 'link', mode: 0o777, symlink: 'bin/tool' },
    ];
    await writeFile(join(folder, 'a.tar'), tarBytes(members));
    const listed = execFileSync('tar', ['-tvf', join(folder, 'a.tar')]).toString();
    assert.match(
      listed,
      /drwxr-xr-x 0\/0 .* bin\/\n-rwxr-x--- 0\/0 +5 .* bin\/tool\nlrwxrwxrwx .* link -> bin\/tool\n/,
    );
  }));

test('a file that is no archive, or is cut, is refused', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'bad'), 'z'.repeat(2000));
    await using bad = await open(join(folder, 'bad'));
    await assert.rejects(indexTar(bad), { code: 'BadArchive' });
    const whole = tarBytes([{ path: 'a', mode: 0o644, data: new Uint8Array(3000) }]);
    await writeFile(join(folder, 'cut'), whole.subarray(0, 1500));
    await using cut = await open(join(folder, 'cut'));
    const entry = (await indexTar(cut)).get('a');
    assert.ok(entry);
    await assert.rejects(Array.fromAsync(readTarEntry(cut, entry, 4096)), { code: 'BadArchive' });
  }));

test('image names get their full form', () => {
  const names = {
    busybox: 'docker.io/library/busybox:latest',
    'busybox:1.30': 'docker.io/library/busybox:1.30',
    'a/b': 'docker.io/a/b:latest',
    'localhost/a': 'localhost/a:latest',
    '10.0.0.1:5000/a/b:v1': '10.0.0.1:5000/a/b:v1',
    'example.test/a@sha256:00': 'example.test/a@sha256:00',
  };
  for (const [name, full] of Object.entries(names)) assert.equal(fullImageName(name), full);
});
