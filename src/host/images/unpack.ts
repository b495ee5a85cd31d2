/**
 * Layers to snapshots, as containerd itself would do at an image's first container: done when the image is loaded, it does
 * not delay a pod. A layer that is unpacked already, for this image or another, is not unpacked again.
 */
import { createHash } from 'node:crypto';
import { HostError, mapOf, proto3, repeated } from '../../base/mod.ts';
import type { GrpcCallOptions, GrpcChannel, GrpcMethod } from '../grpc.ts';
import { DescriptorWire, Empty } from './content-messages.ts';
import type { Blob, Descriptor, ImageBlobs } from './oci.ts';

interface MountWire {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}
const MountWire = proto3<MountWire>('Mount', {
  type: [1, 'string'],
  source: [2, 'string'],
  target: [3, 'string'],
  options: [4, repeated('string')],
});

interface SnapshotKey {
  readonly snapshotter: string;
  readonly key: string;
}
const SnapshotKey = proto3<SnapshotKey>('SnapshotKey', { snapshotter: [1, 'string'], key: [2, 'string'] });

interface PrepareRequest extends SnapshotKey {
  readonly parent: string;
}
const PrepareRequest = proto3<PrepareRequest>('PrepareSnapshotRequest', {
  snapshotter: [1, 'string'],
  key: [2, 'string'],
  parent: [3, 'string'],
});
const Mounts = proto3<{ readonly mounts: readonly MountWire[] }>('PrepareSnapshotResponse', {
  mounts: [1, repeated(MountWire)],
});

interface CommitRequest extends SnapshotKey {
  readonly name: string;
}
const CommitRequest = proto3<CommitRequest>('CommitSnapshotRequest', {
  snapshotter: [1, 'string'],
  name: [2, 'string'],
  key: [3, 'string'],
});

interface ApplyRequest {
  readonly diff: DescriptorWire;
  readonly mounts: readonly MountWire[];
}
const ApplyRequest = proto3<ApplyRequest>('ApplyRequest', {
  diff: [1, DescriptorWire],
  mounts: [2, repeated(MountWire)],
});
const ApplyResponse = proto3<{ readonly applied?: DescriptorWire }>('ApplyResponse', { applied: [1, DescriptorWire] });

interface InfoWire {
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
}
const InfoWire = proto3<InfoWire>('Info', { digest: [1, 'string'], labels: [5, mapOf('string')] });
const FieldMask = proto3<{ readonly paths: readonly string[] }>('FieldMask', { paths: [1, repeated('string')] });
interface UpdateContentRequest {
  readonly info: InfoWire;
  readonly updateMask: { readonly paths: readonly string[] };
}
const UpdateContentRequest = proto3<UpdateContentRequest>('UpdateRequest', {
  info: [1, InfoWire],
  updateMask: [2, FieldMask],
});

const snapshots = '/containerd.services.snapshots.v1.Snapshots';
const stat: GrpcMethod<SnapshotKey, Empty> = { path: `${snapshots}/Stat`, request: SnapshotKey, response: Empty };
const prepare: GrpcMethod<PrepareRequest, { readonly mounts: readonly MountWire[] }> = {
  path: `${snapshots}/Prepare`,
  request: PrepareRequest,
  response: Mounts,
};
const commit: GrpcMethod<CommitRequest, Empty> = {
  path: `${snapshots}/Commit`,
  request: CommitRequest,
  response: Empty,
};
const remove: GrpcMethod<SnapshotKey, Empty> = { path: `${snapshots}/Remove`, request: SnapshotKey, response: Empty };
const apply: GrpcMethod<ApplyRequest, { readonly applied?: DescriptorWire }> = {
  path: '/containerd.services.diff.v1.Diff/Apply',
  request: ApplyRequest,
  response: ApplyResponse,
};
const updateContent: GrpcMethod<UpdateContentRequest, Empty> = {
  path: '/containerd.services.content.v1.Content/Update',
  request: UpdateContentRequest,
  response: Empty,
};

export interface UnpackOptions {
  /** With the headers of a lease, which keeps the snapshots until the image's label does. */
  readonly channel: GrpcChannel;
  readonly snapshotter: string;
  /** Unique, for the snapshots that are being made. */
  readonly prefix: string;
  readonly call: GrpcCallOptions;
}

/** Unpacks the layers of every manifest of the image that are not unpacked yet. */
export async function unpackImage(image: ImageBlobs, options: UnpackOptions): Promise<void> {
  for (const { references } of image.blobs) {
    const config = references.find(isConfig);
    const blob = image.blobs.find(({ descriptor }) => descriptor.digest === config?.digest);
    if (blob === undefined) continue;
    const layers = references.filter((descriptor) => !isConfig(descriptor));
    const top = await unpackLayers(layers, await diffIdsOf(blob), options);
    const label = `containerd.io/gc.ref.snapshot.${options.snapshotter}`;
    const info = { digest: blob.descriptor.digest, labels: { [label]: top } };
    const request = { info, updateMask: { paths: [`labels.${label}`] } };
    await options.channel.unary(updateContent, request, options.call);
  }
}

function isConfig({ mediaType }: Descriptor): boolean {
  return /\.config\.v1\+json$|container\.image\.v1\+json$/.test(mediaType);
}

async function diffIdsOf(config: Blob): Promise<readonly string[]> {
  const bytes = Buffer.concat(await Array.fromAsync(config.read()));
  const { rootfs } = JSON.parse(bytes.toString()) as { rootfs?: { diff_ids?: readonly string[] } };
  return rootfs?.diff_ids ?? [];
}

/** Answers the name of the topmost snapshot: the chain's digest. */
async function unpackLayers(
  layers: readonly Descriptor[],
  diffIds: readonly string[],
  options: UnpackOptions,
): Promise<string> {
  if (layers.length !== diffIds.length) {
    throw new HostError(
      'BadArchive',
      `an image has ${layers.length} layers and ${diffIds.length} in its configuration`,
    );
  }
  let parent = '';
  for (const [i, layer] of layers.entries()) {
    const name = chainId(parent, diffIds[i] ?? '');
    await unpackLayer({ layer, diffId: diffIds[i] ?? '', name, parent }, options);
    parent = name;
  }
  return parent;
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid */
function chainId(parent: string, diffId: string): string {
  return parent === '' ? diffId : `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}`;
}

interface LayerPlace {
  readonly layer: Descriptor;
  readonly diffId: string;
  readonly name: string;
  readonly parent: string;
}

async function unpackLayer({ layer, diffId, name, parent }: LayerPlace, options: UnpackOptions): Promise<void> {
  const { channel, snapshotter, call } = options;
  try {
    await channel.unary(stat, { snapshotter, key: name }, call);
    return;
  } catch (error) {
    if (!isCode(error, 'NotFound')) throw error;
  }
  const key = `${options.prefix} ${name}`;
  const { mounts } = await channel.unary(prepare, { snapshotter, key, parent }, call);
  try {
    const { mediaType, digest, size } = layer;
    // A large layer takes as long as the disk does: only the caller's signal ends it.
    const long = { signal: call.signal };
    const { applied } = await channel.unary(apply, { diff: { mediaType, digest, size }, mounts }, long);
    if (applied?.digest !== diffId) {
      throw new HostError('BadArchive', `the layer ${digest} unpacks to ${applied?.digest}, not to ${diffId}`);
    }
    await channel.unary(commit, { snapshotter, name, key }, call);
  } catch (error) {
    await channel.unary(remove, { snapshotter, key }, call).catch(() => undefined);
    // Someone else has unpacked the same layer in the meantime.
    if (!isCode(error, 'AlreadyExists')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof HostError && error.code === code;
}
