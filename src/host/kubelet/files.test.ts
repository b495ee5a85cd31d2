/** Volumes' files on this machine's disk; what needs mounts is tried in test/real. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { linuxFiles } from './files.ts';

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'kutter-files-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const file = (path: string, text: string, mode = 0o644): { path: string; content: Uint8Array; mode: number } => ({
  path,
  content: new TextEncoder().encode(text),
  mode,
});

test('a volume changes all at once, and only when there is a change', async () => {
  await using root = await folder();
  const { path } = root;
  assert.equal(await linuxFiles.writeVolume(path, [file('a', '1', 0o400), file('d/b', '2')]), true);
  assert.equal(await readFile(join(path, 'a'), 'utf8'), '1');
  assert.equal(await readFile(join(path, 'd/b'), 'utf8'), '2');
  assert.equal(await readlink(join(path, 'a')), '..data/a');
  assert.equal((await stat(join(path, 'a'))).mode & 0o777, 0o400);
  const first = await readlink(join(path, '..data'));
  assert.equal(await linuxFiles.writeVolume(path, [file('a', '1', 0o400), file('d/b', '2')]), false);
  assert.equal(await readlink(join(path, '..data')), first);
  assert.equal(await linuxFiles.writeVolume(path, [file('a', '3'), file('c', '4')]), true);
  assert.deepEqual((await readdir(path)).filter((name) => !name.startsWith('..2')).sort(), ['..data', 'a', 'c']);
  assert.equal((await readdir(path)).filter((name) => name.startsWith('..2')).length, 1);
  assert.equal(await readFile(join(path, 'a'), 'utf8'), '3');
});

test('the end of a file, not through a link', async () => {
  await using root = await folder();
  const path = join(root.path, 'x/message');
  await linuxFiles.writeFile(path, 'hello world', 0o666);
  assert.equal((await stat(path)).mode & 0o777, 0o666);
  assert.equal(new TextDecoder().decode(await linuxFiles.readTail(path, 5)), 'world');
  assert.equal(await linuxFiles.readTail(join(root.path, 'none'), 5), undefined);
  await symlink(path, join(root.path, 'link'));
  await assert.rejects(linuxFiles.readTail(join(root.path, 'link'), 5), { code: 'ELOOP' });
});

test('kinds of files, and directories with their modes', async () => {
  await using root = await folder();
  await writeFile(join(root.path, 'f'), '');
  assert.deepEqual(await Promise.all(['', 'f', 'none'].map((name) => linuxFiles.typeOf(join(root.path, name)))), [
    'directory',
    'file',
    undefined,
  ]);
  assert.equal(await linuxFiles.typeOf('/dev/null'), 'characterDevice');
  await linuxFiles.makeDirectory(join(root.path, 'd/e'), { mode: 0o777 });
  assert.equal((await stat(join(root.path, 'd/e'))).mode & 0o777, 0o777);
  assert.deepEqual(await linuxFiles.list(join(root.path, 'none')), []);
});

test('a tree goes, but not what its links point to', async () => {
  await using root = await folder();
  const outside = join(root.path, 'outside');
  await linuxFiles.writeFile(join(outside, 'kept'), 'x', 0o644);
  await linuxFiles.makeDirectory(join(root.path, 'tree/sub'));
  await symlink(outside, join(root.path, 'tree/sub/link'));
  await linuxFiles.removeTree(join(root.path, 'tree'));
  await linuxFiles.removeTree(join(root.path, 'tree'));
  assert.deepEqual(await readdir(root.path), ['outside']);
  assert.deepEqual(await readdir(outside), ['kept']);
});

test('a subpath that would leave its volume is refused', async () => {
  await using root = await folder();
  const volume = join(root.path, 'volume');
  await linuxFiles.makeDirectory(volume);
  await symlink('/etc', join(volume, 'evil'));
  await symlink('..', join(volume, 'up'));
  for (const subpath of ['evil', 'evil/passwd', 'up/x', '../x']) {
    await assert.rejects(
      linuxFiles.bindSubpath(volume, subpath, join(root.path, 'target')),
      { code: 'InvalidPath' },
      subpath,
    );
  }
});
