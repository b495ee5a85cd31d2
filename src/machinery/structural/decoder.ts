/**
 * Decodes objects of one version of a custom resource: metadata as everywhere, the rest by the structural schema, which
 * prunes, fills in defaults and finds what is unknown.
 */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { compileDecoder, DecodeError, type Decoder } from '../decode.ts';
import type { Facts } from '../schema.ts';
import { coerceEmbedded, embeddedWalk } from './embedded.ts';
import type { JsonSchema } from './json-schema.ts';
import { compileShape, put, unknownFields } from './shape.ts';

export const objectMetaSchema = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** `preserve`: the definition is from before pruning and keeps everything, whatever its schema says. */
export function structuralDecoder(schema: JsonSchema, facts: Facts, preserve = false): Decoder {
  const metadata = compileDecoder(objectMetaSchema, facts);
  const effective: JsonSchema = preserve ? { 'x-kubernetes-preserve-unknown-fields': true } : schema;
  const shape = compileShape(effective, 'root');
  const embedded = embeddedWalk(schema);
  return {
    decode(value) {
      if (!isJsonObject(value)) throw new DecodeError('json: cannot unmarshal into an object');
      const run = { unknown: false };
      const { apiVersion, kind, metadata: given } = value;
      const object: Record<string, Json> = {};
      if (typeof apiVersion === 'string') object['apiVersion'] = apiVersion;
      if (typeof kind === 'string') object['kind'] = kind;
      const meta = given === undefined || given === null ? undefined : metadata.decode(given);
      if (meta !== undefined) object['metadata'] = meta.object;
      const shaped = shape(value, run) as JsonObject;
      for (const name in shaped) put(object, name, shaped[name] ?? null);
      embedded?.(
        object,
        undefined,
        coerceEmbedded(metadata, () => void (run.unknown = true)),
      );
      return { object, hasUnknownFields: run.unknown || meta?.hasUnknownFields === true };
    },
    unknownFields(value) {
      if (!isJsonObject(value)) return [];
      const { metadata: given } = value;
      const inside = (where: string, meta: unknown): string[] =>
        metadata.unknownFields(meta).map((text) => text.replace('"', `"${where}.`));
      const found = [...inside('metadata', given), ...unknownFields(value, effective, true).sort()];
      embedded?.(value, undefined, ({ metadata: meta }, path) => {
        found.push(...inside(path.child('metadata').toString(), meta));
      });
      return found;
    },
  };
}
