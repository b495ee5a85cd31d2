/**
 * What follows from the schema of a version, made when it is first needed: of a thousand definitions most are never asked
 * for anything, and those cost next to nothing.
 */
import type { Decoder, Facts, JsonSchema, MapMerge, MergeType } from '../../machinery/mod.ts';
import { structuralDecoder, structuralMerge } from '../../machinery/mod.ts';
import { compileRules, type ObjectRules } from './rules.ts';

function late<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export function lateDecoder(schema: JsonSchema, facts: Facts, preserve: boolean): Decoder {
  const decoder = late(() => structuralDecoder(schema, facts, preserve));
  return {
    decode: (value) => decoder().decode(value),
    unknownFields: (value) => decoder().unknownFields(value),
  };
}

export function lateRules(schema: JsonSchema): ObjectRules {
  const rules = late(() => compileRules(schema));
  return {
    errors: (object, old) => rules().errors(object, old),
    statusErrors: (object, old) => rules().statusErrors(object, old),
  };
}

export function lateMerge(schema: JsonSchema, metadata: MergeType): MapMerge {
  const merge = late(() => structuralMerge(schema, metadata));
  return { type: 'map', atomic: schema['x-kubernetes-map-type'] === 'atomic', member: (name) => merge().member(name) };
}
