/**
 * Golden cases of kinds: `cases/<kind>/<name>.in.yaml` holds an object (and, for a change, the object before it), the file
 * beside it what became of it. `UPDATE=1` rewrites the results, for a person to read in the diff.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import type { JsonObject } from '../base/mod.ts';
import { kinds } from './all.ts';
import { kindOf, tryOut, type TrialInput } from './trial.ts';
import facts from './upstream/facts.json' with { type: 'json' };
import type { Facts } from '../machinery/mod.ts';

const inputs = globSync('**/cases/*/*.in.yaml', { cwd: import.meta.dirname }).sort();
const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** The result as a person wants to read it: without the parts that every object has. */
function resultOf(input: TrialInput): string {
  const { object, errors, warnings, row } = tryOut(facts as unknown as Facts, input);
  const { kind: _kind, apiVersion: _version, metadata, ...rest } = object;
  const { creationTimestamp: _time, ...meta } = metadata as JsonObject;
  const shown = {
    ...(errors.length > 0 ? { errors } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
    row,
    ...(errors.length > 0 ? {} : { metadata: meta, ...rest }),
  };
  return stringify(JSON.parse(JSON.stringify(shown)), { lineWidth: 0 });
}

for (const name of inputs) {
  void test(name, () => {
    const got = resultOf(parse(read(name), { merge: true }) as TrialInput);
    const out = name.replace('.in.yaml', '.out.yaml');
    if (process.env['UPDATE'] === '1') writeFileSync(join(import.meta.dirname, out), got);
    assert.equal(got, read(out));
  });
}

void test('every kind that is kept has cases', () => {
  const seen = new Set(
    inputs.map((name) =>
      kindOf((parse(read(name), { merge: true }) as TrialInput).object as { kind: string; apiVersion: string }),
    ),
  );
  const missing = kinds
    .filter((kind) => kind.collection !== undefined && !seen.has(kind))
    .map(({ group, kind }) => `${group}/${kind}`);
  assert.deepEqual(missing, []);
});

void test('defaults are the same the second time', () => {
  for (const name of inputs) {
    const { object } = parse(read(name), { merge: true }) as TrialInput;
    const once = tryOut(facts as unknown as Facts, { object, stored: true }).object;
    const served = (kindOf(object as { kind: string; apiVersion: string })?.versions[0]?.fromStorage?.(once) ??
      once) as JsonObject;
    assert.deepEqual(tryOut(facts as unknown as Facts, { object: served, stored: true }).object, once, name);
  }
});
