/** kill -9 at random moments: whatever was acknowledged is there afterwards, and nothing by halves. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../src/base/mod.ts';

const writer = fileURLToPath(new URL('./journal-writer.ts', import.meta.url));
const rounds = 220;
const lanes = 2;

interface Found {
  readonly revision: number;
  readonly compacted: number;
  /** Name, revision, number, and the revision in the value. */
  readonly entries: readonly (readonly [string, number, number, number])[];
}

/** Runs the writer and kills it some milliseconds after it has opened, or while it opens. Returns what it said. */
async function killed(directory: string, seed: number, delayMs: number, opened: boolean): Promise<string[]> {
  const output = path.join(directory, 'said');
  rmSync(output, { force: true });
  const child = spawn(process.execPath, [writer, directory, String(seed), output], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let armed = false;
  const arm = (): void => {
    if (armed) return;
    armed = true;
    setTimeout(() => child.kill('SIGKILL'), delayMs);
  };
  if (!opened) arm();
  child.stdout.once('data', arm);
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => void child.on('close', (_, by) => resolve(by)));
  const text = existsSync(output) ? readFileSync(output, 'utf8') : '';
  assert.equal(signal, 'SIGKILL', `the writer ended by itself: ${text.slice(-500)}`);
  return text.split('\n').slice(0, -1);
}

/** What is known to be durable: the highest number that was acknowledged, for each counter. */
class Acknowledged {
  readonly numbers = new Map<number, number>();
  revision = 0;
  count = 0;

  read(lines: readonly string[]): void {
    for (const line of lines) {
      const [counter = NaN, n = NaN, revision = NaN] = line.split(' ').map(Number);
      assert.ok(Number.isInteger(revision) && revision > this.revision, `an acknowledgement in order: ${line}`);
      this.numbers.set(counter, n);
      this.revision = revision;
      this.count += 1;
    }
  }

  check({ revision, entries }: Found): void {
    assert.ok(revision >= this.revision, `revision ${this.revision} was acknowledged, ${revision} is there`);
    const numbers = new Map(entries.map(([name, , n]) => [name, n]));
    for (const [name, of, , inValue] of entries) assert.equal(of, inValue, `${name} belongs to its revision`);
    for (const [counter, n] of this.numbers) {
      const there = numbers.get(`c${counter}`) ?? 0;
      assert.ok(there >= n, `counter ${counter} was acknowledged at ${n} and is at ${there}`);
      assert.ok(there <= n + 1, `counter ${counter} was acknowledged at ${n}, yet is at ${there}`);
      // The one that was in flight is durable too, now that it has been read.
      this.numbers.set(counter, there);
    }
    this.revision = revision;
    for (const [name, n] of numbers)
      if (name.startsWith('c')) assert.equal(numbers.get(`m${name.slice(1)}`), n, `${name} and its mirror`);
  }
}

async function lane(seed: number): Promise<{ kills: number; acknowledged: number; compactions: number }> {
  const random = seededRandom(seed);
  const directory = mkdtempSync(path.join(os.tmpdir(), 'journal-crash-'));
  const acknowledged = new Acknowledged();
  const compacted = new Set<number>();
  let kills = 0;
  try {
    for (; kills < rounds / lanes; kills++) {
      const opened = random.next() > 0.1;
      const delayMs = opened ? random.next() ** 2 * 120 : 60 + random.next() * 80;
      const [first, ...lines] = await killed(directory, kills, delayMs, opened);
      if (first === undefined) continue;
      assert.match(first, /^found /);
      const found = JSON.parse(first.slice('found '.length)) as Found;
      acknowledged.check(found);
      compacted.add(found.compacted);
      acknowledged.read(lines);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return { kills, acknowledged: acknowledged.count, compactions: compacted.size };
}

test(`${rounds} times kill -9 lose nothing that was acknowledged`, { timeout: 120_000 }, async (t) => {
  const results = await Promise.all(Array.from({ length: lanes }, (_, i) => lane(1000 + i)));
  for (const { kills, acknowledged, compactions } of results) {
    t.diagnostic(`${kills} kills, ${acknowledged} acknowledged commits, ${compactions} states of compaction`);
    assert.ok(acknowledged > 1000, 'the writers had time to write');
    assert.ok(compactions > 3, 'compaction was among what was interrupted');
  }
});
