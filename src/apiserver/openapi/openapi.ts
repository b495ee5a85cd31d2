/**
 * OpenAPI as it is served: version 2 as one document, version 3 as one for each group and version, found through an index
 * with hashes. Made at the first request, and again only after kinds came or went.
 */
import type { JsonObject } from '../../base/mod.ts';
import { ApiError, type Facts } from '../../machinery/mod.ts';
import { documentAnswer, hash, keptDocument, type KeptDocument } from '../http/etag.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { negotiate, type Representation } from '../http/negotiate.ts';
import type { PathHandler } from '../http/paths.ts';
import type { Registry, Served } from '../registry.ts';
import { gnosticBytes } from './gnostic.ts';
import { mergedV2 } from './merge.ts';
import { discoveryPathsOf, pathsOf, rootPathsOf } from './paths.ts';
import { Definitions, references, type Descriptions, type Dialect } from './schemas.ts';

/** As clients of different ages ask for it. The answer names it without the `@`, which is no character of a media type. */
const protobufV2 = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.googleapis.gnostic.openapiv2@68f4ded+protobuf',
];
const protobufV2Answer = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const encoder = new TextEncoder();

/** What extension API servers say of themselves. */
export interface ExtensionDocuments {
  /** Moves with every change. */
  readonly generation: number;
  /** Of version 2, to be made part of the one document. */
  readonly documents: readonly JsonObject[];
  /** Where their documents of version 3 are, by name: `apis/wardle.example.com/v1alpha1`. */
  readonly urls: Readonly<Record<string, string>>;
  /** Documents of version 3 that they have not themselves. */
  readonly made: ReadonlyMap<string, JsonObject>;
}

export interface OpenApiParts {
  readonly registry: Registry;
  readonly facts: Facts;
  /** Fetched when they are needed and not held on to: most servers are never asked, and the others once in a while. */
  readonly descriptions: () => Descriptions;
  readonly extensions: ExtensionDocuments;
}

export class OpenApi implements PathHandler {
  readonly #registry: Registry;
  readonly #facts: Facts;
  readonly #descriptions: () => Descriptions;
  readonly #extensions: ExtensionDocuments;
  /** Clients ask for many documents one after the other. */
  #read: WeakRef<Descriptions> | undefined;
  readonly #kept = new Map<string, KeptDocument>();
  #generation = '';

  constructor({ registry, facts, descriptions, extensions }: OpenApiParts) {
    this.#registry = registry;
    this.#facts = facts;
    this.#descriptions = descriptions;
    this.#extensions = extensions;
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
    const made = this.#extensions.made.get(name);
    if (made !== undefined)
      return answer(
        request,
        this.#keep(`v3 ${name}`, () => json(made)),
        'application/json',
      );
    const served = this.#groups().get(name);
    return served === undefined ? undefined : answer(request, this.#document(name, served), 'application/json');
  }

  #document(name: string, served: readonly Served[]): KeptDocument {
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
    const { urls, made } = this.#extensions;
    const others = [
      ...[...made].map(([name, document]) => [name, `/openapi/v3/${name}?hash=${hash(json(document))}`] as const),
      ...Object.entries(urls),
    ].map(([name, serverRelativeURL]) => [name, { serverRelativeURL }] as const);
    return { paths: Object.fromEntries([...paths, ...others]) };
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
    const own = {
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
    return mergedV2(own, this.#extensions.documents);
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
    const definitions = new Definitions(this.#facts, dialect, this.#described(), custom);
    const groups = new Map(served.map(({ kind: { group }, version }) => [`${group}/${version.version}`, group]));
    const paths = Object.assign(
      {},
      more,
      ...[...groups].map(([name, group]) => discoveryPathsOf(dialect, group, name.slice(group.length + 1))),
      ...served.map(({ kind, version }) => pathsOf(dialect, this.#facts, kind, version)),
    ) as JsonObject;
    return { paths: sorted(paths), definitions: reachable(definitions, paths) };
  }

  #described(): Descriptions {
    const known = this.#read?.deref();
    if (known !== undefined) return known;
    const descriptions = this.#descriptions();
    this.#read = new WeakRef(descriptions);
    return descriptions;
  }

  #info(): JsonObject {
    return { title: 'Kubernetes', version: `v${this.#facts.version}.0` };
  }

  #keep(key: string, make: () => Uint8Array): KeptDocument {
    const generation = `${this.#registry.generation} ${this.#extensions.generation}`;
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#kept.clear();
    }
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      this.#kept.set(key, (kept = keptDocument(make())));
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

function answer(request: HttpRequest, kept: KeptDocument, mediaType: string): HttpResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
  return documentAnswer(request, kept, mediaType);
}

function json(value: JsonObject): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}
