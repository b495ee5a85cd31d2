/**
 * gRPC calls over a unix socket or TCP, with messages by table (`base/protobuf.ts`).
 *
 * What always holds: a call ends, by its answer, its time limit, its signal or the loss of the connection, and a failure
 * is a `HostError` with the gRPC code's name and the text that a Go client would give. The connection is made at the
 * first call and made again after the server was away; a call while there is none fails with Unavailable at once.
 */
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
  Client,
  credentials,
  Metadata,
  status,
  type CallOptions,
  type ChannelCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import { decode, encode, HostError, type Message } from '../base/mod.ts';

/** Larger than this is refused, in both directions: upstream's limit for the CRI. */
const messageBytesMax = 16 * 1024 * 1024;

export interface GrpcMethod<Request, Response> {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly request: Message<Request>;
  readonly response: Message<Response>;
}

export interface GrpcCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Absent or Infinity: no limit. */
  readonly timeoutMs?: number | undefined;
}

/** A stream in both directions. Iterate `responses` while writing; `end` half-closes. */
export interface GrpcDuplex<Request, Response> {
  write(request: Request): Promise<void>;
  end(): void;
  readonly responses: AsyncIterable<Response>;
  cancel(): void;
}

export interface GrpcChannelOptions {
  /** `unix:///run/x.sock`, or `host:port`. */
  readonly address: string;
  /** Headers of every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM; absent: without TLS. */
  readonly tls?: { readonly ca?: Uint8Array; readonly key?: Uint8Array; readonly certificate?: Uint8Array } | undefined;
  readonly messageBytesMax?: number | undefined;
  /** After this long without a sign of life the server is asked for one, and given up if it does not answer. */
  readonly keepaliveMs?: number | undefined;
}

export class GrpcChannel {
  readonly address: string;
  private readonly client: Client;
  private readonly metadata = new Metadata();

  constructor(options: GrpcChannelOptions) {
    const { address, headers = {}, keepaliveMs } = options;
    this.address = address;
    for (const [name, value] of Object.entries(headers)) this.metadata.set(name, value);
    this.client = new Client(address, credentialsOf(options), {
      'grpc.max_receive_message_length': options.messageBytesMax ?? messageBytesMax,
      'grpc.max_send_message_length': options.messageBytesMax ?? messageBytesMax,
      // grpc-js would send an IP address as the TLS server name, which Node refuses; the certificate is checked against it anyway.
      ...(options.tls !== undefined && ipOf(address) !== undefined
        ? { 'grpc.ssl_target_name_override': 'ip.invalid' }
        : {}),
      ...(keepaliveMs === undefined
        ? {}
        : { 'grpc.keepalive_time_ms': keepaliveMs, 'grpc.keepalive_timeout_ms': keepaliveMs }),
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.min_reconnect_backoff_ms': 50,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.enable_retries': 0,
      // Channels of their own: one containerd that was replaced must not hold back calls to the next.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  unary<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    options: GrpcCallOptions = {},
  ): Promise<Response> {
    if (options.signal?.aborted) return Promise.reject(canceled(method.path, options.signal));
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        method.path,
        (value: Request) => asBuffer(encode(method.request, value)),
        (bytes: Buffer) => decode(method.response, bytes),
        request,
        this.metadata,
        callOptions(options),
        (error: ServiceError | null, response?: Response) => {
          options.signal?.removeEventListener('abort', abort);
          if (error) reject(options.signal?.aborted ? canceled(method.path, options.signal) : grpcError(error));
          else resolve(response as Response);
        },
      );
      const abort = (): void => call.cancel();
      options.signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Ends when the server ends; leaving the loop cancels. */
  async *serverStream<Request, Response>(
    method: GrpcMethod<Request, Response>,
    request: Request,
    options: GrpcCallOptions = {},
  ): AsyncGenerator<Response, void, undefined> {
    options.signal?.throwIfAborted();
    const call = this.client.makeServerStreamRequest(
      method.path,
      (value: Request) => asBuffer(encode(method.request, value)),
      (bytes: Buffer) => decode(method.response, bytes),
      request,
      this.metadata,
      callOptions(options),
    );
    const abort = (): void => call.cancel();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      for await (const response of call) yield response as Response;
    } catch (error) {
      throw options.signal?.aborted ? canceled(method.path, options.signal) : grpcError(error);
    } finally {
      options.signal?.removeEventListener('abort', abort);
      call.cancel();
    }
  }

  duplex<Request, Response>(
    method: GrpcMethod<Request, Response>,
    options: GrpcCallOptions = {},
  ): GrpcDuplex<Request, Response> {
    const call = this.client.makeBidiStreamRequest(
      method.path,
      (value: Request) => asBuffer(encode(method.request, value)),
      (bytes: Buffer) => decode(method.response, bytes),
      this.metadata,
      callOptions(options),
    );
    // Without a listener a failure that comes before the first read would end the process; the reader gets it anyway.
    call.on('error', () => undefined);
    const iterator = call[Symbol.asyncIterator]() as AsyncIterator<Response>;
    const next = (): Promise<IteratorResult<Response>> =>
      iterator.next().catch((error: unknown) => {
        throw grpcError(error);
      });
    return {
      write: (request) =>
        new Promise((resolve, reject) => {
          call.write(request, (error?: Error | null) => (error ? reject(grpcError(error)) : resolve()));
        }),
      end: () => call.end(),
      responses: { [Symbol.asyncIterator]: () => ({ next }) },
      cancel: () => call.cancel(),
    };
  }

  close(): void {
    this.client.close();
  }
}

function credentialsOf({ address, tls }: GrpcChannelOptions): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const buffer = (bytes: Uint8Array | undefined): Buffer | null => (bytes === undefined ? null : asBuffer(bytes));
  const ip = ipOf(address);
  const verify =
    ip === undefined
      ? {}
      : { checkServerIdentity: (_: string, seen: PeerCertificate) => checkServerIdentity(ip, seen) };
  return credentials.createSsl(buffer(tls.ca), buffer(tls.key), buffer(tls.certificate), verify);
}

/** The address, without its port, if it is not a name. */
function ipOf(address: string): string | undefined {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

function callOptions({ timeoutMs }: GrpcCallOptions): CallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const codeNames = new Map<number, string>([
  [status.CANCELLED, 'Canceled'],
  [status.UNKNOWN, 'Unknown'],
  [status.INVALID_ARGUMENT, 'InvalidArgument'],
  [status.DEADLINE_EXCEEDED, 'DeadlineExceeded'],
  [status.NOT_FOUND, 'NotFound'],
  [status.ALREADY_EXISTS, 'AlreadyExists'],
  [status.PERMISSION_DENIED, 'PermissionDenied'],
  [status.RESOURCE_EXHAUSTED, 'ResourceExhausted'],
  [status.FAILED_PRECONDITION, 'FailedPrecondition'],
  [status.ABORTED, 'Aborted'],
  [status.OUT_OF_RANGE, 'OutOfRange'],
  [status.UNIMPLEMENTED, 'Unimplemented'],
  [status.INTERNAL, 'Internal'],
  [status.UNAVAILABLE, 'Unavailable'],
  [status.DATA_LOSS, 'DataLoss'],
  [status.UNAUTHENTICATED, 'Unauthenticated'],
]);

function grpcError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  const { code, details, message } = error as Partial<ServiceError> & Error;
  const name = codeNames.get(code ?? status.UNKNOWN) ?? 'Unknown';
  const text = details?.startsWith('Deadline exceeded after') ? 'context deadline exceeded' : details;
  return new HostError(name, `rpc error: code = ${name} desc = ${text ?? message}`);
}

function canceled(path: string, signal: AbortSignal): HostError {
  const options = { cause: signal.reason as unknown };
  return new HostError('Canceled', `rpc error: code = Canceled desc = context canceled (${path})`, options);
}
