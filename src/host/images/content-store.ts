/**
 * Images into containerd, through its own gRPC services: blobs into the content store under a lease, then the names. The
 * lease keeps a half-loaded image from being collected and lets an abandoned one be. What is there already is not sent.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { enumOf, HostError, mapOf, proto3, type Message } from '../../base/mod.ts';
import { GrpcChannel, type GrpcMethod } from '../grpc.ts';
import { DescriptorWire, Empty } from './content-messages.ts';
import type { Blob, ImageBlobs } from './oci.ts';
import { unpackImage } from './unpack.ts';

type StringMap = Readonly<Record<string, string>>;

interface ImageWire {
  readonly name: string;
  readonly labels: StringMap;
  readonly target: DescriptorWire;
}
const Image = proto3<ImageWire>('Image', {
  name: [1, 'string'],
  labels: [2, mapOf('string')],
  target: [3, DescriptorWire],
});
const ImageRequest = proto3<{ readonly image: ImageWire }>('ImageRequest', { image: [1, Image] });

interface WriteRequest {
  readonly action: 'STAT' | 'WRITE' | 'COMMIT';
  readonly ref: string;
  readonly total: number;
  readonly expected: string;
  readonly offset: number;
  readonly data?: Uint8Array;
  readonly labels?: StringMap;
}
const writeAction = enumOf('STAT', 'WRITE', 'COMMIT');
const WriteRequest = proto3<WriteRequest>('WriteContentRequest', {
  action: [1, writeAction],
  ref: [2, 'string'],
  total: [3, 'int64'],
  expected: [4, 'string'],
  offset: [5, 'int64'],
  data: [6, 'bytes'],
  labels: [7, mapOf('string')],
});
interface WriteResponse {
  readonly offset: number;
  readonly digest: string;
}
const WriteResponse = proto3<WriteResponse>('WriteContentResponse', { offset: [4, 'int64'], digest: [6, 'string'] });

interface LeaseRequest {
  readonly id: string;
  readonly labels: StringMap;
}
const LeaseRequest = proto3<LeaseRequest>('CreateRequest', { id: [1, 'string'], labels: [3, mapOf('string')] });
const LeaseId = proto3<{ readonly id: string }>('DeleteRequest', { id: [1, 'string'] });

function method<Q, A>(path: string, request: Message<Q>, response: Message<A>): GrpcMethod<Q, A> {
  return { path: `/containerd.services.${path}`, request, response };
}

const methods = {
  write: method('content.v1.Content/Write', WriteRequest, WriteResponse),
  createImage: method('images.v1.Images/Create', ImageRequest, Empty),
  updateImage: method('images.v1.Images/Update', ImageRequest, Empty),
  createLease: method('leases.v1.Leases/Create', LeaseRequest, Empty),
  deleteLease: method('leases.v1.Leases/Delete', LeaseId, Empty),
};

/** What the CRI part of containerd sees. */
const namespace = 'k8s.io';
/** By which the CRI part knows an image as one of its own. */
const managedLabels = { 'io.cri-containerd.image': 'managed' };
const callTimeoutMs = 60_000;
const leaseHours = 24;

export interface LoadOptions {
  /** `unix:///.../containerd.sock` */
  readonly endpoint: string;
  /** Answers whether the CRI knows an image by that name; loading ends only when it does. */
  readonly isKnown: (name: string) => Promise<boolean>;
  /** Where layers are unpacked to right away; absent, the first container of the image does it. */
  readonly snapshotter?: string;
  readonly signal?: AbortSignal;
}

/** Resolves when every name can be used in a container. */
export async function storeImage(image: ImageBlobs, options: LoadOptions): Promise<void> {
  const lease = `kutter-${randomUUID()}`;
  const headers = { 'containerd-namespace': namespace, 'containerd-lease': lease };
  const channel = new GrpcChannel({ address: options.endpoint, headers });
  const call = { signal: options.signal, timeoutMs: callTimeoutMs };
  try {
    const expire = new Date(Date.now() + leaseHours * 3_600_000).toISOString();
    await channel.unary(methods.createLease, { id: lease, labels: { 'containerd.io/gc.expire': expire } }, call);
    for (const blob of image.blobs) await writeBlob(channel, blob, lease, options.signal);
    const { snapshotter } = options;
    if (snapshotter !== undefined) await unpackImage(image, { channel, snapshotter, prefix: lease, call });
    const { mediaType, digest, size } = image.target;
    for (const name of image.names) {
      const request = { image: { name, labels: managedLabels, target: { mediaType, digest, size } } };
      try {
        await channel.unary(methods.createImage, request, call);
      } catch (error) {
        if (!isCode(error, 'AlreadyExists')) throw error;
        await channel.unary(methods.updateImage, request, call);
      }
    }
    for (const name of image.names) await waitUntilKnown(name, options);
    await channel.unary(methods.deleteLease, { id: lease }, call);
  } finally {
    channel.close();
  }
}

async function writeBlob(channel: GrpcChannel, blob: Blob, lease: string, signal?: AbortSignal): Promise<void> {
  const { digest, size } = blob.descriptor;
  const base = { ref: `${lease}-${digest}`, total: size, expected: digest };
  const call = channel.duplex(methods.write, { signal });
  const responses = call.responses[Symbol.asyncIterator]();
  const send = async (request: WriteRequest): Promise<WriteResponse> => {
    const answered = responses.next();
    // A refusal arrives as the answer; that the write then fails too says less.
    const sent = call.write(request).catch(() => undefined);
    const answer = await answered;
    await sent;
    if (answer.done) throw new HostError('Unavailable', `containerd ended the transfer of ${digest}`);
    return answer.value;
  };
  try {
    let offset = 0;
    for await (const data of blob.read()) {
      if (data.length === 0) continue;
      ({ offset } = await send({ ...base, action: 'WRITE', offset, data }));
    }
    await send({ ...base, action: 'COMMIT', offset, labels: referenceLabels(blob) });
    call.end();
  } catch (error) {
    if (!isCode(error, 'AlreadyExists')) throw error;
  } finally {
    call.cancel();
  }
}

function referenceLabels(blob: Blob): StringMap {
  const entries = blob.references.map(({ digest }, i) => [`containerd.io/gc.ref.content.${i}`, digest] as const);
  return Object.fromEntries(entries);
}

/** The CRI part learns of an image by an event, some milliseconds later. */
async function waitUntilKnown(name: string, options: LoadOptions): Promise<void> {
  for (let pauseMs = 1; pauseMs < 10_000; pauseMs *= 2) {
    if (await options.isKnown(name)) return;
    await delay(pauseMs, undefined, options.signal ? { signal: options.signal } : {});
  }
  throw new HostError('Unavailable', `the container runtime does not show the image ${name} that it was given`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof HostError && error.code === code;
}
