/**
 * A client of etcd's version 3 interface over gRPC, for one or several endpoints of one cluster.
 *
 * What always holds: requests go to one endpoint until it fails, then to the next. A read is tried on every endpoint; a
 * transaction is sent again only when the first one certainly never left. An endpoint that lost its leader is left, not
 * waited for.
 */
import { HostError } from '../../base/mod.ts';
import type { EtcdClient, EtcdEvent, EtcdKeyValue, EtcdOperation, EtcdTxn, EtcdTxnResult } from '../../store/mod.ts';
import { GrpcChannel, type GrpcChannelOptions, type GrpcMethod } from '../grpc.ts';
import { methods, type KeyValue, type RequestOp, type ResponseOp, type WatchResponse } from './messages.ts';

export interface EtcdClientOptions {
  /** `https://host:port` or `http://host:port`, at least one. */
  readonly endpoints: readonly string[];
  /** PEM, for https endpoints. */
  readonly tls?: GrpcChannelOptions['tls'];
  readonly timeoutMs?: number | undefined;
  readonly keepaliveMs?: number | undefined;
}

const defaultTimeoutMs = 10_000;
const defaultKeepaliveMs = 10_000;
/** A page of the largest objects: etcd takes requests of at most 1.5 MB. */
const messageBytesMax = 1 << 30;
const everything = new Uint8Array([0]);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class GrpcEtcdClient implements EtcdClient {
  readonly #options: EtcdClientOptions;
  readonly #channels: readonly GrpcChannel[];
  #active = 0;

  constructor(options: EtcdClientOptions) {
    this.#options = options;
    this.#channels = options.endpoints.map((endpoint) => channelOf(endpoint, options));
    if (this.#channels.length === 0) throw new HostError('InvalidArgument', 'etcd needs at least one endpoint');
  }

  async range(request: Parameters<EtcdClient['range']>[0]): ReturnType<EtcdClient['range']> {
    const { from, to, limit, revision } = request;
    const query = { key: encoder.encode(from), rangeEnd: encoder.encode(to), limit, revision };
    const response = await this.#call(methods.range, query, true);
    return { revision: response.header.revision, kvs: response.kvs.map(keyValueOf), more: response.more };
  }

  async txn({ expected, operations }: EtcdTxn): Promise<EtcdTxnResult> {
    const keys = expected.map(({ key }) => encoder.encode(key));
    const compare = expected.map(({ modRevision }, i) => ({
      result: 'EQUAL',
      target: 'MOD',
      key: keys[i] as Uint8Array,
      modRevision,
    }));
    const failure = keys.map((key): RequestOp => ({ range: { key } }));
    const response = await this.#call(methods.txn, { compare, success: operations.map(requestOf), failure }, false);
    const { succeeded, responses } = response;
    const found = succeeded
      ? []
      : responses.map(({ range }) => (range?.kvs[0] === undefined ? undefined : keyValueOf(range.kvs[0])));
    return { succeeded, revision: response.header.revision, changed: succeeded && responses.some(hasChanged), found };
  }

  async *watch(fromRevision: number, signal: AbortSignal): AsyncIterable<readonly EtcdEvent[]> {
    const index = this.#active;
    const stream = this.#channel(index).duplex(methods.watch, { signal });
    const abort = (): void => stream.cancel();
    signal.addEventListener('abort', abort, { once: true });
    try {
      await stream.write({
        create: { key: everything, rangeEnd: everything, startRevision: fromRevision, fragment: true },
      });
      let parts: EtcdEvent[] = [];
      for await (const response of stream.responses) {
        checkWatch(response, fromRevision);
        for (const { type, kv } of response.events) parts.push({ deleted: type === 'DELETE', kv: keyValueOf(kv) });
        if (response.fragment) continue;
        yield parts;
        parts = [];
      }
      throw new HostError('Unavailable', 'etcd ended the watch');
    } catch (error) {
      if (!isCompacted(error)) this.#leave(index);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      stream.cancel();
    }
  }

  async grant({ id, ttlSeconds }: { readonly id: number; readonly ttlSeconds: number }): Promise<number> {
    const { ttl } = await this.#call(methods.grant, { id, ttl: ttlSeconds }, false);
    return ttl;
  }

  async compact(revision: number): Promise<void> {
    await this.#call(methods.compact, { revision }, false);
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }

  async #call<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    repeatable: boolean,
  ): Promise<Response> {
    const timeoutMs = this.#options.timeoutMs ?? defaultTimeoutMs;
    for (let attempt = 1; ; attempt++) {
      const index = this.#active;
      try {
        return await this.#channel(index).unary(method, request, { timeoutMs });
      } catch (error) {
        const failure = classified(error);
        if (failure.code === 'NotSent' || failure.code === 'Unavailable' || failure.code === 'DeadlineExceeded')
          this.#leave(index);
        const again = failure.code === 'NotSent' || (repeatable && failure.code === 'Unavailable');
        if (!again || attempt >= this.#channels.length) throw failure;
      }
    }
  }

  #channel(index: number): GrpcChannel {
    return this.#channels[index] as GrpcChannel;
  }

  /** Unless another request has left it already. */
  #leave(index: number): void {
    if (this.#active === index) this.#active = (index + 1) % this.#channels.length;
  }
}

function channelOf(endpoint: string, { tls, keepaliveMs }: EtcdClientOptions): GrpcChannel {
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new HostError(
      'InvalidArgument',
      `the etcd endpoint ${JSON.stringify(endpoint)} is not of the form https://host:port`,
    );
  return new GrpcChannel({
    address: `${url.hostname}:${url.port === '' ? 2379 : url.port}`,
    // A member that has lost its leader says so at once and ends its watches.
    headers: { hasleader: 'true' },
    tls: url.protocol === 'https:' ? (tls ?? {}) : undefined,
    keepaliveMs: keepaliveMs ?? defaultKeepaliveMs,
    messageBytesMax,
  });
}

function keyValueOf({ key, value, createRevision, modRevision, lease }: KeyValue): EtcdKeyValue {
  // Memory of its own: what was decoded is a view of the whole message.
  return { key: decoder.decode(key), value: value.slice(), createRevision, modRevision, lease };
}

function requestOf(operation: EtcdOperation): RequestOp {
  const key = encoder.encode(operation.key);
  return operation.kind === 'put'
    ? { put: { key, value: operation.value, lease: operation.lease } }
    : { deleteRange: { key } };
}

function hasChanged({ put, deleteRange }: ResponseOp): boolean {
  return put !== undefined || (deleteRange !== undefined && deleteRange.deleted > 0);
}

function checkWatch({ canceled, compactRevision, cancelReason }: WatchResponse, fromRevision: number): void {
  if (compactRevision > 0)
    throw new HostError(
      'Compacted',
      `revision ${fromRevision} of etcd has been compacted, the oldest one is ${compactRevision}`,
    );
  if (canceled) throw new HostError('Unavailable', `etcd canceled the watch: ${cancelReason}`);
}

function isCompacted(error: unknown): boolean {
  return error instanceof HostError && error.code === 'Compacted';
}

function classified(error: unknown): HostError {
  if (!(error instanceof HostError)) return new HostError('Unknown', 'the request to etcd failed', { cause: error });
  const rename = (code: string): HostError => new HostError(code, error.message, { cause: error });
  if (error.code === 'Unavailable' && error.message.includes('No connection established')) return rename('NotSent');
  if (error.code === 'NotFound' && error.message.includes('requested lease not found')) return rename('LeaseNotFound');
  if (error.message.includes('required revision has been compacted')) return rename('Compacted');
  return error;
}
