/** The client over HTTP: any Kubernetes API server, ours or upstream's, in JSON. */
import { HostError, type DeepReadonly, type JsonObject } from '../base/mod.ts';
import { ApiError, apiVersionOf, type KubeObject, type Resource, type Status } from '../machinery/mod.ts';
import type {
  Client,
  DeleteOptions,
  List,
  ListOptions,
  ObjectKey,
  Patch,
  WatchEvent,
  WatchOptions,
  WatchSink,
  WriteOptions,
} from './client.ts';
import type { HttpTransport } from './ports.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export class HttpClient implements Client {
  readonly #transport: HttpTransport;
  readonly #headers: Readonly<Record<string, string>>;

  /** `program` is who the API server says has written what this client writes, unless a write names its own field manager. */
  constructor(transport: HttpTransport, program = 'kutter') {
    this.#transport = transport;
    this.#headers = { accept: 'application/json', 'user-agent': program };
  }

  get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: { readonly subresource?: string } = {},
  ): Promise<DeepReadonly<T>> {
    return this.#send('GET', pathOf(resource, key.namespace, key.name, options.subresource)) as Promise<
      DeepReadonly<T>
    >;
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    { namespace, ...options }: ListOptions = {},
  ): Promise<List<T>> {
    const list = (await this.#send('GET', pathOf(resource, namespace) + queryOf({ ...options }))) as {
      items?: T[];
      metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
    };
    const { resourceVersion = '', continue: token = '', remainingItemCount } = list.metadata ?? {};
    const self = { kind: resource.kind, apiVersion: apiVersionOf(resource.group, resource.version) };
    return {
      // Items of a list carry no kind of their own.
      items: (list.items ?? []).map((item) => ({ ...self, ...item }) as unknown as DeepReadonly<T>),
      resourceVersion,
      ...(token === '' ? {} : { continue: token }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    };
  }

  watch<T extends KubeObject>(
    resource: Resource<T>,
    { namespace, ...options }: WatchOptions,
    sink: WatchSink<T>,
  ): Disposable {
    const path = pathOf(resource, namespace) + queryOf({ ...options, watch: true, allowWatchBookmarks: true });
    const lines = new WatchLines(sink);
    const stream = this.#transport.stream(path, this.#headers, {
      onHeaders: (status) => lines.begin(status),
      onChunk: (chunk) => {
        lines.add(chunk);
        if (lines.ended) stream[Symbol.dispose]();
      },
      onEnd: (error) => lines.end(error),
    });
    return {
      [Symbol.dispose]: () => {
        lines.close();
        stream[Symbol.dispose]();
      },
    };
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<DeepReadonly<T>> {
    const { namespace, name } = object.metadata ?? {};
    const path = pathOf(resource, namespace, options.subresource === undefined ? undefined : name, options.subresource);
    return this.#send('POST', path + writeQuery(options), sentBody(resource, object, options)) as Promise<
      DeepReadonly<T>
    >;
  }

  update<T extends KubeObject>(
    resource: Resource<T>,
    object: DeepReadonly<T>,
    options: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    const { namespace, name } = object.metadata ?? {};
    return this.#send(
      'PUT',
      pathOf(resource, namespace, name, options.subresource) + writeQuery(options),
      object,
    ) as Promise<DeepReadonly<T>>;
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<DeepReadonly<T>> {
    return this.#send(
      'PATCH',
      pathOf(resource, key.namespace, key.name, options.subresource) + writeQuery(options),
      patch.body,
      patchTypes[patch.type],
    ) as Promise<DeepReadonly<T>>;
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<DeepReadonly<T> | undefined> {
    const path = pathOf(resource, key.namespace, key.name);
    const answer = (await this.#send('DELETE', path, deleteBody(options))) as T;
    return staysBehind(answer, options) ? (answer as DeepReadonly<T>) : undefined;
  }

  async deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    { namespace, labelSelector, fieldSelector, ...options }: ListOptions & DeleteOptions = {},
  ): Promise<void> {
    const path = pathOf(resource, namespace) + queryOf({ labelSelector, fieldSelector });
    await this.#send('DELETE', path, deleteBody(options));
  }

  raw(method: string, path: string, body?: JsonObject): Promise<unknown> {
    return this.#send(method, path, body);
  }

  async #send(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<unknown> {
    const headers = body === undefined ? this.#headers : { ...this.#headers, 'content-type': contentType };
    const answer = await this.#transport.request(
      method,
      path,
      headers,
      body === undefined ? undefined : encoder.encode(JSON.stringify(body)),
    );
    const text = decoder.decode(answer.body);
    const value = parsed(text);
    if (answer.status < 400) return value ?? text;
    throw ApiError.from(isStatus(value) ? value : { code: answer.status, message: text });
  }
}

/** Takes a watch's stream apart into events. */
class WatchLines<T extends KubeObject> {
  readonly #sink: WatchSink<T>;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #status = 200;
  #ended = false;

  constructor(sink: WatchSink<T>) {
    this.#sink = sink;
  }

  get ended(): boolean {
    return this.#ended;
  }

  begin(status: number): void {
    this.#status = status;
  }

  add(chunk: Uint8Array): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    if (this.#status !== 200 || this.#ended) return;
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    const events: WatchEvent<T>[] = [];
    let revision = 0;
    for (const line of lines) {
      if (line === '') continue;
      const { type, object } = (parsed(line) ?? {}) as { type?: string; object?: T & Partial<Status> };
      if (type === undefined || object === undefined) {
        this.#tell(events, revision);
        return this.end(new HostError('Protocol', `no watch event: ${line.slice(0, 100)}`));
      }
      if (type === 'ERROR') {
        this.#tell(events, revision);
        return this.end(ApiError.from(object));
      }
      revision = Number(object.metadata?.resourceVersion ?? revision);
      if (type !== 'BOOKMARK') events.push({ type, object } as unknown as WatchEvent<T>);
    }
    this.#tell(events, revision);
  }

  end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const refused =
      this.#status === 200
        ? undefined
        : ApiError.from({ code: this.#status, ...(parsed(this.#rest) as Partial<Status> | undefined) });
    this.#sink.onEnd(refused ?? error ?? new HostError('WatchEnded', 'the server ended the watch'));
  }

  close(): void {
    this.#ended = true;
  }

  #tell(events: readonly WatchEvent<T>[], revision: number): void {
    if (revision > 0) this.#sink.onEvents(events, revision);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is Partial<Status> {
  return typeof value === 'object' && value !== null && (value as Partial<Status>).kind === 'Status';
}

function pathOf(
  { group, version, plural, namespaced }: Resource,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const inside = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${inside}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}${subresource === undefined ? '' : `/${subresource}`}`;
}

function queryOf(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function writeQuery({ dryRun, fieldManager }: WriteOptions): string {
  // Components write what they mean; nobody would read a warning.
  return queryOf({ dryRun: dryRun === true ? 'All' : undefined, fieldManager, fieldValidation: 'Ignore' });
}

/** What is sent of an object: it says what it is, which custom resources must, unless it is a body of a subresource. */
export function sentBody(
  { kind, group, version }: Resource,
  object: KubeObject,
  { subresource }: Pick<WriteOptions, 'subresource'>,
): KubeObject {
  if (subresource !== undefined || object.kind !== undefined) return object;
  return { kind, apiVersion: apiVersionOf(group, version), ...object };
}

export function deleteBody({
  gracePeriodSeconds,
  propagationPolicy,
  uid,
  resourceVersion,
  dryRun,
}: DeleteOptions): JsonObject {
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
  };
}

/** Whether the answer to a deletion shows an object whose deletion goes on; otherwise it is gone. */
export function staysBehind(answer: DeepReadonly<KubeObject>, { gracePeriodSeconds }: DeleteOptions): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = answer.metadata ?? {};
  const { spec } = answer as { readonly spec?: { readonly finalizers?: readonly string[] } };
  if (answer.kind === 'Status' || deletionTimestamp === undefined) return false;
  // The answer shows the last state, also of what is gone: then only what was asked for tells of no grace.
  const graceful = gracePeriodSeconds !== 0 && deletionGracePeriodSeconds > 0;
  return graceful || finalizers.length > 0 || (spec?.finalizers ?? []).length > 0;
}
