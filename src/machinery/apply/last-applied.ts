/**
 * `kubectl apply --server-side` of what was applied by kubectl itself before. Client-side apply left the configuration in an
 * annotation, and its fields belong to an update of kubectl; whoever goes over to server-side apply must not be in conflict with
 * himself. While the annotation is there it is kept up to date, so that one can go back.
 *
 * Only for the manager `kubectl`: who names himself otherwise does not get this.
 */
import { isJsonObject, type DeepReadonly, type Json, type JsonObject } from '../../base/mod.ts';
import { goJson, utf8Length } from '../go-text.ts';
import type { KubeObject } from '../meta.ts';
import { compare } from './compare.ts';
import { ConflictError } from './conflict.ts';
import { applyFields, type Applied, type FieldWrite } from './ownership.ts';
import { difference, isEmptySet, type FieldSet } from './field-set.ts';
import { appliedFields, TypedError } from './fields-of.ts';
import { validateTyped } from './validate.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const annotationsBytesMax = 256 * 1024;

/** Server-side apply as a client sees it. Throws ApiError. */
export async function applyConfiguration(
  live: DeepReadonly<KubeObject>,
  config: JsonObject,
  write: FieldWrite,
  force: boolean,
): Promise<Applied> {
  if (write.manager !== 'kubectl') return applyFields(live, config, write, force);
  const applied = await applyOverOwnUpdates(live, config, write, force);
  return { ...applied, object: withLastApplied(applied.object, config) };
}

async function applyOverOwnUpdates(
  live: DeepReadonly<KubeObject>,
  config: JsonObject,
  write: FieldWrite,
  force: boolean,
): Promise<Applied> {
  try {
    return await applyFields(live, config, write, force);
  } catch (error) {
    const allowed = error instanceof ConflictError ? lastAppliedFields(live, write) : undefined;
    if (!(error instanceof ConflictError) || allowed === undefined) throw error;
    const left = error.conflicts
      .map(({ entry, fields }) => ({ entry, fields: difference(fields, allowed) }))
      .filter(({ fields }) => !isEmptySet(fields));
    if (left.length > 0) throw new ConflictError(left);
    return applyFields(live, config, write, true);
  }
}

/** What the annotation says was applied and still is as it was; undefined without a usable annotation. */
function lastAppliedFields(live: DeepReadonly<KubeObject>, write: FieldWrite): FieldSet | undefined {
  const text = live.metadata?.annotations?.[annotation] ?? '';
  const type = write.versions.typeOf(write.apiVersion);
  if (text === '' || type === undefined) return undefined;
  try {
    const config = JSON.parse(text) as Json;
    if (!isJsonObject(config) || config['apiVersion'] !== write.apiVersion) return undefined;
    validateTyped(config, type);
    const { added, modified, removed } = compare(config, live as JsonObject, type);
    return [modified, added, removed].reduce(difference, appliedFields(config, type));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypedError) return undefined;
    throw error;
  }
}

function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  const { metadata } = object;
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(annotations) || (annotations[annotation] ?? '') === '') return object;
  const { [annotation]: _, ...rest } = annotations;
  const synced = { ...rest, [annotation]: lastAppliedText(config) };
  const size = Object.entries(synced).reduce((sum, pair) => sum + utf8Length(pair.join('')), 0);
  return { ...object, metadata: { ...metadata, annotations: size > annotationsBytesMax ? rest : synced } };
}

/** The configuration as Go encodes it, without the annotation itself. */
function lastAppliedText(config: JsonObject): string {
  const { metadata } = config;
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(annotations)) return `${goJson(sorted(config))}\n`;
  const { [annotation]: _, ...rest } = annotations;
  return `${goJson(sorted({ ...config, metadata: { ...metadata, annotations: rest } }))}\n`;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
