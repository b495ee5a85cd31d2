/**
 * A valid object of every kind in every version that is served: the golden cases of the kinds, so that a kind without one is
 * noticed. Versions that have no case of their own get what the API server would show of another version's.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { kinds } from '../../src/api/all.ts';
import { kindOf, tryOut, type TrialInput } from '../../src/api/trial.ts';
import facts from '../../src/api/upstream/facts.json' with { type: 'json' };
import type { JsonObject } from '../../src/base/mod.ts';
import { apiVersionOf, type Kind } from '../../src/machinery/mod.ts';

export type Valid = JsonObject & { readonly apiVersion: string; readonly kind: string; readonly metadata: JsonObject };

export interface Sample {
  readonly kind: Kind;
  readonly version: string;
  readonly apiVersion: string;
  readonly object: Valid;
  /** There is no golden case in this version. */
  readonly converted: boolean;
}

const root = join(import.meta.dirname, '../../src/api');

function plainness(name: string): number {
  return name.endsWith('/new.in.yaml') ? 0 : name.endsWith('/minimal.in.yaml') ? 1 : 2;
}

/** The valid new objects among the golden cases, the plain ones first. */
export const valid = globSync('**/cases/*/*.in.yaml', { cwd: root })
  .sort((a, b) => plainness(a) - plainness(b) || (a < b ? -1 : 1))
  .flatMap((name): Valid[] => {
    const input = parse(readFileSync(join(root, name), 'utf8'), { merge: true }) as TrialInput;
    const { old, subresource, stored, object } = input;
    if (old !== undefined || subresource !== undefined || stored === true) return [];
    return tryOut(facts, input).errors.length === 0 ? [object as Valid] : [];
  });

function shownIn(version: Kind['versions'][number], kind: Kind, object: JsonObject): Valid {
  const { object: stored } = tryOut(facts, { object });
  const { status: _status, ...shown } = version.fromStorage?.(stored) ?? stored;
  return { ...shown, apiVersion: apiVersionOf(kind.group, version.version) } as Valid;
}

function sampleOf(kind: Kind, version: Kind['versions'][number]): Sample {
  const apiVersion = apiVersionOf(kind.group, version.version);
  const of = valid.filter((object) => kindOf(object) === kind);
  const own = of.find((object) => object['apiVersion'] === apiVersion);
  const [other] = of;
  assert.ok(other, `${kind.group}/${kind.kind} has no valid golden case`);
  const object = own ?? shownIn(version, kind, other);
  const { creationTimestamp: _at, ...metadata } = object.metadata;
  return { kind, version: version.version, apiVersion, object: { ...object, metadata }, converted: own === undefined };
}

/** One of every stored kind in every served version, in the order of discovery. */
export const samples: readonly Sample[] = kinds
  .filter(({ collection }) => collection !== undefined)
  .flatMap((kind) => kind.versions.map((version) => sampleOf(kind, version)));

/** Where objects like this are created. */
export function collectionOf({ apiVersion, metadata }: Valid, { plural, namespaced }: Kind): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}${namespaced ? `/namespaces/${String(metadata['namespace'] ?? 'default')}` : ''}/${plural}`;
}
