/**
 * Definitions as error texts show them: upstream prints its own form of them, which has Go's names, and fields that are not
 * set too.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import { itemsOf, type JsonSchema } from '../../../machinery/mod.ts';
import { sortedMap } from '../../maps.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  ValidationRule,
} from '../../upstream/types.ts';
import { schemaOf, type InternalSpec } from './internal.ts';

type Schemas = Readonly<Record<string, JsonSchema>>;

function named(schemas: Schemas | undefined): unknown {
  if (schemas === undefined) return null;
  return sortedMap(Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, shownSchema(one)])));
}

function boolOrSchema(value: boolean | JsonSchema | undefined): unknown {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? { Allows: value, Schema: null } : { Allows: true, Schema: shownSchema(value) };
}

function shownItems(schema: JsonSchema): unknown {
  if (schema.items === undefined) return null;
  const one = itemsOf(schema);
  return one === undefined
    ? { Schema: null, JSONSchemas: (schema.items as readonly JsonSchema[]).map(shownSchema) }
    : { Schema: shownSchema(one), JSONSchemas: null };
}

function shownDependencies({ dependencies }: JsonSchema): unknown {
  if (dependencies === undefined) return null;
  const entries = Object.entries(dependencies).map(([name, one]): [string, unknown] => [
    name,
    Array.isArray(one)
      ? { Schema: null, Property: one as readonly string[] }
      : { Schema: shownSchema(one as JsonSchema), Property: null },
  ]);
  return sortedMap(Object.fromEntries(entries));
}

/** The fields in Go's order. */
export function shownSchema(schema: JsonSchema): Readonly<Record<string, unknown>> {
  const { externalDocs } = schema as { externalDocs?: { description?: string; url?: string } };
  return {
    ID: schema.id ?? '',
    Schema: schema.$schema ?? '',
    Ref: schema.$ref ?? null,
    Description: schema.description ?? '',
    Type: schema.type ?? '',
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? '',
    Title: schema.title ?? '',
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? '',
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: schema.enum ?? null,
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: schema.required ?? null,
    Items: shownItems(schema),
    AllOf: schema.allOf?.map(shownSchema) ?? null,
    OneOf: schema.oneOf?.map(shownSchema) ?? null,
    AnyOf: schema.anyOf?.map(shownSchema) ?? null,
    Not: schema.not === undefined ? null : shownSchema(schema.not),
    Properties: named(schema.properties),
    AdditionalProperties: boolOrSchema(schema.additionalProperties),
    PatternProperties: named(schema.patternProperties),
    Dependencies: shownDependencies(schema),
    AdditionalItems: boolOrSchema(schema.additionalItems),
    Definitions: named(schema.definitions),
    ExternalDocs:
      externalDocs === undefined ? null : { Description: externalDocs.description ?? '', URL: externalDocs.url ?? '' },
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false,
    XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null,
    XListType: schema['x-kubernetes-list-type'] ?? null,
    XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: schema['x-kubernetes-validations']?.map(shownRule) ?? null,
  };
}

export function shownRule(rule: DeepReadonly<ValidationRule>): unknown {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function shownSubresources(subresources: DeepReadonly<CustomResourceSubresources> | undefined): unknown {
  if (subresources === undefined) return null;
  const { status, scale } = subresources;
  return {
    Status: status === undefined ? null : {},
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath,
            StatusReplicasPath: scale.statusReplicasPath,
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}

function shownColumn(column: DeepReadonly<CustomResourceColumnDefinition>): unknown {
  return {
    Name: column.name,
    Type: column.type,
    Format: column.format ?? '',
    Description: column.description ?? '',
    Priority: column.priority ?? 0,
    JSONPath: column.jsonPath,
  };
}

export function shownVersions({ versions }: InternalSpec): unknown {
  return versions.map(({ version, schema, subresources, columns, selectableFields }) => {
    const own = schemaOf(schema);
    return {
      Name: version.name,
      Served: version.served,
      Storage: version.storage,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: schema === undefined ? null : { OpenAPIV3Schema: own === undefined ? null : shownSchema(own) },
      Subresources: shownSubresources(subresources),
      AdditionalPrinterColumns: columns.length === 0 ? null : columns.map(shownColumn),
      SelectableFields:
        selectableFields.length === 0 ? null : selectableFields.map(({ jsonPath }) => ({ JSONPath: jsonPath })),
    };
  });
}
