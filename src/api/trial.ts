/**
 * For tests: takes an object through a kind's hooks in the order of the API server, without a server. Always holds: two
 * trials of the same input give the same result, because clock and randomness stand still.
 */
import { seededRandom, type DeepReadonly, type Json, type JsonObject } from '../base/mod.ts';
import {
  apiVersionOf,
  ApiError,
  compileDecoder,
  fieldErrorText,
  usualConfig,
  type Facts,
  type HookContext,
  type Kind,
  type KubeObject,
  type UpdateStrategy,
} from '../machinery/mod.ts';
import { kinds } from './all.ts';
import { optionalKinds } from './optional.ts';

const trialNow = Date.parse('2026-03-04T05:06:07Z');

export interface Trial {
  readonly object: JsonObject;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly row: Readonly<Record<string, Json>>;
}

export interface TrialInput {
  readonly object: JsonObject;
  /** What is there already; without it the object is new. */
  readonly old?: JsonObject;
  readonly subresource?: string;
  /** Only defaults and columns: for objects as they are stored. */
  readonly stored?: boolean;
}

export function kindOf({ apiVersion, kind }: KubeObject): Kind | undefined {
  return [...kinds, ...optionalKinds].find(
    (candidate) =>
      candidate.kind === kind &&
      candidate.versions.some(({ version }) => apiVersionOf(candidate.group, version) === apiVersion),
  );
}

function decoded(facts: Facts, kind: Kind, object: JsonObject): KubeObject {
  const [version] = kind.versions;
  const { object: clean } = compileDecoder(version?.schema ?? '', facts).decode(object);
  const typed = { kind: kind.kind, apiVersion: apiVersionOf(kind.group, kind.version), ...clean };
  return structuredClone((version?.toStorage?.(typed as JsonObject) ?? typed) as KubeObject);
}

export function trialContext(): HookContext {
  return {
    now: trialNow,
    random: seededRandom(1),
    user: { username: 'admin', groups: ['system:masters'] },
    namespace: 'default',
    exists: () => false,
    list: (collection) =>
      collection === '/registry/servicecidrs/'
        ? [{ metadata: { name: 'kubernetes' }, spec: { cidrs: [usualConfig.serviceCidr] } }]
        : [],
    config: usualConfig,
    signatureProblem: () => undefined,
  };
}

function partOf(kind: Kind, subresource: string | undefined): UpdateStrategy<KubeObject> {
  const part = subresource === undefined ? undefined : kind.subresources[subresource];
  return part?.type === 'part' ? part.strategy : kind.strategy;
}

/** A status is not written with the rest, nor the rest with a status. */
function separate(kind: Kind, subresource: string | undefined, draft: KubeObject, old: DeepReadonly<KubeObject>): void {
  if (kind.subresources['status'] === undefined) return;
  const part = subresource === undefined ? undefined : kind.subresources[subresource];
  const ofStatus = subresource === 'status' || (part?.type === 'part' && part.writesStatus === true);
  const target = draft as Record<string, unknown>;
  const before = old as Readonly<Record<string, unknown>>;
  for (const key of new Set([...Object.keys(target), ...Object.keys(before)])) {
    if (key === 'metadata' || (key === 'status') === ofStatus) continue;
    if (before[key] === undefined) delete target[key];
    else target[key] = structuredClone(before[key]);
  }
}

export function tryOut(facts: Facts, input: TrialInput): Trial {
  const kind = kindOf(input.object);
  if (kind === undefined) throw ApiError.badRequest('no such kind');
  const draft = decoded(facts, kind, input.object);
  kind.strategy.defaults?.(draft);
  const result = (errors: readonly string[], warnings: readonly string[]): Trial => {
    const served = (kind.versions[0]?.fromStorage?.(draft as JsonObject) ?? draft) as KubeObject;
    const row = Object.fromEntries(kind.columns.map(({ name, cell }) => [name, cell(served, trialNow)]));
    return { object: draft as JsonObject, errors, warnings, row };
  };
  if (input.stored === true) return result([], []);
  const metadata = (draft.metadata ??= {});
  try {
    if (input.old === undefined) {
      if (kind.namespaced) metadata.namespace ??= 'default';
      kind.strategy.prepareForCreate?.(draft, trialContext());
      const problems = (kind.strategy.validateName ?? (() => []))(metadata.name ?? '', false).map(
        (problem) => `metadata.name: ${problem}`,
      );
      return result(
        [...problems, ...(kind.strategy.validate?.(draft, trialContext()) ?? []).map(fieldErrorText)],
        kind.strategy.warnings?.(draft) ?? [],
      );
    }
    const old = decoded(facts, kind, input.old);
    kind.strategy.defaults?.(old);
    const part = partOf(kind, input.subresource);
    separate(kind, input.subresource, draft, old);
    part.prepareForUpdate?.(draft, old, trialContext());
    return result(
      (part.validateUpdate?.(draft, old, trialContext()) ?? []).map(fieldErrorText),
      part.warnings?.(draft) ?? [],
    );
  } catch (error) {
    if (error instanceof ApiError) return result([error.message], []);
    throw error;
  }
}
