/** What a URL asks for: upstream's rules for taking a path apart. */
import type { Verb } from '../operation.ts';

export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Set for a request on a resource. */
  readonly resource?: ResourceRequest;
}

export interface ResourceRequest {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The rest of the path behind a subresource that proxies. */
  readonly rest: string;
  readonly verb: Verb;
  /** The old form of a watch, `/api/v1/watch/...`, which can also be of one object. */
  readonly watchPrefix: boolean;
}

/** Throws URIError for a path that is not valid percent-encoding. */
export function parseUrl(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  // A proxy's client sends the whole URL.
  const path = (mark < 0 ? url : url.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, '');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const resource = parseResource(method, path, query);
  return resource === undefined ? { path, query } : { path, query, resource };
}

/** Subresources of a namespace, which look like resources in it. */
const namespaceSubresources = ['status', 'finalize'];

function parseResource(method: string, path: string, query: URLSearchParams): ResourceRequest | undefined {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  if (parts.at(-1) === '') parts.pop();
  const core = parts[0] === 'api';
  if (!core && parts[0] !== 'apis') return undefined;
  const prefix = core ? 2 : 3;
  if (parts.length <= prefix) return undefined;
  const group = core ? '' : (parts[1] ?? '');
  const version = parts[prefix - 1] ?? '';
  let rest = parts.slice(prefix);
  const watchPrefix = rest[0] === 'watch';
  if (watchPrefix) rest = rest.slice(1);
  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest.length > 2 && !(core && namespaceSubresources.includes(rest[2] ?? ''))) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource, name, subresource, ...more] = rest;
  if (resource === undefined) return undefined;
  // Names have no slashes and are not empty: such a path names no resource.
  if ([namespace, resource, name, subresource].some((part) => part === '' || part?.includes('/') === true))
    return undefined;
  return {
    group,
    version,
    resource,
    name,
    subresource,
    namespace,
    rest: more.map(encodeURIComponent).join('/'),
    verb: verbOf(method, name, query, watchPrefix),
    watchPrefix,
  };
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams, watchPrefix: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default: {
      if (watchPrefix) return 'watch';
      if (name !== undefined) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    }
  }
}

/** How upstream reads a boolean parameter: present without a value is true, and so is everything but 0 and false. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['false', 'False', 'FALSE', 'f', 'F', '0'].includes(value);
}
