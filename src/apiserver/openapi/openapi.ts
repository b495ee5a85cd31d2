/**
 * OpenAPI as it is served: version 2 as one document, version 3 as one for each group and version, found through an index
 * with hashes. Made at the first request, and again only after kinds came or went.
 */
import type { JsonObject } from '../../base/mod.ts';
import { ApiError, type Facts } from '../../machinery/mod.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { negotiate, type Representation } from '../http/negotiate.ts';
import type { PathHandler } from '../http/paths.ts';
import type { Registry, Served } from '../registry.ts';
import { gnosticBytes } from './gnostic.ts';
import { discoveryPathsOf, pathsOf, rootPathsOf } from './paths.ts';
import { Definitions, references, type Descriptions, type Dialect } from './schemas.ts';

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

export interface OpenApiParts {
  readonly registry: Registry;
  readonly facts: Facts;
  /** Fetched when they are first needed: most servers are never asked. */
  readonly descriptions: () => Descriptions;
}

export class OpenApi implements PathHandler {
  readonly #registry: Registry;
  readonly #facts: Facts;
  readonly #descriptions: () => Descriptions;
  readonly #kept = new Map<string, Kept>();
  #generation = -1;

  constructor({ registry, facts, descriptions }: OpenApiParts) {
    this.#registry = registry;
    this.#facts = facts;
    this.#descriptions = descriptions;
  }

  serves(path: string): boolean {
    return path === '/openapi/v2' || path === '/openapi/v3' || path.startsWith('/openapi/v3/');
  }

  list(): readonly string[] {
    return ['/openapi/v2', '/openapi/v3', ...[...this.#groups().keys()].map((name) => `/openapi/v3/${name}`)];
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
        [
          name,
          { serverRelativeURL: `/openapi/v3/${name}?hash=${hash(encoder.encode(this.#digestOf(served)))}` },
        ] as const,
    );
    return { paths: Object.fromEntries(paths) };
  }

  /** What a document follows from: to tell one from another it need not be made. */
  #digestOf(served: readonly Served[]): string {
    const kinds = served.map(({ kind, version }) => [
      kind.plural,
      kind.kind,
      version.schema,
      version.openapi,
      Object.keys(kind.subresources),
    ]);
    return JSON.stringify([this.#facts.version, kinds]);
  }

  /** `api/v1`, `apis/apps/v1` with what is served there. */
  #groups(): ReadonlyMap<string, readonly Served[]> {
    const groups = new Map<string, Served[]>();
    for (const kind of this.#registry.kinds())
      for (const version of kind.versions) {
        const name = kind.group === '' ? `api/${version.version}` : `apis/${kind.group}/${version.version}`;
        const known = groups.get(name);
        if (known === undefined) groups.set(name, [{ kind, version }]);
        else known.push({ kind, version });
      }
    return groups;
  }

  #documentV2(): JsonObject {
    const served = [...this.#groups().values()].flat();
    return {
      swagger: '2.0',
      info: this.#info(),
      ...this.#parts('v2', served, rootPathsOf('v2')),
      securityDefinitions: {
        BearerToken: {
          description: 'Bearer Token authentication',
          in: 'header',
          name: 'authorization',
          type: 'apiKey',
        },
      },
      security: [{ BearerToken: [] }],
    };
  }

  #documentV3(served: readonly Served[]): JsonObject {
    const { paths, definitions } = this.#parts('v3', served, {});
    return { openapi: '3.0.0', info: this.#info(), paths: paths, components: { schemas: definitions } };
  }

  #parts(
    dialect: Dialect,
    served: readonly Served[],
    more: JsonObject,
  ): { paths: JsonObject; definitions: JsonObject } {
    const custom = served.flatMap(({ kind, version }) =>
      version.openapi === undefined ? [] : [{ group: kind.group, kind: kind.kind, listKind: kind.listKind, version }],
    );
    const definitions = new Definitions(this.#facts, dialect, this.#descriptions(), custom);
    const groups = new Map(served.map(({ kind: { group }, version }) => [`${group}/${version.version}`, group]));
    const paths = Object.assign(
      {},
      more,
      ...[...groups].map(([name, group]) => discoveryPathsOf(dialect, group, name.slice(group.length + 1))),
      ...served.map(({ kind, version }) => pathsOf(dialect, this.#facts, kind, version)),
    ) as JsonObject;
    return { paths: sorted(paths), definitions: reachable(definitions, paths) };
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

/** Every definition that the paths point to, and those that these point to. */
function reachable(definitions: Definitions, paths: JsonObject): JsonObject {
  const found = new Map<string, JsonObject>();
  const todo = references(paths);
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (found.has(name)) continue;
    const definition = definitions.of(name);
    found.set(name, definition);
    todo.push(...references(definition));
  }
  return sorted(Object.fromEntries(found));
}

function sorted(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
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
