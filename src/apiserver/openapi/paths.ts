/** The paths of a kind as OpenAPI describes them: one operation a verb, with the parameters that clients look for. */
import type { JsonObject } from '../../base/mod.ts';
import type { Kind, KindVersion, KubeObject, Subresource } from '../../machinery/mod.ts';
import { refTo, type Dialect } from './schemas.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const json = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const streaming = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const patches = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

const pretty: Parameter = {
  name: 'pretty',
  type: 'string',
  description: "If 'true', then the output is pretty printed.",
};
const writing: readonly Parameter[] = [
  {
    name: 'dryRun',
    type: 'string',
    description: 'When present, indicates that modifications should not be persisted. Valid values are: All',
  },
  { name: 'fieldManager', type: 'string', description: 'The name of the actor that makes the change' },
  {
    name: 'fieldValidation',
    type: 'string',
    description: 'How unknown and duplicate fields are treated: Ignore, Warn or Strict',
  },
];
const forcing: Parameter = {
  name: 'force',
  type: 'boolean',
  description: 'Take over fields that others manage; for apply patches only',
};
const listing: readonly Parameter[] = [
  { name: 'allowWatchBookmarks', type: 'boolean', description: 'Ask for events of type BOOKMARK' },
  { name: 'continue', type: 'string', description: 'Where to go on with a list' },
  { name: 'fieldSelector', type: 'string', description: 'Restricts the objects by their fields' },
  { name: 'labelSelector', type: 'string', description: 'Restricts the objects by their labels' },
  { name: 'limit', type: 'integer', description: 'The greatest number of objects in one answer' },
  { name: 'resourceVersion', type: 'string', description: 'The version that the answer is based on' },
  { name: 'resourceVersionMatch', type: 'string', description: 'How resourceVersion is applied' },
  { name: 'sendInitialEvents', type: 'boolean', description: 'Begin a watch with the objects that are there' },
  { name: 'timeoutSeconds', type: 'integer', description: 'Time after which the answer ends' },
  { name: 'watch', type: 'boolean', description: 'Watch for changes' },
];
const deleting: readonly Parameter[] = [
  { name: 'dryRun', type: 'string', description: 'When present, indicates that modifications should not be persisted' },
  { name: 'gracePeriodSeconds', type: 'integer', description: 'The time until the object goes' },
  { name: 'orphanDependents', type: 'boolean', description: 'Deprecated: use propagationPolicy' },
  {
    name: 'propagationPolicy',
    type: 'string',
    description: 'What happens to dependents: Orphan, Background or Foreground',
  },
];

/** One operation before it is written in a dialect. */
interface Operation {
  readonly id: string;
  readonly action: string;
  readonly description: string;
  readonly gvk: JsonObject;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly schema: string; readonly consumes: readonly string[]; readonly required: boolean };
  readonly responses: Readonly<Record<string, string>>;
  readonly produces: readonly string[];
}

/** All paths of one kind in one version, by path. */
export function pathsOf(dialect: Dialect, kind: Kind, version: KindVersion): Record<string, JsonObject> {
  const root = `${kind.group === '' ? '/api' : `/apis/${kind.group}`}/${version.version}`;
  const inside = kind.namespaced ? `${root}/namespaces/{namespace}` : root;
  const collection = `${inside}/${kind.plural}`;
  const one = `${collection}/{name}`;
  const paths: Record<string, JsonObject> = {};
  const add = (path: string, methods: Readonly<Record<string, Operation | undefined>>): void => {
    const present = Object.entries(methods).flatMap(([method, operation]) =>
      operation === undefined ? [] : [[method, write(dialect, operation)] as const],
    );
    if (present.length > 0) paths[path] = { ...Object.fromEntries(present), parameters: pathParameters(dialect, path) };
  };
  const operations = operationsOf(kind, version);
  add(collection, { get: operations.list, post: operations.create, delete: operations.deletecollection });
  if (kind.namespaced) add(`${root}/${kind.plural}`, { get: operations.listAll });
  add(one, { get: operations.get, put: operations.update, patch: operations.patch, delete: operations.delete });
  for (const [name, subresource] of Object.entries(kind.subresources))
    add(`${one}/${name}`, subresourceOperations(kind, version, name, subresource));
  return paths;
}

function operationsOf(kind: Kind, version: KindVersion): Partial<Record<string, Operation>> {
  const { schema } = version;
  const base = describe(kind, version.version, kind.kind);
  const list = {
    ...base('list', 'list or watch objects of kind', listing, { 200: `${schema}List` }),
    produces: [...json, ...streaming],
  };
  const all: Record<string, Operation> = {
    list,
    listAll: { ...list, id: `${list.id}ForAllNamespaces` },
    create: {
      ...base('post', 'create', writing, { 200: schema, 201: schema, 202: schema }),
      id: base('create', '', [], {}).id,
      body: { schema, consumes: [], required: true },
    },
    get: base('get', 'read the specified', [], { 200: schema }),
    update: {
      ...base('put', 'replace the specified', writing, { 200: schema, 201: schema }),
      body: { schema, consumes: [], required: true },
    },
    patch: {
      ...base('patch', 'partially update the specified', [...writing, forcing], { 200: schema, 201: schema }),
      body: { schema: `${meta}.Patch`, consumes: patches, required: true },
    },
    delete: {
      ...base('delete', 'delete', deleting, { 200: `${meta}.Status`, 202: `${meta}.Status` }),
      body: { schema: `${meta}.DeleteOptions`, consumes: [], required: false },
    },
    deletecollection: {
      ...base(
        'deletecollection',
        'delete collection of',
        [...deleting, ...listing.filter(({ name }) => name !== 'watch')],
        { 200: `${meta}.Status` },
      ),
      body: { schema: `${meta}.DeleteOptions`, consumes: [], required: false },
    },
  };
  return Object.fromEntries(
    Object.entries(all).filter(([verb]) => kind.verbs.includes(verb === 'listAll' ? 'list' : verb)),
  );
}

function subresourceOperations(
  kind: Kind,
  version: KindVersion,
  name: string,
  subresource: Subresource<KubeObject>,
): Partial<Record<string, Operation>> {
  const suffix = kind.kind + name.charAt(0).toUpperCase() + name.slice(1);
  const base = describe(kind, version.version, suffix);
  if (subresource.type === 'connect') return { get: base('connect', `connect to ${name} of`, [], { 200: 'string' }) };
  if (subresource.type === 'create')
    return {
      post: {
        ...base('post', `create ${name} of`, writing, { 201: subresource.input }),
        body: { schema: subresource.input, consumes: [], required: true },
      },
    };
  const schema = subresource.type === 'scale' ? 'io.k8s.api.autoscaling.v1.Scale' : version.schema;
  return {
    get: base('get', `read ${name} of the specified`, [], { 200: schema }),
    put: {
      ...base('put', `replace ${name} of the specified`, writing, { 200: schema, 201: schema }),
      body: { schema, consumes: [], required: true },
    },
    patch: {
      ...base('patch', `partially update ${name} of the specified`, [...writing, forcing], {
        200: schema,
        201: schema,
      }),
      body: { schema: `${meta}.Patch`, consumes: patches, required: true },
    },
  };
}

const idVerbs: Readonly<Record<string, string>> = {
  get: 'read',
  put: 'replace',
  post: 'create',
  deletecollection: 'deleteCollection',
};

function describe(kind: Kind, version: string, suffix: string) {
  const group =
    kind.group === ''
      ? 'Core'
      : kind.group
          .replace(/\.k8s\.io$/, '')
          .split('.')
          .map(capital)
          .join('');
  const scope = kind.namespaced ? 'Namespaced' : '';
  return (
    action: string,
    description: string,
    parameters: readonly Parameter[],
    responses: Readonly<Record<string, string>>,
  ): Operation => ({
    id: `${idVerbs[action] ?? action}${group}${capital(version)}${scope}${suffix}`,
    action,
    description: `${description} ${kind.kind}`,
    gvk: { group: kind.group, kind: kind.kind, version },
    parameters: [...parameters, pretty],
    responses,
    produces: json,
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function write(dialect: Dialect, operation: Operation): JsonObject {
  const { id, action, description, gvk, parameters, body, responses, produces } = operation;
  const common = {
    operationId: id,
    description,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
  const query = parameters.map((parameter) => queryParameter(dialect, parameter));
  if (dialect === 'v2') {
    const bodyParameter =
      body === undefined
        ? []
        : [
            {
              name: 'body',
              in: 'body',
              ...(body.required ? { required: true } : {}),
              schema: schemaOf(dialect, body.schema),
            },
          ];
    return {
      ...common,
      consumes: body === undefined || body.consumes.length === 0 ? ['*/*'] : [...body.consumes],
      produces: [...produces],
      schemes: ['https'],
      parameters: [...bodyParameter, ...query],
      responses: answers(responses, (schema) => ({ schema: schemaOf(dialect, schema) })),
    };
  }
  const content = (types: readonly string[], schema: string): JsonObject =>
    Object.fromEntries(types.map((type) => [type, { schema: schemaOf(dialect, schema) }]));
  const requestBody =
    body === undefined
      ? {}
      : {
          requestBody: {
            ...(body.required ? { required: true } : {}),
            content: content(body.consumes.length === 0 ? ['*/*'] : body.consumes, body.schema),
          },
        };
  return {
    ...common,
    parameters: query,
    ...requestBody,
    responses: answers(responses, (schema) => ({ content: content(produces, schema) })),
  };
}

function answers(responses: Readonly<Record<string, string>>, body: (schema: string) => JsonObject): JsonObject {
  const texts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
  const known = Object.entries(responses).map(
    ([code, schema]) => [code, { description: texts[code] ?? '', ...body(schema) }] as const,
  );
  return { ...Object.fromEntries(known), 401: { description: 'Unauthorized' } };
}

function schemaOf(dialect: Dialect, name: string): JsonObject {
  return name === 'string' ? { type: 'string' } : { $ref: refTo(dialect, name) };
}

function queryParameter(dialect: Dialect, { name, type, description }: Parameter): JsonObject {
  return {
    name,
    in: 'query',
    description,
    ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  };
}

function pathParameters(dialect: Dialect, path: string): JsonObject[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return names.map((name) => ({
    name,
    in: 'path',
    required: true,
    description: name === 'name' ? 'name of the object' : 'object name and auth scope, such as for teams and projects',
    ...(dialect === 'v2' ? { type: 'string', uniqueItems: true } : { schema: { type: 'string', uniqueItems: true } }),
  }));
}
