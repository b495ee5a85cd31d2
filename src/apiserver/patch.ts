/** PATCH: the current object in the version of the request, patched, and decoded like any other body. */
import type { DeepReadonly, Json, JsonObject } from '../base/mod.ts';
import {
  ApiError,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  goValue,
  invalid,
  PatchError,
  statusCauses,
  type Decoder,
  type GroupVersionKind,
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
): KubeObject {
  const { schema, decoder } = versionOf(kind, operation.version);
  const target = fromStorage(kind, operation.version, current) as JsonObject;
  return applyPatch(world, operation, {
    target,
    schema,
    decoder,
    gvk: { group: kind.group, version: operation.version, kind: kind.kind },
  });
}

export interface PatchTarget {
  readonly target: JsonObject;
  readonly schema: string;
  readonly decoder?: Decoder | undefined;
  readonly gvk: GroupVersionKind;
}

/** Throws ApiError BadRequest or Invalid for a patch that cannot be applied or does not lead to an object of the kind. */
export function applyPatch(world: WriteWorld, operation: Operation, patchTarget: PatchTarget): KubeObject {
  const { target, schema, decoder, gvk } = patchTarget;
  const body = apply(world, schema, operation, target);
  return world.codec.decode({
    gvk,
    schema,
    decoder,
    body,
    entries: (target as KubeObject).metadata?.managedFields,
    findings: operation.bodyFindings,
    validation: operation.options.fieldValidation ?? 'Warn',
    warn: operation.warn,
    refuse: (why, error) =>
      operation.patchType === 'strategic'
        ? unfit(goValue(operation.body), error?.conversion ?? why)
        : unfit(JSON.stringify(body), why),
  });
}

/** Upstream blames the patch: with its result, or, for a strategic one, with itself. */
function unfit(value: string, why: string): ApiError {
  const causes = statusCauses([invalid('patch', value, why)]);
  return new ApiError('Invalid', ` "" is invalid: patch: ${causes[0]?.message ?? ''}`, { details: { causes } });
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
    if (error instanceof PatchError) throw refused(error);
    throw error;
  }
  throw new ApiError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json',
  );
}

function refused({ code, message }: PatchError): ApiError {
  // Upstream keeps to itself why a patch does not apply.
  if (code === 422)
    return new ApiError('Invalid', 'the server rejected our request due to an error in our request', { details: {} });
  if (code === 413) return new ApiError('RequestEntityTooLarge', message);
  // Some of these are a 500 upstream, which would blame the server for what is wrong with the patch.
  return ApiError.badRequest(message);
}
