/** PATCH: the current object in the version of the request, patched, and decoded like any other body. */
import type { DeepReadonly, Json, JsonObject } from '../base/mod.ts';
import {
  ApiError,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  PatchError,
  type Kind,
  type KubeObject,
} from '../machinery/mod.ts';
import { fromStorage, versionOf } from './codec.ts';
import type { Operation } from './operation.ts';
import type { WriteWorld } from './world.ts';

export function patched(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  current: DeepReadonly<KubeObject>,
): { object: KubeObject; warnings: readonly string[] } {
  const { schema } = versionOf(kind, operation.version);
  const target = fromStorage(kind, operation.version, current) as JsonObject;
  const body = apply(world, schema, operation, target);
  const gvk = { group: kind.group, version: operation.version, kind: kind.kind };
  return world.codec.decode({
    gvk,
    schema,
    body,
    findings: operation.bodyFindings,
    validation: operation.options.fieldValidation ?? 'Warn',
  });
}

function apply(world: WriteWorld, schema: string, { patchType, body }: Operation, target: JsonObject): Json {
  const patch = body as Json;
  try {
    switch (patchType) {
      case 'json':
        return applyJsonPatch(target, patch);
      case 'merge':
        return applyMergePatch(target, patch);
      case 'strategic':
        return applyStrategicMergePatch(target, patch, schema, (name) => world.codec.facts.types[name]);
      case 'apply':
      case undefined:
        break;
    }
  } catch (error) {
    if (error instanceof PatchError)
      throw new ApiError(error.code === 422 ? 'Invalid' : 'BadRequest', error.message, { code: error.code });
    throw error;
  }
  throw new ApiError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
  );
}
