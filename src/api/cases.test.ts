/**
 * Golden cases of kinds: `cases/<kind>/<name>.in.yaml` holds an object (and, for a change, the object before it), the file
 * beside it what became of it. `UPDATE=1` rewrites the results, for a person to read in the diff.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import type { JsonObject } from '../base/mod.ts';
import { apiVersionOf } from '../machinery/mod.ts';
import { kinds } from './all.ts';
import { optionalKinds } from './optional.ts';
import { kindOf, tryOut, type TrialInput } from './trial.ts';
import facts from './upstream/facts.json' with { type: 'json' };

const inputs = globSync('**/cases/*/*.in.yaml', { cwd: import.meta.dirname }).sort();
const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** The result as a person wants to read it: without the parts that every object has. */
function resultOf(input: TrialInput): string {
  const { object, errors, warnings, row } = tryOut(facts, input);
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
  const own = optionalKinds.filter((kind) => kind.storedAs === apiVersionOf(kind.group, kind.version));
  const missing = [...kinds, ...own]
    .filter((kind) => kind.collection !== undefined && !seen.has(kind))
    .map(({ group, kind }) => `${group}/${kind}`);
  assert.deepEqual(missing, []);
});

/** Applies defaults to an object as a client sends it. */
function defaulted(object: JsonObject): JsonObject {
  const stored = tryOut(facts, { object, stored: true }).object;
  return kindOf(object)?.versions[0]?.fromStorage?.(stored) ?? stored;
}

void test('defaults are the same the second time', () => {
  for (const name of inputs) {
    const { object } = parse(read(name), { merge: true }) as TrialInput;
    const once = defaulted(object);
    assert.deepEqual(defaulted(once), once, name);
  }
});

/** Removes one part, found by walking down as `choices` say. */
function without(value: unknown, choices: readonly number[]): unknown {
  const [choice = 0, ...rest] = choices;
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value);
  if (keys.length === 0) return value;
  const key = keys[choice % keys.length] ?? '';
  const entries = Object.entries(value).flatMap(([name, item]): [string, unknown][] =>
    name !== key ? [[name, item]] : rest.length === 0 ? [] : [[name, without(item, rest)]],
  );
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

void test('defaults are the same the second time, whatever is left out of an object', () => {
  const { object } = parse(read('core/cases/pod/everything-defaulted.in.yaml')) as TrialInput;
  const cuts = fc.array(fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (all) => {
      const spec = all.reduce((part: unknown, choices) => without(part, choices), object['spec']) as JsonObject;
      const once = defaulted({ ...object, spec });
      assert.deepEqual(defaulted(once), once);
    }),
    { numRuns: 300 },
  );
});

void test('whatever is left out, the answer is a result and never a crash', () => {
  const objects = inputs.map((name) => parse(read(name), { merge: true }) as TrialInput);
  const cuts = fc.array(fc.array(fc.nat(20), { minLength: 1, maxLength: 7 }), { maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(...objects), cuts, (input, all) => {
      const cut = all.reduce((part: unknown, choices) => without(part, choices), input.object) as JsonObject;
      const { apiVersion, kind, metadata } = input.object;
      const object = { ...cut, apiVersion: apiVersion ?? null, kind: kind ?? null, metadata: metadata ?? null };
      assert.ok(Array.isArray(tryOut(facts, { ...input, object }).errors));
    }),
    { numRuns: 2000 },
  );
});
