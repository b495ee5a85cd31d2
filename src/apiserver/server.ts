/**
 * The API server without its edges: takes an operation, authorizes it, carries it out. The HTTP front and the in-process
 * client call `handle`; authentication and encoding are theirs.
 */
import { isJsonObject, type JsonObject } from '../base/mod.ts';
import {
  ApiError,
  apiVersionOf,
  groupResource,
  objectKey,
  type Kind,
  type KubeObject,
  type Subresource,
  type SubresourceInput,
  type UserInfo,
} from '../machinery/mod.ts';
import { StoredEntry, type Entry } from '../store/mod.ts';
import { decide, enforce, type Attributes, type Authorizer } from './authz/authorizer.ts';
import { fromStorage, toStorage } from './codec.ts';
import { remove, removeCollection } from './delete.ts';
import type { Operation, Result } from './operation.ts';
import { get, list, watch } from './read.ts';
import { type Registry } from './registry.ts';
import { scale } from './scale.ts';
import { select } from './selection.ts';
import { ready } from './stored-form.ts';
import type { ComputedObjects, PostHandler } from './subresources.ts';
import type { WriteWorld } from './world.ts';
import { create, decodeBody, patch, update } from './write.ts';

export interface ApiServerParts {
  readonly world: WriteWorld;
  readonly registry: Registry;
  readonly authorizers: readonly Authorizer[];
  readonly posts: readonly PostHandler[];
  readonly computed: readonly ComputedObjects[];
}

export class ApiServer {
  readonly world: WriteWorld;
  readonly registry: Registry;
  readonly #authorizers: readonly Authorizer[];
  readonly #posts: ReadonlyMap<string, PostHandler>;
  readonly #computed: ReadonlyMap<string, ComputedObjects>;

  constructor(parts: ApiServerParts) {
    this.world = parts.world;
    this.registry = parts.registry;
    this.#authorizers = parts.authorizers;
    this.#posts = new Map(parts.posts.map((handler) => [handler.on, handler]));
    this.#computed = new Map(parts.computed.map((objects) => [objects.on, objects]));
  }

  /** Throws ApiError for everything that is refused. */
  async handle(operation: Operation): Promise<Result> {
    await this.authorize(attributesOf(operation, operation.user, operation.options));
    return this.carryOut(operation);
  }

  /** What `handle` does with an operation that is authorized. */
  async carryOut(operation: Operation): Promise<Result> {
    const asked = this.#perform(operation);
    const result = asked instanceof Promise ? await asked : asked;
    // Whoever encodes the answer does not wait.
    const waiting =
      result.type === 'entry'
        ? ready(result.kind, [result.entry])
        : result.type === 'list'
          ? ready(result.kind, result.list.entries)
          : undefined;
    if (waiting !== undefined) await waiting;
    return result;
  }

  #perform(operation: Operation): Result | Promise<Result> {
    const served = this.registry.find(operation.group, operation.version, operation.resource);
    if (served === undefined) throw notServed();
    const { kind } = served;
    if (operation.subresource !== undefined) return this.#subresource(kind, operation.subresource, operation);
    if (!kind.verbs.includes(operation.verb)) throw methodNotAllowed();
    if (kind.collection === undefined)
      return operation.verb === 'create'
        ? this.#post(groupResource(kind), kind, operation)
        : this.#look(kind, operation);
    return this.#resource(kind, operation);
  }

  async authorize(attributes: Attributes): Promise<void> {
    enforce(attributes, await decide(this.#authorizers, attributes));
  }

  /** What the authorizers say, without refusing: for the access reviews. */
  review(attributes: Attributes): ReturnType<typeof decide> {
    return decide(this.#authorizers, attributes);
  }

  #resource(kind: Kind, operation: Operation): Result | Promise<Result> {
    const { world } = this;
    switch (operation.verb) {
      case 'get':
        return this.#get(kind, operation);
      case 'list':
        return this.#list(kind, operation);
      case 'watch':
        return this.#watch(kind, operation);
      case 'create':
        return create(world, kind, operation);
      case 'update':
        return update(world, kind, operation);
      case 'patch':
        return patch(world, kind, operation);
      case 'delete':
        return remove(world, kind, operation);
      case 'deletecollection':
        return removeCollection(world, kind, operation);
    }
  }

  #get(kind: Kind, { version, name = '', namespace }: Operation): Result | Promise<Result> {
    const found = (entry: Entry): Result => ({ type: 'entry', code: 200, kind, version, entry });
    const asked = get(this.world, kind, { namespace, name });
    return asked instanceof Promise ? asked.then(found) : found(asked);
  }

  async #list(kind: Kind, { version, namespace, options }: Operation): Promise<Result> {
    return { type: 'list', kind, version, list: await list(this.world, kind, namespace, options) };
  }

  /** Reads what is not kept. It looks like what is, so that all encodings of it are the same. */
  async #look(kind: Kind, { verb, version, name = '', namespace, options }: Operation): Promise<Result> {
    const computed = this.#computed.get(groupResource(kind));
    if (computed === undefined) throw notServed();
    const entries = (await computed.objects()).map((object) => {
      const key = objectKey(object.metadata?.namespace, object.metadata?.name ?? '');
      const unkept = { collection: '', name: key, revision: 0, created: 0, expiresAtMs: undefined };
      return StoredEntry.ofValue(unkept, object as JsonObject);
    });
    if (verb === 'get') {
      const entry = entries.find((candidate) => candidate.name === objectKey(namespace, name));
      if (entry === undefined) throw new ApiError('Unknown', computed.unknown(name), { code: 500 });
      return { type: 'entry', code: 200, kind, version, entry };
    }
    const selection = select(kind, { ...options, namespace });
    const revision = this.world.store.current.revision;
    return { type: 'list', kind, version, list: { entries: entries.filter(selection.matches), revision } };
  }

  async #watch(kind: Kind, { version, namespace, options }: Operation): Promise<Result> {
    const stream = await watch(this.world, kind, namespace, options);
    // Another definition makes another kind of it, which shows things in another way.
    if (kind.storedForm !== undefined) stream.endWhen((end) => this.registry.whenGone(kind, end));
    return { type: 'watch', kind, version, watch: stream };
  }

  async #subresource(kind: Kind, name: string, operation: Operation): Promise<Result> {
    const subresource: Subresource<KubeObject> | undefined = kind.subresources[name];
    if (subresource === undefined) throw notServed();
    if (subresource.type === 'create') {
      if (operation.verb !== 'create') throw methodNotAllowed();
      return this.#post(`${groupResource(kind)}/${name}`, kind, operation, subresource);
    }
    if (operation.verb !== 'get' && operation.verb !== 'update' && operation.verb !== 'patch') throw methodNotAllowed();
    if (subresource.type === 'scale') return scale(this.world, kind, operation, subresource);
    if (subresource.type === 'part' && subresource.verbs?.includes(operation.verb) !== false)
      return this.#resource(kind, operation);
    throw methodNotAllowed();
  }

  /** A review as admission leaves it. */
  async #admitted(kind: Kind, operation: Operation, body: KubeObject): Promise<KubeObject> {
    const { world } = this;
    const { name = '' } = body.metadata ?? {};
    const request = world.admissionRequest(kind, operation, { operation: 'CREATE', name, draft: body, old: undefined });
    await world.admission.mutate(request);
    await world.admission.validate(request);
    return request.draft ?? body;
  }

  async #post(
    on: string,
    kind: Kind,
    operation: Operation,
    subresource?: Extract<Subresource<KubeObject>, { type: 'create' }>,
  ): Promise<Result> {
    const handler = this.#posts.get(on);
    if (handler === undefined) throw notServed();
    const { world } = this;
    if (subresource === undefined) {
      const stored = toStorage(kind, operation.version, decodeBody(world, kind, operation));
      const body = handler.admitsItself === true ? stored : await this.#admitted(kind, operation, stored);
      const result = await handler.handle(this, kind, operation, body);
      return result.type === 'value'
        ? { ...result, value: fromStorage(kind, operation.version, result.value) }
        : result;
    }
    const { input, gvk } = inputOf(subresource, operation.body);
    const { body, bodyFindings: findings, options, warn } = operation;
    const { fieldValidation: validation = 'Warn' } = options;
    const object = world.codec.decode({ gvk, schema: input, body, findings, validation, warn });
    operation.decoded?.(object);
    return handler.handle(this, kind, operation, object);
  }
}

function inputOf(subresource: Extract<Subresource<KubeObject>, { type: 'create' }>, body: unknown): SubresourceInput {
  const sent = isJsonObject(body) ? body['apiVersion'] : undefined;
  const { alsoTaken = [] } = subresource;
  return alsoTaken.find(({ gvk }) => apiVersionOf(gvk.group, gvk.version) === sent) ?? subresource;
}

export function attributesOf(
  operation: Pick<Operation, 'verb' | 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'>,
  user: UserInfo,
  options: Partial<Pick<Attributes, 'fieldSelector' | 'labelSelector'>>,
): Attributes {
  const { verb, group, version, resource, subresource = '' } = operation;
  const { fieldSelector, labelSelector } =
    verb === 'list' || verb === 'watch' || verb === 'deletecollection' ? options : {};
  const name = operation.name ?? (fieldSelector === undefined ? '' : selectedName(fieldSelector));
  // A namespace is authorized as something in itself: whoever may see things in it may be allowed to see it.
  const namespace = operation.namespace ?? (group === '' && resource === 'namespaces' ? (operation.name ?? '') : '');
  return { user, verb, group, version, resource, subresource, namespace, name, fieldSelector, labelSelector };
}

/** A list or watch of a single object by its name is allowed to whoever may see that object. */
export function selectedName(fieldSelector: string): string {
  return /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';
}

export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

export function notServed(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
}
