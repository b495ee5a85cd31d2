/**
 * The client of this process: operations go straight to the API server and come back as the store's own objects. Nothing is
 * serialised; authorization, admission and validation are as for everybody.
 */
import { HostError, type DeepReadonly } from '../base/mod.ts';
import {
  deleteBody,
  sentBody,
  staysBehind,
  type Cause,
  type Client,
  type DeleteOptions,
  type List,
  type ListOptions,
  type ObjectKey,
  type Patch,
  type WatchEvent,
  type WatchOptions,
  type WatchSink,
  type WriteOptions,
} from '../client/mod.ts';
import { ApiError, type KubeObject, type Resource, type UserInfo } from '../machinery/mod.ts';
import { objectOf } from './codec.ts';
import type { Operation, OperationOptions, Result, Verb } from './operation.ts';
import type { ApiServer } from './server.ts';
import type { WatchStream } from './watch.ts';

const eventsAtOnceMax = 1024;

export class InProcessClient implements Client {
  readonly #server: ApiServer;
  readonly #user: UserInfo;
  readonly #userAgent: string;

  constructor(server: ApiServer, user: UserInfo) {
    this.#server = server;
    this.#user = user;
    this.#userAgent = programOf(user);
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: { readonly subresource?: string } = {},
  ): Promise<DeepReadonly<T>> {
    return this.#object<T>(await this.#do('get', resource, { ...key, ...options }));
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<List<T>> {
    const { namespace, ...rest } = options;
    const result = await this.#do('list', resource, { namespace, options: rest });
    if (result.type !== 'list') throw unexpected(result);
    const { entries, revision, continue: token, remainingItemCount } = result.list;
    return {
      items: entries.map((entry) => objectOf(result.kind, result.version, entry) as DeepReadonly<T>),
      resourceVersion: String(revision),
      ...(token === undefined ? {} : { continue: token }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    };
  }

  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, sink: WatchSink<T>): Disposable {
    const { namespace, ...rest } = options;
    const watching = new Watching(sink);
    this.#do('watch', resource, {
      namespace,
      options: rest,
    })
      .then((result) => {
        if (result.type !== 'watch') throw unexpected(result);
        watching.begin(result);
      })
      .catch((error: unknown) => watching.end(error));
    return watching;
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    const { namespace, name } = object.metadata ?? {};
    const address = {
      namespace: resource.namespaced ? namespace : undefined,
      name: options.subresource === undefined ? undefined : name,
    };
    const body = sentBody(resource, object, options);
    return this.#object<T>(await this.#do('create', resource, { ...address, ...split(options), body }));
  }

  async update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<T>,
    options: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    const { namespace, name } = object.metadata ?? {};
    return this.#object<T>(
      await this.#do('update', resource, {
        namespace: resource.namespaced ? namespace : undefined,
        name,
        ...split(options),
        body: object,
      }),
    );
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    return this.#object<T>(
      await this.#do('patch', resource, { ...key, ...split(options), body: patch.body, patchType: patch.type }),
    );
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<DeepReadonly<T> | undefined> {
    const result = await this.#do('delete', resource, {
      ...key,
      body: deleteBody(options),
    });
    const answer = this.#object<T>(result);
    return staysBehind(answer, options) ? answer : undefined;
  }

  async deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & DeleteOptions = {},
  ): Promise<void> {
    const { namespace, labelSelector, fieldSelector, ...rest } = options;
    await this.#do('deletecollection', resource, {
      namespace,
      body: deleteBody(rest),
      options: {
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
      },
    });
  }

  raw(method: string, path: string): Promise<unknown> {
    return Promise.reject(
      new HostError('Unsupported', `${method} ${path}: paths that are no resources are served over HTTP only`),
    );
  }

  #do(
    verb: Verb,
    { group, version, plural }: Resource,
    request: Partial<Pick<Operation, 'namespace' | 'name' | 'subresource' | 'body' | 'patchType' | 'cause'>> & {
      readonly options?: OperationOptions;
    },
  ): Promise<Result> {
    return this.#server.handle({
      verb,
      group,
      version,
      resource: plural,
      user: this.#user,
      userAgent: this.#userAgent,
      ...request,
      options: request.options ?? {},
    });
  }

  #object<T extends KubeObject>(result: Result): DeepReadonly<T> {
    if (result.type === 'entry') return objectOf(result.kind, result.version, result.entry) as DeepReadonly<T>;
    if (result.type === 'value') return result.value as DeepReadonly<T>;
    throw unexpected(result);
  }
}

/** One watch: hands on what the stream has, at once while the store publishes. */
class Watching<T extends KubeObject> implements Disposable {
  readonly #sink: WatchSink<T>;
  #stream: WatchStream | undefined;
  #ended = false;

  constructor(sink: WatchSink<T>) {
    this.#sink = sink;
  }

  begin({ kind, version, watch }: Extract<Result, { type: 'watch' }>): void {
    if (this.#ended) return watch[Symbol.dispose]();
    this.#stream = watch;
    const pump = (): void => {
      try {
        for (;;) {
          const items = this.#ended ? [] : watch.take(eventsAtOnceMax);
          if (items.length === 0) {
            if (watch.ended) this.end(new HostError('WatchEnded', 'the server ended the watch'));
            return;
          }
          const events: WatchEvent<T>[] = items.map(({ type, entry }) => ({
            type,
            object: objectOf(kind, version, entry) as DeepReadonly<T>,
          }));
          this.#sink.onEvents(events, watch.revision);
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.end(error);
      }
    };
    watch.onReady(pump);
    pump();
  }

  end(error: unknown): void {
    if (this.#ended) return;
    this[Symbol.dispose]();
    this.#sink.onEnd(error);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
    this.#stream?.[Symbol.dispose]();
  }
}

function split({ subresource, dryRun, fieldManager, cause }: WriteOptions): {
  subresource?: string;
  cause?: Cause | undefined;
  options: OperationOptions;
} {
  return {
    ...(subresource === undefined ? {} : { subresource }),
    ...(cause === undefined ? {} : { cause }),
    options: {
      fieldValidation: 'Ignore',
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(fieldManager === undefined ? {} : { fieldManager }),
    },
  };
}

const programs: readonly (readonly [user: RegExp, program: string])[] = [
  [/^system:(?:kube-controller-manager|serviceaccount:kube-system:.*)$/, 'kube-controller-manager'],
  [/^system:kube-scheduler$/, 'kube-scheduler'],
  [/^system:kube-proxy$/, 'kube-proxy'],
  [/^system:node:/, 'kubelet'],
  [/^system:apiserver$/, 'kube-apiserver'],
];

/** What upstream calls the program that works as this user; it is the manager of the fields that it writes. */
function programOf({ username }: UserInfo): string {
  return programs.find(([user]) => user.test(username))?.[1] ?? 'kutter';
}

function unexpected(result: Result): HostError {
  return new HostError('Protocol', `the API server answered with a ${result.type}`);
}
