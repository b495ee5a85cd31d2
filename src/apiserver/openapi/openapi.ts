/**
 * OpenAPI as it is served: version 2 as one document, version 3 as one for each group and version, found through an index
 * with hashes. Made at the first request, and again only after kinds came or went.
 */
import type { JsonObject } from '../../base/mod.ts';
import { ApiError, type Facts, type Kind, type KindVersion } from '../../machinery/mod.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { negotiate, type Representation } from '../http/negotiate.ts';
import type { PathHandler } from '../http/paths.ts';
import type { Registry } from '../registry.ts';
import { gnosticBytes } from './gnostic.ts';
import { pathsOf } from './paths.ts';
import { definition, references, type Dialect } from './schemas.ts';

interface Served {
  readonly kind: Kind;
  readonly version: KindVersion;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** As clients of different ages ask for it. The answer names it without the `@`, which is no character of a media type. */
const protobufV2 = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.googleapis.gnostic.openapiv2@68f4ded+protobuf',
];
const protobufV2Answer = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const encoder = new TextEncoder();

export class OpenApi implements PathHandler {
  readonly #registry: Registry;
  readonly #facts: Facts;
  readonly #kept = new Map<string, Kept>();
  #generation = -1;

  constructor(registry: Registry, facts: Facts) {
    this.#registry = registry;
    this.#facts = facts;
  }

  serves(path: string): boolean {
    return path === '/openapi/v2' || path === '/openapi/v3' || path.startsWith('/openapi/v3/');
  }

  respond(request: HttpRequest, { path }: { readonly path: string }): HttpResponse | undefined {
    if (path === '/openapi/v2') {
      const wanted = negotiate(
        request.headers['accept'],
        ({ mediaType }: Representation) => mediaType === 'application/json' || protobufV2.includes(mediaType),
      );
      const protobuf = protobufV2.includes(wanted.mediaType);
      return answer(
        request,
        this.#keep(protobuf ? 'v2 protobuf' : 'v2', () =>
          protobuf ? gnosticBytes(this.#documentV2()) : json(this.#documentV2()),
        ),
        protobuf ? protobufV2Answer : 'application/json',
      );
    }
    if (path === '/openapi/v3')
      return answer(
        request,
        this.#keep('v3', () => json(this.#index())),
        'application/json',
      );
    const name = path.slice('/openapi/v3/'.length);
    const served = this.#groups().get(name);
    return served === undefined ? undefined : answer(request, this.#document(name, served), 'application/json');
  }

  #document(name: string, served: readonly Served[]): Kept {
    return this.#keep(`v3 ${name}`, () => json(this.#documentV3(served)));
  }

  #index(): JsonObject {
    const paths = [...this.#groups()].map(
      ([name, served]) =>
        [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${this.#document(name, served).etag}` }] as const,
    );
    return { paths: Object.fromEntries(paths) };
  }

  /** `api/v1`, `apis/apps/v1` with what is served there. */
  #groups(): ReadonlyMap<string, readonly Served[]> {
    const groups = new Map<string, Served[]>();
    for (const kind of this.#registry.kinds())
      for (const version of kind.versions) {
        const name = kind.group === '' ? `api/${version.version}` : `apis/${kind.group}/${version.version}`;
        groups.set(name, [...(groups.get(name) ?? []), { kind, version }]);
      }
    return groups;
  }

  #documentV2(): JsonObject {
    const served = [...this.#groups().values()].flat();
    return { swagger: '2.0', info: this.#info(), ...this.#parts('v2', served) };
  }

  #documentV3(served: readonly Served[]): JsonObject {
    const { paths, definitions } = this.#parts('v3', served);
    return { openapi: '3.0.0', info: this.#info(), paths: paths, components: { schemas: definitions } };
  }

  #parts(dialect: Dialect, served: readonly Served[]): { paths: JsonObject; definitions: JsonObject } {
    const paths = Object.assign(
      {},
      ...served.map(({ kind, version }) => pathsOf(dialect, kind, version)),
    ) as JsonObject;
    const names = this.#reachable(paths);
    return {
      paths,
      definitions: Object.fromEntries(names.map((name) => [name, definition(this.#facts, dialect, name)])),
    };
  }

  /** Every definition that the paths point to, and those that these point to. */
  #reachable(paths: JsonObject): string[] {
    const found = new Set<string>();
    const todo = [...JSON.stringify(paths).matchAll(/"\$ref":"#\/(?:definitions|components\/schemas)\/([^"]+)"/g)].map(
      ([, name = '']) => name,
    );
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      todo.push(...references(this.#facts, name));
    }
    return [...found].sort();
  }

  #info(): JsonObject {
    return { title: 'Kubernetes', version: `v${this.#facts.version}.0` };
  }

  #keep(key: string, make: () => Uint8Array): Kept {
    if (this.#generation !== this.#registry.generation) {
      this.#generation = this.#registry.generation;
      this.#kept.clear();
    }
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      const bytes = make();
      this.#kept.set(key, (kept = { bytes, etag: hash(bytes) }));
    }
    return kept;
  }
}

function answer(request: HttpRequest, { bytes, etag }: Kept, mediaType: string): HttpResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  const headers = { etag: `"${etag}"`, 'cache-control': 'public', vary: 'Accept' };
  if (request.headers['if-none-match'] === `"${etag}"`) return { status: 304, headers, body: new Uint8Array() };
  return { status: 200, headers: { ...headers, 'content-type': mediaType }, body: bytes };
}

function json(value: JsonObject): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** 64 bits that change with the document (FNV-1a over 32-bit halves): an ETag, nothing that must resist anybody. */
function hash(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0xcbf29ce4;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x01000193) + a;
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0').toUpperCase()).join('');
}
