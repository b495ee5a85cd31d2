import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hostArchitecture, type Architecture } from './oci.ts';
import { pauseImage, pauseProgram } from './pause.ts';

/** How to run a program of that architecture here; undefined when there is no way. */
function runner(architecture: Architecture): string[] | undefined {
  if (process.platform !== 'linux') return undefined;
  if (architecture === hostArchitecture()) return [];
  const emulator = architecture === 'arm64' ? 'qemu-aarch64-static' : 'qemu-x86_64-static';
  return spawnSync(emulator, ['--version']).status === 0 ? [emulator] : undefined;
}

for (const architecture of ['amd64', 'arm64'] as const) {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`the ${architecture} pause program sleeps until ${signal}`, async (t) => {
      const prefix = runner(architecture);
      if (prefix === undefined) return t.skip(`nothing here runs ${architecture}`);
      const folder = await mkdtemp(join(tmpdir(), 'pause-'));
      const path = join(folder, 'pause');
      await writeFile(path, pauseProgram(architecture), { mode: 0o755 });
      const child = spawn(prefix[0] ?? path, prefix.length > 0 ? [path] : []);
      try {
        await once(child, 'spawn');
        await sleeping(child.pid ?? 0);
        assert.equal(child.exitCode, null);
        child.kill(signal);
        assert.deepEqual(await once(child, 'exit'), [0, null]);
      } finally {
        child.kill('SIGKILL');
        await rm(folder, { recursive: true });
      }
    });
  }
}

/** Waits until the handlers are in place: the signals are then in SigCgt, and SIGCHLD in SigIgn. */
async function sleeping(pid: number): Promise<void> {
  for (let i = 0; i < 500; i++) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const mask = (name: string): bigint =>
      BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1]}`);
    const both = (1n << 14n) | (1n << 1n);
    if ((mask('SigCgt') & both) === both && (mask('SigIgn') & (1n << 16n)) !== 0n) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('the signal handlers were never set');
}

test('the pause image is small and always the same', () => {
  const image = pauseImage('amd64');
  assert.equal(image.target.digest, pauseImage('amd64').target.digest);
  assert.notEqual(image.target.digest, pauseImage('arm64').target.digest);
  const size = image.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  assert.ok(size < 8192, `${size} bytes`);
});
