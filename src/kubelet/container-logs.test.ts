import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../base/mod.ts';
import { readContainerLog, type LogOptions } from './container-logs.ts';
import type { LogFiles } from './ports.ts';

/** Log files in memory, with a rename as rotation does it. */
class Files implements LogFiles {
  readonly #files = new Map<string, { identity: string; bytes: Uint8Array }>();
  readonly #watchers = new Set<() => void>();
  #sequence = 0;

  async stat(path: string): Promise<{ sizeBytes: number; identity: string } | undefined> {
    const file = this.#files.get(path);
    return file === undefined ? undefined : { sizeBytes: file.bytes.length, identity: file.identity };
  }
  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    return (this.#files.get(path)?.bytes ?? new Uint8Array()).slice(offset, offset + length);
  }
  async list(): Promise<string[]> {
    return [...this.#files.keys()].map((path) => path.split('/').at(-1) ?? '');
  }
  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (file !== undefined) this.#files.set(to, file);
    this.#files.delete(from);
  }
  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }
  watch(_path: string, onChange: () => void): Disposable {
    this.#watchers.add(onChange);
    return { [Symbol.dispose]: () => void this.#watchers.delete(onChange) };
  }

  append(path: string, text: string): void {
    const file = this.#files.get(path) ?? { identity: String(this.#sequence++), bytes: new Uint8Array() };
    this.#files.set(path, { ...file, bytes: Uint8Array.from([...file.bytes, ...new TextEncoder().encode(text)]) });
    for (const watcher of this.#watchers) watcher();
  }
}

const path = '/logs/0.log';
const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z`;
const line = (second: number, text: string, stream = 'stdout', tag = 'F'): string =>
  `${at(second)} ${stream} ${tag} ${text}\n`;

interface Reading {
  readonly files: Files;
  readonly clock: VirtualClock;
  readonly stop: AbortController;
  running: boolean;
  text: string;
  ended: boolean;
}

function read(files: Files, options: Partial<LogOptions> = {}): Reading {
  const clock = new VirtualClock({ rest: async () => setImmediate() });
  const stop = new AbortController();
  const reading: Reading = { files, clock, stop, running: true, text: '', ended: false };
  const source = { files, clock, path, isRunning: () => reading.running, signal: stop.signal };
  void (async () => {
    for await (const chunk of readContainerLog(source, { follow: false, timestamps: false, ...options }))
      reading.text += new TextDecoder().decode(chunk);
    reading.ended = true;
  })();
  return reading;
}

async function all(text: string, options: Partial<LogOptions> = {}): Promise<string> {
  const files = new Files();
  if (text !== '') files.append(path, text);
  const reading = read(files, options);
  await reading.clock.advance(0);
  assert.equal(reading.ended, true);
  return reading.text;
}

const three = line(1, 'one') + line(2, 'two', 'stderr') + line(3, 'three');

test('entries become lines again', async () => {
  assert.equal(await all(three), 'one\ntwo\nthree\n');
  assert.equal(await all(line(1, 'begin ', 'stdout', 'P') + line(1, 'end')), 'begin end\n');
  assert.equal(await all(line(1, '') + line(2, ' x ')), '\n x \n');
  assert.equal(await all(''), '');
});

test('what is asked for and nothing else', async () => {
  assert.equal(await all(three, { tailLines: 2 }), 'two\nthree\n');
  assert.equal(await all(three, { tailLines: 0 }), '');
  assert.equal(await all(three, { tailLines: 9 }), 'one\ntwo\nthree\n');
  assert.equal(await all(three, { limitBytes: 6 }), 'one\ntw');
  assert.equal(await all(three, { stream: 'stderr' }), 'two\n');
  assert.equal(await all(three, { sinceMs: Date.parse('2026-01-01T00:00:02Z') }), 'two\nthree\n');
  assert.equal(await all(line(1, 'a', 'stdout', 'P') + line(1, 'b'), { timestamps: true }), `${at(1)} ab\n`);
});

test('a log larger than one piece is read whole, and its end found from behind', async () => {
  const lines = Array.from({ length: 5000 }, (_, i) => line(i % 60, `line ${i}`));
  const text = await all(lines.join(''));
  assert.equal(text.split('\n').length, 5001);
  assert.equal((await all(lines.join(''), { tailLines: 2000 })).split('\n')[0], 'line 3000');
});

test('following ends with the container, and goes on over a rotation', async () => {
  const files = new Files();
  files.append(path, line(1, 'one'));
  const reading = read(files, { follow: true });
  await reading.clock.advance(0);
  files.append(path, line(2, 'two') + line(3, 'thr').slice(0, -1));
  await reading.clock.advance(0);
  assert.equal(reading.text, 'one\ntwo\n');
  files.append(path, 'ee\n');
  await files.rename(path, `${path}.20260101-000000`);
  files.append(path, line(4, 'four'));
  await reading.clock.advance(1000);
  assert.equal(reading.text, 'one\ntwo\nthree\nfour\n');
  reading.running = false;
  files.append(path, line(5, 'five'));
  await reading.clock.advance(2000);
  assert.deepEqual([reading.text, reading.ended], ['one\ntwo\nthree\nfour\nfive\n', true]);
});

test('a follower that leaves is let go', async () => {
  const files = new Files();
  const reading = read(files, { follow: true });
  await reading.clock.advance(5000);
  assert.equal(reading.ended, false);
  reading.stop.abort();
  await reading.clock.advance(0);
  assert.deepEqual([reading.ended, reading.clock.pending], [true, 0]);
});
