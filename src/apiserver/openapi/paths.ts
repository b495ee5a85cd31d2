/** The paths of a kind as OpenAPI describes them: one operation a verb, named as upstream names them. */
import type { JsonObject } from '../../base/mod.ts';
import type { Facts, Kind, KindVersion, KubeObject, Subresource } from '../../machinery/mod.ts';
import {
  deleting,
  deletingMany,
  forcing,
  listing,
  nameOf,
  namespace,
  optionsParameters,
  pretty,
  restOfPath,
  writing,
  written,
  type Parameter,
} from './parameters.ts';
import { refTo, type Dialect } from './schemas.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json'];
const strategicPatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';

type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** One operation before it is written in a dialect. */
interface Operation {
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  readonly action?: string;
  readonly gvk?: JsonObject;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly schema: string; readonly required: boolean };
  readonly consumes?: readonly string[];
  readonly produces: readonly string[];
  /** The definition that each code answers with. */
  readonly responses: Readonly<Record<string, string>>;
}

interface Path {
  readonly path: string;
  readonly parameters?: readonly Parameter[];
  readonly operations: Readonly<Partial<Record<Method, Operation>>>;
}

/** A kind in one version, with what the names of its operations are made of. */
interface Subject {
  readonly facts: Facts;
  readonly kind: Kind;
  readonly version: KindVersion;
  readonly root: string;
  /** `CoreV1`, `RbacAuthorizationV1`. */
  readonly prefix: string;
  readonly tag: string;
  /** `Namespaced` where the kind is. */
  readonly scope: string;
  readonly gvk: JsonObject;
  readonly json: readonly string[];
}

/** All paths of one kind in one version. */
export function pathsOf(dialect: Dialect, facts: Facts, kind: Kind, version: KindVersion): JsonObject {
  const group = groupName(kind.group);
  const subject: Subject = {
    facts,
    kind,
    version,
    root: `${kind.group === '' ? '/api' : `/apis/${kind.group}`}/${version.version}`,
    prefix: capital(group) + capital(version.version),
    tag: `${group}_${version.version}`,
    scope: kind.namespaced ? 'Namespaced' : '',
    gvk: { group: kind.group, kind: kind.kind, version: version.version },
    json: jsonTypes(version.openapi === undefined),
  };
  const paths = [
    ...(kind.collection === undefined && !kind.verbs.includes('list') ? [post(subject)] : objectPaths(subject)),
    ...Object.entries(kind.subresources).flatMap(([name, subresource]) => subresourcePaths(subject, name, subresource)),
  ];
  return writePaths(dialect, paths);
}

/** Custom resources have no protobuf. */
function jsonTypes(protobuf: boolean): readonly string[] {
  return ['application/json', 'application/yaml', ...(protobuf ? ['application/vnd.kubernetes.protobuf'] : [])];
}

function collectionPath({ kind, root }: Subject): string {
  return `${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
}

function scopeParameters({ kind }: Subject): readonly Parameter[] {
  return kind.namespaced ? [namespace, pretty] : [pretty];
}

/** A kind that is asked and never kept. */
function post(subject: Subject): Path {
  const { kind, version, prefix, scope } = subject;
  return {
    path: collectionPath(subject),
    parameters: [...writing, ...scopeParameters(subject)],
    operations: {
      post: {
        ...base(subject, 'post', `create${kind.namespaced && kind.kind === 'Binding' ? '' : ' a'} ${kind.kind}`),
        id: `create${prefix}${scope}${kind.kind}`,
        body: { schema: version.schema, required: true },
        responses: { 200: version.schema, 201: version.schema, 202: version.schema },
      },
    },
  };
}

function objectPaths(subject: Subject): Path[] {
  const { kind, root, prefix, json } = subject;
  const collection = collectionPath(subject);
  const one = `${collection}/{name}`;
  const all = operationsOf(subject);
  const { list } = all;
  const paths: Path[] = [
    {
      path: collection,
      parameters: scopeParameters(subject),
      operations: onlyServed(kind.verbs, {
        get: ['list', { ...list, parameters: listing }],
        post: ['create', all.create],
        delete: ['deletecollection', all.deleteCollection],
      }),
    },
    {
      path: one,
      parameters: [nameOf(kind.kind), ...scopeParameters(subject)],
      operations: onlyServed(kind.verbs, {
        get: ['get', all.get],
        put: ['update', all.update],
        patch: ['patch', all.patch],
        delete: ['delete', all.remove],
      }),
    },
  ];
  if (kind.namespaced && kind.verbs.includes('list'))
    paths.push({
      path: `${root}/${kind.plural}`,
      parameters: [...listing, pretty],
      operations: { get: { ...list, id: `list${prefix}${kind.kind}ForAllNamespaces` } },
    });
  return kind.verbs.includes('watch') ? [...paths, ...watchPaths(subject, [...json, ...streaming(json)])] : paths;
}

/** The operations whose verbs are served; all of them where it is not said. */
function onlyServed(
  verbs: readonly string[] | undefined,
  operations: Partial<Record<Method, readonly [verb: string, operation: Operation]>>,
): Path['operations'] {
  return Object.fromEntries(
    Object.entries(operations).flatMap(([method, [verb, operation]]) =>
      verbs === undefined || verbs.includes(verb) ? [[method, operation]] : [],
    ),
  );
}

function streaming(json: readonly string[]): readonly string[] {
  return json.filter((type) => type !== 'application/yaml').map((type) => `${type};stream=watch`);
}

/** The old way to watch, which clients are told not to take any more. */
function watchPaths(subject: Subject, produces: readonly string[]): Path[] {
  const { kind, root, prefix, scope } = subject;
  const inside = `${root}/watch/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.plural}`;
  const watch = (path: string, id: string, many: boolean): Path => ({
    path,
    parameters: [
      ...listing,
      ...(many ? [] : [nameOf(kind.kind)]),
      ...(path.includes('{namespace}') ? [namespace] : []),
      pretty,
    ],
    operations: {
      get: {
        ...base(
          subject,
          many ? 'watchlist' : 'watch',
          many
            ? `watch individual changes to a list of ${kind.kind}. Deprecated: use the 'watch' parameter with a list operation instead.`
            : `watch changes to an object of kind ${kind.kind}. Deprecated: use the 'watch' parameter with a list operation and a 'fieldSelector' instead.`,
        ),
        id: `watch${prefix}${id}`,
        produces,
        responses: { 200: `${meta}.WatchEvent` },
      },
    },
  });
  return [
    ...(kind.namespaced ? [watch(`${root}/watch/${kind.plural}`, `${kind.kind}ListForAllNamespaces`, true)] : []),
    watch(inside, `${scope}${kind.kind}List`, true),
    watch(`${inside}/{name}`, `${scope}${kind.kind}`, false),
  ];
}

function base(
  { tag, gvk, json }: Subject,
  action: string,
  description: string,
): Pick<Operation, 'tag' | 'action' | 'gvk' | 'description' | 'produces'> {
  return { tag, gvk, action, description, produces: json };
}

function operationsOf(subject: Subject) {
  const { kind, version, prefix, scope, json } = subject;
  const { schema } = version;
  const name = `${prefix}${scope}${kind.kind}`;
  const of = (action: string, description: string) => base(subject, action, `${description} ${kind.kind}`);
  const gone = kind.strategy.returnsDeleted === true ? schema : `${meta}.Status`;
  return {
    list: {
      ...of('list', kind.verbs.includes('watch') ? 'list or watch objects of kind' : 'list objects of kind'),
      id: `list${name}`,
      produces: kind.verbs.includes('watch') ? [...json, ...streaming(json)] : json,
      responses: { 200: `${schema}List` },
    },
    create: {
      ...of('post', 'create'),
      id: `create${name}`,
      parameters: writing,
      body: { schema, required: true },
      responses: { 200: schema, 201: schema, 202: schema },
    },
    deleteCollection: {
      ...of('deletecollection', 'delete collection of'),
      id: `delete${prefix}Collection${scope}${kind.kind}`,
      parameters: deletingMany,
      body: { schema: `${meta}.DeleteOptions`, required: false },
      responses: { 200: `${meta}.Status` },
    },
    get: { ...of('get', 'read the specified'), id: `read${name}`, responses: { 200: schema } },
    update: {
      ...of('put', 'replace the specified'),
      id: `replace${name}`,
      parameters: writing,
      body: { schema, required: true },
      responses: { 200: schema, 201: schema },
    },
    patch: {
      ...of('patch', 'partially update the specified'),
      ...patching(subject, schema),
      id: `patch${name}`,
    },
    remove: {
      ...of('delete', 'delete'),
      id: `delete${name}`,
      parameters: deleting,
      body: { schema: `${meta}.DeleteOptions`, required: false },
      responses: { 200: gone, 202: gone },
    },
  } satisfies Record<string, Operation>;
}

function patching(
  { version }: Subject,
  schema: string,
): Pick<Operation, 'parameters' | 'body' | 'consumes' | 'responses'> {
  return {
    parameters: [...writing, forcing],
    body: { schema: `${meta}.Patch`, required: true },
    // What has no Go type has no strategic merge.
    consumes: [...patchTypes, ...(version.openapi === undefined ? [strategicPatch] : []), applyPatch],
    responses: { 200: schema, 201: schema },
  };
}

function subresourcePaths(subject: Subject, name: string, subresource: Subresource<KubeObject>): Path[] {
  const { kind, version, prefix, scope } = subject;
  const path = `${collectionPath(subject)}/{name}/${name}`;
  const id = `${prefix}${scope}${kind.kind}${capital(name)}`;
  if (subresource.type === 'connect') return connectPaths(subject, { path, id, name, subresource });
  if (subresource.type === 'create') {
    const { input, gvk } = subresource;
    return [
      {
        path,
        parameters: [...writing, nameOf(gvk.kind), ...scopeParameters(subject)],
        operations: {
          post: {
            ...base(subject, 'post', `create ${name} of a ${kind.kind}`),
            gvk: { ...gvk },
            id: `create${id}`,
            body: { schema: input, required: true },
            responses: { 200: input, 201: input, 202: input },
          },
        },
      },
    ];
  }
  const scale = subresource.type === 'scale';
  const form = scale ? subresource.form : undefined;
  const schema = form?.schema ?? (scale ? 'io.k8s.api.autoscaling.v1.Scale' : version.schema);
  const of = (action: string, description: string) => ({
    ...base(subject, action, `${description} ${name} of the specified ${kind.kind}`),
    ...(scale ? { gvk: { ...(form?.gvk ?? { group: 'autoscaling', kind: 'Scale', version: 'v1' }) } } : {}),
  });
  return [
    {
      path,
      parameters: [nameOf(scale ? 'Scale' : kind.kind), ...scopeParameters(subject)],
      operations: onlyServed(subresource.type === 'part' ? subresource.verbs : undefined, {
        get: ['get', { ...of('get', 'read'), id: `read${id}`, responses: { 200: schema } }],
        put: [
          'update',
          {
            ...of('put', 'replace'),
            id: `replace${id}`,
            parameters: writing,
            body: { schema, required: true },
            responses: { 200: schema, 201: schema },
          },
        ],
        patch: ['patch', { ...of('patch', 'partially update'), ...patching(subject, schema), id: `patch${id}` }],
      }),
    },
  ];
}

interface Connection {
  readonly path: string;
  readonly id: string;
  readonly name: string;
  readonly subresource: Extract<Subresource<KubeObject>, { type: 'connect' }>;
}

function connectPaths(subject: Subject, { path, id, name, subresource }: Connection): Path[] {
  const { facts, kind, prefix, json } = subject;
  const { methods } = subresource;
  const optionsKind = name === 'log' ? 'PodLogOptions' : subresource.optionsKind;
  const options = optionsParameters(facts, optionsKind);
  const scope = kind.namespaced ? [namespace] : [];
  if (name === 'log')
    return [
      {
        path,
        parameters: [...options, nameOf(kind.kind), ...scopeParameters(subject)],
        operations: {
          get: {
            ...base(subject, 'get', `read ${name} of the specified ${kind.kind}`),
            id: `read${id}`,
            produces: ['text/plain', ...json],
            responses: { 200: 'string' },
          },
        },
      },
    ];
  const connect = (suffix: string): Path['operations'] =>
    Object.fromEntries(
      methods.map((method) => [
        method.toLowerCase(),
        {
          ...base(subject, 'connect', `connect ${method} requests to ${name} of ${kind.kind}`),
          gvk: { group: '', kind: optionsKind ?? kind.kind, version: 'v1' },
          id: `connect${prefix}${capital(method.toLowerCase())}${id.slice(prefix.length)}${suffix}`,
          produces: ['*/*'],
          responses: { 200: 'string' },
        },
      ]),
    );
  const parameters = [...options, nameOf(optionsKind ?? kind.kind), ...scope];
  const whole: Path = { path, parameters, operations: connect('') };
  if (name !== 'proxy') return [whole];
  return [whole, { path: `${path}/{path}`, parameters: [...parameters, restOfPath], operations: connect('WithPath') }];
}

const discoveryTypes = jsonTypes(true);

/** `/apis/apps/v1/`, `/apis/apps/` and their like: what discovery answers. */
export function discoveryPathsOf(dialect: Dialect, group: string, version: string): JsonObject {
  const name = groupName(group);
  const root = group === '' ? '/api' : `/apis/${group}`;
  const get = (operation: Pick<Operation, 'id' | 'description' | 'tag'>, schema: string): Path['operations'] => ({
    get: {
      ...operation,
      consumes: discoveryTypes,
      produces: discoveryTypes,
      responses: { 200: `${meta}.${schema}` },
    },
  });
  const resources = {
    id: `get${capital(name)}${capital(version)}APIResources`,
    description: 'get available resources',
    tag: `${name}_${version}`,
  };
  const about =
    group === ''
      ? get({ id: 'getCoreAPIVersions', description: 'get available API versions', tag: name }, 'APIVersions')
      : get({ id: `get${capital(name)}APIGroup`, description: 'get information of a group', tag: name }, 'APIGroup');
  return writePaths(dialect, [
    { path: `${root}/${version}/`, operations: get(resources, 'APIResourceList') },
    { path: `${root}/`, operations: about },
  ]);
}

/** What is served besides groups. */
export function rootPathsOf(dialect: Dialect): JsonObject {
  const versions: Operation = {
    id: 'getAPIVersions',
    description: 'get available API versions',
    tag: 'apis',
    consumes: discoveryTypes,
    produces: discoveryTypes,
    responses: { 200: `${meta}.APIGroupList` },
  };
  const version: Operation = {
    id: 'getCodeVersion',
    description: 'get the version information for this server',
    tag: 'version',
    consumes: ['application/json'],
    produces: ['application/json'],
    responses: { 200: 'io.k8s.apimachinery.pkg.version.Info' },
  };
  return writePaths(dialect, [
    { path: '/apis/', operations: { get: versions } },
    { path: '/version/', operations: { get: version } },
  ]);
}

/** `core`, `rbacAuthorization`, `stableExampleCom`: the group as part of a name. */
function groupName(group: string): string {
  if (group === '') return 'core';
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/);
  return first + rest.map(capital).join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function writePaths(dialect: Dialect, paths: readonly Path[]): JsonObject {
  return Object.fromEntries(
    paths
      .filter(({ operations }) => Object.keys(operations).length > 0)
      .map(({ path, parameters = [], operations }) => [
        path,
        {
          ...Object.fromEntries(
            Object.entries(operations).map(([method, operation]) => [method, write(dialect, operation)]),
          ),
          ...(parameters.length === 0
            ? {}
            : { parameters: parameters.map((parameter) => written(dialect, parameter)) }),
        },
      ]),
  );
}

function write(dialect: Dialect, operation: Operation): JsonObject {
  const { id, action, description, tag, gvk, parameters = [], body, consumes = ['*/*'], produces } = operation;
  const common = {
    operationId: id,
    description,
    tags: [tag],
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': gvk }),
  };
  const query = parameters.map((parameter) => written(dialect, parameter));
  if (dialect === 'v2') {
    const inBody: JsonObject[] =
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
    const all = [...inBody, ...query];
    return {
      ...common,
      consumes: [...consumes],
      produces: [...produces],
      schemes: ['https'],
      ...(all.length === 0 ? {} : { parameters: all }),
      responses: answers(operation, (schema) => ({ schema: schemaOf(dialect, schema) })),
    };
  }
  const content = (types: readonly string[], schema: string): JsonObject =>
    Object.fromEntries(types.map((type) => [type, { schema: schemaOf(dialect, schema) }]));
  return {
    ...common,
    ...(query.length === 0 ? {} : { parameters: query }),
    ...(body === undefined
      ? {}
      : { requestBody: { ...(body.required ? { required: true } : {}), content: content(consumes, body.schema) } }),
    responses: answers(operation, (schema) => ({ content: content(produces, schema) })),
  };
}

function answers({ responses }: Operation, body: (schema: string) => JsonObject): JsonObject {
  const texts: Readonly<Record<string, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
  const known = Object.entries(responses).map(
    ([code, schema]) => [code, { description: texts[code] ?? '', ...body(schema) }] as const,
  );
  return { ...Object.fromEntries(known), 401: { description: 'Unauthorized' } };
}

function schemaOf(dialect: Dialect, name: string): JsonObject {
  return name === 'string' ? { type: 'string' } : { $ref: refTo(dialect, name) };
}
