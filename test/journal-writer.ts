/**
 * The program that `journal-crash.test.ts` kills: opens the store in the directory that it is given, says what it found,
 * and then changes it as fast as it can, saying each change once it is acknowledged.
 *
 * Each commit sets a counter and its mirror to the same number, so half a commit would show.
 */
import { openSync, writeSync } from 'node:fs';
import { VirtualClock } from '../src/base/mod.ts';
import { EmbeddedJournal } from '../src/host/journal/mod.ts';
import { LocalStore, type Change } from '../src/store/mod.ts';

const [directory = '', seed = '0', output = ''] = process.argv.slice(2);
const counters = 40;
const collection = '/registry/counters/';
// A file, not a pipe: what is written to it outlives this process, and writing never has to wait.
const said = openSync(output, 'w');
const say = (line: string): void => void writeSync(said, `${line}\n`);

const journal = await EmbeddedJournal.open({
  directory,
  tuning: { checkpointBytes: 240_000 },
  onFatal: (error) => {
    say(`fatal ${error.message}`);
    process.exit(1);
  },
});
const store = await LocalStore.open({
  clock: new VirtualClock({ rest: () => new Promise((resolve) => setImmediate(resolve)) }),
  limits: { historyRevisionsMax: 300, historyBytesMax: 64 << 20 },
  stamp: (value, revision) => ({ ...value, revision }),
  journal,
});

const found = [...store.current.collection(collection)].map(([name, { revision, value }]) => [
  name,
  revision,
  value['n'],
  value['revision'],
]);
say(`found ${JSON.stringify({ revision: store.current.revision, compacted: store.compacted, entries: found })}`);
process.stdout.write('open\n');

async function count(i: number): Promise<void> {
  for (let turn = Number(seed); ; turn++) {
    const current = store.head.get(collection, `c${i}`);
    const mirror = store.head.get(collection, `m${i}`);
    const n = ((current?.value['n'] as number | undefined) ?? 0) + 1;
    const value = { n, text: 'x'.repeat((turn * 37 + i * 101) % 3000) };
    const changes: Change[] = [
      { collection, name: `c${i}`, expected: current?.revision ?? 0, value },
      { collection, name: `m${i}`, expected: mirror?.revision ?? 0, value: { n } },
    ];
    const result = await store.commit(changes);
    if (!result.ok) process.exit(2);
    say(`${i} ${n} ${result.revision}`);
  }
}

await Promise.all(Array.from({ length: counters }, (_, i) => count(i)));
