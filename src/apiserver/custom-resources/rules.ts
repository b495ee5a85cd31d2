/**
 * All that the schema of a version says about whole objects: the schema itself, embedded resources, lists that are sets or
 * maps, and its rules. On updates nothing is refused that was there before.
 */
import { schemaRules } from '../../api/mod.ts';
import type { DeepReadonly, Json, JsonObject } from '../../base/mod.ts';
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
  const cel = schemaRules(schema);
  const shared = (object: JsonObject, old: JsonObject | undefined, found: readonly FieldError[]): FieldError[] => {
    const errors = [
      ...found,
      ...(embedded?.(object) ?? []),
      ...(lists === undefined || (old !== undefined && lists(old).length > 0) ? [] : lists(object)),
    ];
    if (cel === undefined) return errors;
    return errors.some(({ type }) => blocking.has(type)) ? [...errors, notChecked] : [...errors, ...cel(object, old)];
  };
  return {
    errors: (object, old) =>
      shared(
        object as JsonObject,
        old as JsonObject | undefined,
        whole.validate(object as Json, old as Json | undefined),
      ),
    statusErrors(object, old) {
      const { status: now } = object as JsonObject;
      const { status: before } = old as JsonObject;
      const found = status === undefined || now === undefined ? [] : status.validate(now, before);
      return shared(object as JsonObject, old as JsonObject, found);
    },
  };
}

/** Rules may rely on the schema, so they are not looked at where that does not hold. */
const blocking: ReadonlySet<FieldError['type']> = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const notChecked = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Names of embedded resources only have to fit into a path: it is not known which kinds they are. */
function metadataErrors(metadata: DeepReadonly<ObjectMeta>, path: FieldPath): FieldError[] {
  const { name = '' } = metadata;
  return [
    ...(name === '' ? [] : nameIsPathSegment(name, false)).map((problem) => invalid(path.child('name'), name, problem)),
    ...sharedErrors({ metadata }, path, true),
  ];
}
