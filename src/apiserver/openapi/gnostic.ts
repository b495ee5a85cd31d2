/**
 * OpenAPI v2 as protobuf, as older clients ask for it: the message `openapi.v2.Document` of gnostic, whose tables are
 * facts of https://github.com/google/gnostic-models (OpenAPIv2.proto). Only what our documents contain is in them.
 */
import { encode, proto2, repeated, type JsonObject, type Message } from '../../base/mod.ts';

type Row = Record<string, unknown>;

const Any = proto2<Row>('Any', { yaml: [2, 'string'] });
const NamedAny = proto2<Row>('NamedAny', { name: [1, 'string'], value: [2, Any] });
const Schema: Message<Row> = proto2<Row>('Schema', () => ({
  $ref: [1, 'string'],
  format: [2, 'string'],
  description: [4, 'string'],
  default: [5, Any],
  uniqueItems: [16, 'bool'],
  required: [19, repeated('string')],
  additionalProperties: [21, proto2<Row>('AdditionalPropertiesItem', { schema: [1, Schema] })],
  type: [22, proto2<Row>('TypeItem', { value: [1, repeated('string')] })],
  items: [23, proto2<Row>('ItemsItem', { schema: [1, repeated(Schema)] })],
  properties: [25, proto2<Row>('Properties', { named: [1, repeated(NamedSchema)] })],
  extensions: [31, repeated(NamedAny)],
}));
const NamedSchema = proto2<Row>('NamedSchema', () => ({ name: [1, 'string'], value: [2, Schema] }));
const QueryParameter = proto2<Row>('QueryParameterSubSchema', {
  required: [1, 'bool'],
  in: [2, 'string'],
  description: [3, 'string'],
  name: [4, 'string'],
  type: [6, 'string'],
});
const PathParameter = proto2<Row>('PathParameterSubSchema', {
  required: [1, 'bool'],
  in: [2, 'string'],
  description: [3, 'string'],
  name: [4, 'string'],
  type: [5, 'string'],
});
const BodyParameter = proto2<Row>('BodyParameter', {
  description: [1, 'string'],
  name: [2, 'string'],
  in: [3, 'string'],
  required: [4, 'bool'],
  schema: [5, Schema],
});
const Parameter = proto2<Row>('Parameter', {
  body: [1, BodyParameter],
  other: [2, proto2<Row>('NonBodyParameter', { query: [3, QueryParameter], path: [4, PathParameter] })],
});
const ParametersItem = proto2<Row>('ParametersItem', { parameter: [1, Parameter] });
const Response = proto2<Row>('Response', {
  description: [1, 'string'],
  schema: [2, proto2<Row>('SchemaItem', { schema: [1, Schema] })],
});
const NamedResponse = proto2<Row>('NamedResponseValue', {
  name: [1, 'string'],
  value: [2, proto2<Row>('ResponseValue', { response: [1, Response] })],
});
const Operation = proto2<Row>('Operation', {
  tags: [1, repeated('string')],
  description: [3, 'string'],
  operationId: [5, 'string'],
  produces: [6, repeated('string')],
  consumes: [7, repeated('string')],
  parameters: [8, repeated(ParametersItem)],
  responses: [9, proto2<Row>('Responses', { codes: [1, repeated(NamedResponse)] })],
  schemes: [10, repeated('string')],
  extensions: [13, repeated(NamedAny)],
});
const PathItem = proto2<Row>('PathItem', {
  get: [2, Operation],
  put: [3, Operation],
  post: [4, Operation],
  delete: [5, Operation],
  options: [6, Operation],
  head: [7, Operation],
  patch: [8, Operation],
  parameters: [9, repeated(ParametersItem)],
});
const NamedStringArray = proto2<Row>('NamedStringArray', {
  name: [1, 'string'],
  value: [2, proto2<Row>('StringArray', { value: [1, repeated('string')] })],
});
const ApiKey = proto2<Row>('ApiKeySecurity', {
  type: [1, 'string'],
  name: [2, 'string'],
  in: [3, 'string'],
  description: [4, 'string'],
});
const NamedSecurity = proto2<Row>('NamedSecurityDefinitionsItem', {
  name: [1, 'string'],
  value: [2, proto2<Row>('SecurityDefinitionsItem', { apiKey: [2, ApiKey] })],
});
const NamedPath = proto2<Row>('NamedPathItem', { name: [1, 'string'], value: [2, PathItem] });
const Document = proto2<Row>('Document', {
  swagger: [1, 'string'],
  info: [2, proto2<Row>('Info', { title: [1, 'string'], version: [2, 'string'] })],
  paths: [8, proto2<Row>('Paths', { named: [2, repeated(NamedPath)] })],
  definitions: [9, proto2<Row>('Definitions', { named: [1, repeated(NamedSchema)] })],
  security: [12, repeated(proto2<Row>('SecurityRequirement', { named: [1, repeated(NamedStringArray)] }))],
  securityDefinitions: [13, proto2<Row>('SecurityDefinitions', { named: [1, repeated(NamedSecurity)] })],
});

export function gnosticBytes(document: JsonObject): Uint8Array {
  const { swagger, info, paths, definitions, security, securityDefinitions } = document;
  return encode(Document, {
    swagger,
    info,
    paths: {
      named: Object.entries(paths as JsonObject).map(([name, value]) => ({
        name,
        value: pathItem(value as JsonObject),
      })),
    },
    definitions: { named: namedSchemas(definitions as JsonObject) },
    security: (security as readonly JsonObject[]).map((requirement) => ({
      named: Object.entries(requirement).map(([name, value]) => ({ name, value: { value } })),
    })),
    securityDefinitions: {
      named: Object.entries(securityDefinitions as JsonObject).map(([name, apiKey]) => ({ name, value: { apiKey } })),
    },
  });
}

function namedSchemas(schemas: JsonObject): Row[] {
  return Object.entries(schemas).map(([name, value]) => ({ name, value: schema(value as JsonObject) }));
}

function schema(value: JsonObject): Row {
  const row: Row = { extensions: extensions(value) };
  for (const key of ['$ref', 'format', 'description', 'required', 'uniqueItems'])
    if (value[key] !== undefined) row[key] = value[key];
  if (value['type'] !== undefined) row['type'] = { value: [value['type']] };
  if (value['default'] !== undefined) row['default'] = { yaml: yaml(value['default']) };
  if (value['items'] !== undefined) row['items'] = { schema: [schema(value['items'] as JsonObject)] };
  if (value['additionalProperties'] !== undefined)
    row['additionalProperties'] = { schema: schema(value['additionalProperties'] as JsonObject) };
  if (value['properties'] !== undefined) row['properties'] = { named: namedSchemas(value['properties'] as JsonObject) };
  return row;
}

/** JSON is YAML. */
function yaml(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

function extensions(value: JsonObject): Row[] {
  return Object.entries(value)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, item]) => ({ name, value: { yaml: yaml(item) } }));
}

function pathItem(value: JsonObject): Row {
  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'].flatMap((method) =>
    value[method] === undefined ? [] : [[method, operation(value[method] as JsonObject)] as const],
  );
  return { ...Object.fromEntries(methods), parameters: parameters(value) };
}

function operation(value: JsonObject): Row {
  const { tags, description, operationId, produces, consumes, schemes, responses } = value;
  const codes = Object.entries(responses as JsonObject).map(([name, response]) => ({
    name,
    value: { response: answer(response as JsonObject) },
  }));
  return {
    tags,
    description,
    operationId,
    produces,
    consumes,
    schemes,
    parameters: parameters(value),
    responses: { codes },
    extensions: extensions(value),
  };
}

function answer({ description, schema: body }: JsonObject): Row {
  return { description, ...(body === undefined ? {} : { schema: { schema: schema(body as JsonObject) } }) };
}

function parameters({ parameters: list = [] }: JsonObject): Row[] {
  return (list as readonly JsonObject[]).map((parameter) => {
    const { name, in: where, required, description, type, schema: body } = parameter;
    const row = {
      name,
      in: where,
      ...(required === undefined ? {} : { required }),
      ...(description === undefined ? {} : { description }),
    };
    if (where === 'body') return { parameter: { body: { ...row, schema: schema(body as JsonObject) } } };
    return { parameter: { other: where === 'path' ? { path: { ...row, type } } : { query: { ...row, type } } } };
  });
}
