/**
 * A valid object of every kind in every version that is served: the golden cases of the kinds, so that a kind without one is
 * noticed. Versions that have no case of their own get what the API server would show of another version's.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { kinds, optionalKinds } from '../../src/api/mod.ts';
import type { JsonObject } from '../../src/base/mod.ts';
import { apiVersionOf, type Kind } from '../../src/machinery/mod.ts';

type Metadata = JsonObject & { readonly name: string; readonly namespace?: string };
export type Valid = JsonObject & { readonly apiVersion: string; readonly kind: string; readonly metadata: Metadata };

export interface Sample {
  readonly kind: Kind;
  readonly version: string;
  readonly apiVersion: string;
  readonly object: Valid;
  /** There is no golden case in this version. */
  readonly converted: boolean;
}

/** What of a golden case and its outcome says whether its object is a valid new one. */
interface Case {
  readonly object: Valid;
  readonly old?: object;
  readonly subresource?: string;
  readonly stored?: boolean;
  readonly errors?: readonly string[];
}

const root = join(import.meta.dirname, '../../src/api');

function plainness(name: string): number {
  return name.endsWith('/new.in.yaml') ? 0 : name.endsWith('/minimal.in.yaml') ? 1 : 2;
}

/** The valid new objects among the golden cases, the plain ones first. */
const all = globSync('**/cases/*/*.in.yaml', { cwd: root })
  .sort((a, b) => plainness(a) - plainness(b) || (a < b ? -1 : 1))
  .flatMap((name): Valid[] => {
    const read = (file: string): Case => parse(readFileSync(join(root, file), 'utf8'), { merge: true }) as Case;
    const { old, subresource, stored, object } = read(name);
    const isNew = old === undefined && subresource === undefined && stored !== true;
    return isNew && read(name.replace('.in.', '.out.')).errors === undefined ? [object] : [];
  });

/** Those of them that are served unless somebody switches them off. */
export const valid = all.filter((object) => kindOf(object) !== undefined);

/** `object` is the same in any other version. */
function shownIn(version: Kind['versions'][number], kind: Kind, object: Valid): Valid {
  const stored = anyKindOf(object)?.versions[0]?.toStorage?.(object) ?? object;
  const shown = version.fromStorage?.(stored) ?? stored;
  return { ...shown, apiVersion: apiVersionOf(kind.group, version.version) } as Valid;
}

function sampleOf(kind: Kind, version: Kind['versions'][number]): Sample {
  const apiVersion = apiVersionOf(kind.group, version.version);
  const of = all.filter((object) => anyKindOf(object) === kind);
  const own = of.find((object) => object['apiVersion'] === apiVersion);
  const [other = all.find((object) => kindOf(object)?.storedAs === kind.storedAs && object.kind === kind.kind)] = of;
  assert.ok(other, `${kind.group}/${kind.kind} has no valid golden case`);
  const object = own ?? shownIn(version, kind, other);
  const { creationTimestamp: _at, ...metadata } = object.metadata;
  return {
    kind,
    version: version.version,
    apiVersion,
    object: { ...object, metadata },
    converted: own === undefined,
  };
}

const samplesOf = (some: readonly Kind[]): readonly Sample[] =>
  some
    .filter(({ collection }) => collection !== undefined)
    .flatMap((kind) => kind.versions.map((version) => sampleOf(kind, version)));

/** One of every stored kind in every served version, in the order of discovery. */
export const samples = samplesOf(kinds);
/** The same for what is served only where it is asked for. */
export const optionalSamples = samplesOf(optionalKinds);

export function kindOf(object: Valid): Kind | undefined {
  return kindAmong(kinds, object);
}

function anyKindOf(object: Valid): Kind | undefined {
  return kindOf(object) ?? kindAmong(optionalKinds, object);
}

function kindAmong(some: readonly Kind[], { apiVersion, kind }: Valid): Kind | undefined {
  return some.find(
    (one) => one.kind === kind && one.versions.some(({ version }) => apiVersionOf(one.group, version) === apiVersion),
  );
}

/** Where objects like this are created. */
export function collectionOf({ apiVersion, metadata }: Valid, { plural, namespaced }: Kind): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}${namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : ''}/${plural}`;
}
