/** Requests that are wrong in one way each, with what upstream says of them. `known` is a ConfigMap that is there. */
import type { RawRequest } from './raw-http.ts';

export const configMaps = '/api/v1/namespaces/default/configmaps';
const json = 'application/json';
const merge = 'application/merge-patch+json';
const jsonPatch = 'application/json-patch+json';
const strategic = 'application/strategic-merge-patch+json';

export interface BadRequest extends RawRequest {
  readonly name: string;
  readonly code: number;
  readonly reason: string;
  readonly message: string | RegExp;
}

const post = (body: string, options: { type?: string; query?: string } = {}): RawRequest => ({
  method: 'POST',
  path: configMaps + (options.query ?? ''),
  headers: { 'content-type': options.type ?? json },
  body,
});
const patch = (type: string, body: string, query = ''): RawRequest => ({
  method: 'PATCH',
  path: `${configMaps}/known${query}`,
  headers: { 'content-type': type },
  body,
});
const remove = (body: string): RawRequest => ({
  method: 'DELETE',
  path: `${configMaps}/known`,
  headers: { 'content-type': json },
  body,
});
const get = (path: string, headers: Readonly<Record<string, string>> = {}): RawRequest => ({ path, headers });
const object = (fields: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' }, ...fields });

const unrecognized = (why: string, summary: string): string =>
  `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why} (${summary})`;
const unfit = (why: string): string => `ConfigMap in version "v1" cannot be handled as a ConfigMap: ${why}`;
const goStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const scheme = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';
const bad = { code: 400, reason: 'BadRequest' };
const invalid = { code: 422, reason: 'Invalid' };
const missing = { code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' };
const disallowed = {
  code: 405,
  reason: 'MethodNotAllowed',
  message: 'the server does not allow this method on the requested resource',
};

const bodies: readonly BadRequest[] = [
  {
    name: 'malformed JSON',
    ...post('{"a":x}'),
    ...bad,
    message: unrecognized("invalid character 'x' looking for beginning of value", '{"a":x}'),
  },
  {
    name: 'truncated JSON',
    ...post('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"na'),
    ...bad,
    message: unrecognized('unexpected end of JSON input', '{"apiVersion":"v1","kind":"Con ...'),
  },
  { name: 'no body', ...post(''), ...bad, message: unrecognized('unexpected end of JSON input', '<empty>') },
  {
    name: 'a list',
    ...post('[]'),
    ...bad,
    message: unrecognized(`json: cannot unmarshal array into Go value of type ${goStruct}`, '5b5d'),
  },
  {
    name: 'a string',
    ...post('"x"'),
    ...bad,
    message: unrecognized(`json: cannot unmarshal string into Go value of type ${goStruct}`, '227822'),
  },
  {
    name: 'two values',
    ...post('{} {}'),
    ...bad,
    message: unrecognized("invalid character '{' after top-level value", '{} {}'),
  },
  {
    name: 'too deep',
    ...post(`{"data":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`),
    ...bad,
    message: /exceeded max depth/,
  },
  { name: 'brackets only', ...post('['.repeat(1_000_000)), ...bad, message: /exceeded max depth/ },
  {
    name: 'an unknown content type',
    ...post('{}', { type: 'text/plain' }),
    code: 415,
    reason: 'UnsupportedMediaType',
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
  {
    name: 'broken YAML',
    ...post('a: [', { type: 'application/yaml' }),
    ...bad,
    message: /^error converting YAML to JSON: /,
  },
  {
    name: 'deep YAML',
    ...post(`a: ${'['.repeat(100_000)}`, { type: 'application/yaml' }),
    ...bad,
    message: /^error converting YAML to JSON: /,
  },
  {
    name: 'YAML that is many times itself',
    ...post(aliases(), { type: 'application/yaml' }),
    ...bad,
    message: /^error converting YAML to JSON: /,
  },
  {
    name: 'a key twice in YAML',
    ...post('metadata:\n  name: a\n  name: b\n', { type: 'application/yaml', query: '?fieldValidation=Strict' }),
    ...bad,
    message: unfit('strict decoding error: yaml: unmarshal errors:\n  line 3: key "name" already set in map'),
  },
  {
    name: 'no protobuf',
    ...post('k8s\0\xff\xff', { type: 'application/vnd.kubernetes.protobuf' }),
    ...bad,
    message: /./,
  },
  {
    name: 'a number for a string',
    ...post(object({ data: { a: 1 } })),
    ...bad,
    message: unfit('json: cannot unmarshal number into Go struct field ConfigMap.data of type string'),
  },
  {
    name: 'a string for an object',
    ...post(object({ metadata: 'x' })),
    ...bad,
    message: unfit('json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta'),
  },
  {
    name: 'wrong base64',
    ...post(object({ binaryData: { a: '%%%' } })),
    ...bad,
    message: unfit('illegal base64 data at input byte 0'),
  },
  {
    name: 'another kind',
    ...post(object({ kind: 'Secret' })),
    ...bad,
    message:
      'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  },
  {
    name: 'an unknown kind',
    ...post(object({ kind: 'configmap' })),
    ...bad,
    message: `configmap in version "v1" cannot be handled as a ConfigMap: no kind "configmap" is registered for version "v1" ${scheme}`,
  },
  {
    name: 'an unknown version',
    ...post(object({ apiVersion: 'apps/v1' })),
    ...bad,
    message: `ConfigMap in version "v1" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "apps/v1" ${scheme}`,
  },
  {
    name: 'a kind that is a number',
    ...post(object({ kind: 5 })),
    ...bad,
    message: /json: cannot unmarshal number into Go struct field \.kind of type string$/,
  },
  {
    name: 'an unknown field, strictly',
    ...post(object({ foo: 1, immutable: true }), { query: '?fieldValidation=Strict' }),
    ...bad,
    message: unfit('strict decoding error: unknown field "foo"'),
  },
  {
    name: 'a field twice, strictly',
    ...post('{"metadata":{"name":"d"},"data":{"a":"1","a":"2"}}', { query: '?fieldValidation=Strict' }),
    ...bad,
    message: unfit('strict decoding error: duplicate field "data.a"'),
  },
];

/** Each anchor is nine times the one before: a billion nodes in a few lines. */
function aliases(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i++)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
  return lines.join('\n');
}

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const names: readonly BadRequest[] = [
  {
    name: 'a bad name',
    ...post(object({ metadata: { name: 'A_b' } })),
    ...invalid,
    message: `ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": ${subdomain}`,
  },
  {
    name: 'no name',
    ...post(object({ metadata: {} })),
    ...invalid,
    message: 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  },
  {
    name: 'a long name',
    ...post(object({ metadata: { name: 'a'.repeat(254) } })),
    ...invalid,
    message: /must be no more than 253 (characters|bytes)$/,
  },
  {
    name: 'a bad label',
    ...post(object({ metadata: { name: 'l', labels: { 'a b': 'c' } } })),
    ...invalid,
    message: /^ConfigMap "l" is invalid: metadata\.labels: Invalid value: "a b": name part must consist of/,
  },
  {
    name: 'a long label',
    ...post(object({ metadata: { name: 'l', labels: { a: 'c'.repeat(64) } } })),
    ...invalid,
    message: /must be no more than 63 (characters|bytes)$/,
  },
  {
    name: 'big annotations',
    ...post(object({ metadata: { name: 'l', annotations: { a: 'c'.repeat(300_000) } } })),
    ...invalid,
    message: /metadata\.annotations: Too long: may not be more than 262144 bytes$/,
  },
  {
    name: 'a resource version on a new object',
    ...post(object({ metadata: { name: 'l', resourceVersion: '5' } })),
    ...bad,
    message: 'resourceVersion should not be set on objects to be created',
  },
  {
    name: 'another namespace',
    ...post(object({ metadata: { name: 'l', namespace: 'other' } })),
    ...bad,
    message: 'the namespace of the provided object does not match the namespace sent on the request',
  },
  {
    name: 'another name',
    method: 'PUT',
    path: `${configMaps}/known`,
    headers: { 'content-type': json },
    body: object({}),
    ...bad,
    message: 'the name of the object (new) does not match the name on the URL (known)',
  },
  {
    name: 'no such namespace',
    method: 'POST',
    path: '/api/v1/namespaces/nope/configmaps',
    headers: { 'content-type': json },
    body: object({}),
    code: 404,
    reason: 'NotFound',
    message: 'namespaces "nope" not found',
  },
  {
    name: 'no such object',
    ...get(`${configMaps}/nope`),
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "nope" not found',
  },
  {
    name: 'there already',
    ...post(object({ metadata: { name: 'known' } })),
    code: 409,
    reason: 'AlreadyExists',
    message: 'configmaps "known" already exists',
  },
];

const queries: readonly BadRequest[] = [
  {
    name: 'a selector of two words',
    ...get(`${configMaps}?labelSelector=a%20b%20c`),
    ...bad,
    message: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
  },
  {
    name: 'an open selector',
    ...get(`${configMaps}?labelSelector=a+in+(b`),
    ...bad,
    message: "unable to parse requirement: found '', expected: ',' or ')'",
  },
  {
    name: 'a field selector without operator',
    ...get(`${configMaps}?fieldSelector=foo`),
    ...bad,
    message: "invalid selector: 'foo'; can't understand 'foo'",
  },
  {
    name: 'an unknown field',
    ...get(`${configMaps}?fieldSelector=spec.foo%3Dbar`),
    ...bad,
    message: 'field label not supported: spec.foo',
  },
  {
    name: 'a limit in words',
    ...get(`${configMaps}?limit=abc`),
    ...bad,
    message: 'strconv.ParseInt: parsing "abc": invalid syntax',
  },
  {
    name: 'a huge limit',
    ...get(`${configMaps}?limit=99999999999999999999`),
    ...bad,
    message: 'strconv.ParseInt: parsing "99999999999999999999": value out of range',
  },
  {
    name: 'a time-out in words',
    ...get(`${configMaps}?timeoutSeconds=1s`),
    ...bad,
    message: 'strconv.ParseInt: parsing "1s": invalid syntax',
  },
  {
    name: 'a revision in words',
    ...get(`${configMaps}?resourceVersion=abc`),
    ...invalid,
    message: /resourceVersion: Invalid value: "abc": strconv\.ParseUint: parsing "abc": invalid syntax$/,
  },
  {
    name: 'a negative revision to watch from',
    ...get(`${configMaps}?watch=1&resourceVersion=-1`),
    ...invalid,
    message: /resourceVersion: Invalid value: "-1"/,
  },
  {
    name: 'a revision beyond all',
    ...get(`${configMaps}?resourceVersion=99999999999999999999999`),
    ...invalid,
    message: /value out of range$/,
  },
  {
    name: 'a revision that has not been',
    ...get(`${configMaps}?watch=1&resourceVersion=99999999`),
    code: 504,
    reason: 'Timeout',
    message: /^Too large resource version: 99999999, current: \d+$/,
  },
  {
    name: 'a continue that is none',
    ...get(`${configMaps}?limit=1&continue=abc`),
    ...bad,
    message: "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  },
  {
    name: 'a continue of another server',
    ...get(`${configMaps}?limit=1&continue=${btoa('{"v":"v9"}')}`),
    ...bad,
    message: 'invalid continue token: continue key is not valid: server does not recognize this encoded version',
  },
  {
    name: 'continue and a revision',
    ...get(
      `${configMaps}?limit=1&resourceVersion=3&continue=${btoa('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').replace(/=/g, '')}`,
    ),
    ...bad,
    message: 'specifying resource version is not allowed when using continue',
  },
  {
    name: 'an unknown match',
    ...get(`${configMaps}?resourceVersion=1&resourceVersionMatch=Foo`),
    ...invalid,
    message: /resourceVersionMatch: Unsupported value: "Foo"/,
  },
  {
    name: 'a match without a revision',
    ...get(`${configMaps}?resourceVersionMatch=Exact`),
    ...invalid,
    message: /resourceVersionMatch is forbidden unless resourceVersion is provided$/,
  },
  {
    name: 'an unknown dry run',
    ...post(object({}), { query: '?dryRun=Some' }),
    ...invalid,
    message: /dryRun: Unsupported value/,
  },
  {
    name: 'an unknown field validation',
    ...post(object({}), { query: '?fieldValidation=Some' }),
    ...invalid,
    message: /fieldValidation: Unsupported value: "Some": supported values: "", "Ignore", "Strict", "Warn"$/,
  },
  {
    name: 'nothing acceptable',
    ...get(configMaps, { accept: 'text/html' }),
    code: 406,
    reason: 'NotAcceptable',
    message:
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  },
];

const paths: readonly BadRequest[] = [
  { name: 'a bad escape', ...get(`${configMaps}/%zz`), ...bad, message: /^invalid URL escape/ },
  { name: 'bytes that are no text', ...get(`${configMaps}/%ff`), ...bad, message: /^invalid URL escape/ },
  { name: 'an empty namespace', ...get('/api/v1/namespaces//configmaps'), ...missing },
  { name: 'a slash in a name', ...get(`${configMaps}/a%2Fb`), ...missing },
  { name: 'an unknown resource', ...get('/api/v1/namespaces/default/things'), ...missing },
  { name: 'an unknown version', ...get('/api/v9/pods'), ...missing },
  { name: 'an unknown group', ...get('/apis/example.com/v1/things'), ...missing },
  { name: 'an unknown subresource', ...get(`${configMaps}/known/status`), ...missing },
  { name: 'something below a subresource', ...get('/api/v1/namespaces/default/pods/a/status/more'), ...missing },
  { name: 'a namespace for what has none', ...get('/api/v1/namespaces/default/nodes'), ...missing },
  { name: 'an unknown path', ...get('/nowhere'), ...missing },
  { name: 'PUT of a collection', method: 'PUT', path: configMaps, body: '{}', ...disallowed },
  { name: 'POST of an object', method: 'POST', path: `${configMaps}/known`, body: '{}', ...disallowed },
  {
    name: 'POST of a status',
    method: 'POST',
    path: '/api/v1/namespaces/default/pods/a/status',
    body: '{}',
    ...disallowed,
  },
  {
    name: 'POST of a watch',
    method: 'POST',
    path: '/api/v1/watch/namespaces/default/configmaps',
    body: '{}',
    ...disallowed,
  },
  {
    name: 'POST of a namespaced kind to all namespaces',
    method: 'POST',
    path: '/api/v1/configmaps',
    body: '{}',
    ...disallowed,
  },
  { name: 'GET of a review', path: '/apis/authentication.k8s.io/v1/tokenreviews', ...disallowed },
  { name: 'OPTIONS', method: 'OPTIONS', path: configMaps, ...disallowed },
  { name: 'TRACE', method: 'TRACE', path: configMaps, ...disallowed },
];

const changes: readonly BadRequest[] = [
  {
    name: 'a patch of no type',
    ...patch(json, '{}'),
    code: 415,
    reason: 'UnsupportedMediaType',
    message: /accepted media types include: application\/json-patch\+json, application\/merge-patch\+json/,
  },
  {
    name: 'a patch that is no JSON',
    ...patch(merge, '{x'),
    ...bad,
    message: "error decoding patch: invalid character 'x' looking for beginning of object key string",
  },
  {
    name: 'a strategic patch that is no JSON',
    ...patch(strategic, '{x'),
    ...bad,
    message: "invalid character 'x' looking for beginning of object key string",
  },
  { name: 'a list as merge patch', ...patch(merge, '[]'), ...bad, message: 'Invalid JSON Patch' },
  {
    name: 'an object as JSON patch',
    ...patch(jsonPatch, '{}'),
    ...bad,
    message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  },
  {
    name: 'a test that fails',
    ...patch(jsonPatch, '[{"op":"test","path":"/data/a","value":"2"}]'),
    ...invalid,
    message: 'the server rejected our request due to an error in our request',
  },
  {
    name: 'too many operations',
    ...patch(
      jsonPatch,
      JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/kind', value: 'ConfigMap' }))),
    ),
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: 'The allowed maximum operations in a JSON patch is 10000, got 10001',
  },
  {
    name: 'a merge patch to no ConfigMap',
    ...patch(merge, '{"data":5}'),
    ...invalid,
    message:
      /^ "" is invalid: patch: Invalid value: "\{.*\}": json: cannot unmarshal number into Go struct field ConfigMap\.data of type map\[string\]string$/,
  },
  {
    name: 'a strategic patch to no ConfigMap',
    ...patch(strategic, '{"data":5}'),
    ...invalid,
    message: ' "" is invalid: patch: Invalid value: "map[data:5]": cannot restore map from int64',
  },
  {
    name: 'a patch with an unknown field, strictly',
    ...patch(merge, '{"foo":1}', '?fieldValidation=Strict'),
    ...invalid,
    message: /strict decoding error: unknown field \\?"foo\\?"$/,
  },
  {
    name: 'a patch of the kind',
    ...patch(merge, '{"kind":"Secret"}'),
    ...bad,
    message: /cannot be handled as a ConfigMap/,
  },
  {
    name: 'a patch of the name',
    ...patch(merge, '{"metadata":{"name":"other"}}'),
    code: 400,
    reason: 'BadRequest',
    message: 'the name of the object (other) does not match the name on the URL (known)',
  },
  {
    name: 'an unknown propagation policy',
    ...remove('{"propagationPolicy":"Foo"}'),
    ...invalid,
    message: /propagationPolicy: Unsupported value: "Foo"/,
  },
  {
    name: 'wrong preconditions',
    ...remove('{"preconditions":5}'),
    ...bad,
    message: /cannot unmarshal number into Go struct field DeleteOptions\.preconditions of type v1\.Preconditions$/,
  },
  { name: 'a list as options', ...remove('[]'), ...bad, message: /unrecognized/ },
  {
    name: 'a pod as options',
    ...remove('{"kind":"Pod","apiVersion":"v1"}'),
    ...bad,
    message: 'decoded object cannot be converted to DeleteOptions',
  },
  {
    name: 'another uid',
    ...remove('{"preconditions":{"uid":"other"}}'),
    code: 409,
    reason: 'Conflict',
    message:
      /^Operation cannot be fulfilled on configmaps "known": Precondition failed: UID in precondition: other, UID in object meta: /,
  },
];

export const badRequests = { bodies, names, queries, paths, changes };
