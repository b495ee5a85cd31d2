/** A document of OpenAPI version 2 in version 3: what servers that know only the older one say, for clients that know only the newer. */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];
/** What version 2 says of a parameter itself, version 3 says of its schema. */
const schemaKeys = ['type', 'format', 'items', 'enum', 'default', 'minimum', 'maximum', 'pattern', 'uniqueItems'];

export function toV3(document: JsonObject): JsonObject {
  const { info, paths, definitions, parameters } = document;
  const shared = objectOf(parameters);
  return {
    openapi: '3.0.0',
    info,
    paths: mapped(objectOf(paths), (path) => pathItem(objectOf(path), document, shared)),
    components: { schemas: mapped(objectOf(definitions), referring) },
  };
}

function pathItem(path: JsonObject, document: JsonObject, shared: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(path).map(([key, value]) => {
      if (key === 'parameters') return [key, listOf(value).map((one) => parameter(resolved(one, shared)))];
      return [key, methods.includes(key) ? operation(objectOf(value), document, shared) : value];
    }),
  );
}

function operation(given: JsonObject, document: JsonObject, shared: JsonObject): JsonObject {
  const { consumes = document['consumes'], produces = document['produces'], schemes: _, parameters, ...rest } = given;
  const all = listOf(parameters).map((one) => resolved(one, shared));
  const body = all.find((one) => one['in'] === 'body');
  const others = all.filter((one) => one !== body).map(parameter);
  return {
    ...rest,
    ...(others.length === 0 ? {} : { parameters: others }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            ...(body['description'] === undefined ? {} : { description: body['description'] }),
            content: contents(consumes, body['schema']),
            ...(body['required'] === true ? { required: true } : {}),
          },
        }),
    responses: mapped(objectOf(rest['responses']), (response) => {
      const { schema, ...about } = objectOf(response);
      return schema === undefined ? about : { ...about, content: contents(produces, schema) };
    }),
  };
}

function contents(mediaTypes: Json | undefined, schema: Json | undefined): JsonObject {
  const types = Array.isArray(mediaTypes) && mediaTypes.length > 0 ? mediaTypes : ['application/json'];
  return Object.fromEntries(types.map((type) => [String(type), { schema: referring(schema ?? {}) }]));
}

function parameter(given: JsonObject): JsonObject {
  const schema = Object.fromEntries(schemaKeys.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]])));
  const about = Object.fromEntries(Object.entries(given).filter(([key]) => !schemaKeys.includes(key)));
  return { ...about, schema: referring(schema) };
}

function resolved(given: JsonObject, shared: JsonObject): JsonObject {
  const { $ref: reference } = given;
  return typeof reference === 'string' ? objectOf(shared[reference.slice('#/parameters/'.length)]) : given;
}

function referring(value: Json): Json {
  if (Array.isArray(value)) return value.map(referring);
  if (!isJsonObject(value)) return value;
  return mapped(value, (inner, key) =>
    key === '$ref' && typeof inner === 'string'
      ? inner.replace('#/definitions/', '#/components/schemas/')
      : referring(inner),
  );
}

function mapped(object: JsonObject, change: (value: Json, key: string) => Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => (value === undefined ? [] : [[key, change(value, key)] as const])),
  );
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
