/**
 * All that the schema of a version says about whole objects: the schema itself, embedded resources, lists that are sets or
 * maps. On updates nothing is refused that was there before.
 */
import { isJsonObject, type DeepReadonly, type Json, type JsonObject } from '../../base/mod.ts';
import {
  compileLists,
  compileValidator,
  embeddedErrors,
  nameIsPathSegment,
  invalid,
  type FieldError,
  type FieldPath,
  type JsonSchema,
  type KubeObject,
  type ObjectMeta,
} from '../../machinery/mod.ts';
import { sharedErrors } from '../object-meta.ts';

export interface ObjectRules {
  errors(object: DeepReadonly<KubeObject>, old?: DeepReadonly<KubeObject>): FieldError[];
  /** What is wrong with a new status. */
  statusErrors(object: DeepReadonly<KubeObject>, old: DeepReadonly<KubeObject>): FieldError[];
}

export function compileRules(schema: JsonSchema): ObjectRules {
  const whole = compileValidator(schema);
  const statusSchema = schema.properties?.['status'];
  const status = statusSchema === undefined ? undefined : compileValidator(statusSchema, 'status');
  const embedded = embeddedErrors(schema, metadataErrors);
  const lists = compileLists(schema);
  const shared = (object: JsonObject, old: JsonObject | undefined): FieldError[] => [
    ...(embedded?.(object) ?? []),
    ...(lists === undefined || (old !== undefined && lists(old).length > 0) ? [] : lists(object)),
  ];
  return {
    errors: (object, old) => [
      ...whole.validate(object as Json, old as Json | undefined),
      ...shared(object as JsonObject, old as JsonObject | undefined),
    ],
    statusErrors(object, old) {
      const { status: now } = object as JsonObject;
      const { status: before } = old as JsonObject;
      return [
        ...(status === undefined || now === undefined ? [] : status.validate(now, before)),
        ...shared(object as JsonObject, isJsonObject(old) ? old : undefined),
      ];
    },
  };
}

/** Names of embedded resources only have to fit into a path: it is not known which kinds they are. */
function metadataErrors(metadata: DeepReadonly<ObjectMeta>, path: FieldPath): FieldError[] {
  const { name = '' } = metadata;
  return [
    ...(name === '' ? [] : nameIsPathSegment(name, false)).map((problem) => invalid(path.child('name'), name, problem)),
    ...sharedErrors({ metadata }, path, true),
  ];
}
