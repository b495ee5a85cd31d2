/**
 * Images as content: blobs by digest, a manifest that names them. `ImageBlobs` is one image ready to be given to a
 * content store, wherever its bytes come from.
 * https://github.com/opencontainers/image-spec
 */
import { createHash } from 'node:crypto';

/** As Go and image configurations spell it. */
export type Architecture = 'amd64' | 'arm64';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string };
}

export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface Index {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly manifests: readonly Descriptor[];
}

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

export interface Blob {
  readonly descriptor: Descriptor;
  /** The blobs that this one names and that are there too: what keeps them from being collected. */
  readonly references: readonly Descriptor[];
  read(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface ImageBlobs {
  /** Full names, as `docker.io/library/busybox:1`. */
  readonly names: readonly string[];
  /** The manifest or index that the names stand for. */
  readonly target: Descriptor;
  /** Every blob after all that it references; the target is the last one. */
  readonly blobs: readonly Blob[];
}

export interface ImageSource {
  readonly names: readonly string[];
  readonly architecture: Architecture;
  readonly layers: readonly { readonly bytes: Uint8Array; readonly mediaType: string; readonly diffId?: string }[];
  /** What a container of it runs: `Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `User`, `ExposedPorts`, ... */
  readonly config: Readonly<Record<string, unknown>>;
}

/** An image from bytes. Equal sources give equal digests: it carries no time. */
export function buildImage({ names, architecture, layers, config }: ImageSource): ImageBlobs {
  const layerBlobs = layers.map(({ bytes, mediaType }) => blobOf(bytes, mediaType, []));
  const diffIds = layers.map(({ bytes, diffId }) => diffId ?? sha256(bytes));
  const imageConfig = { architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: diffIds } };
  const configBlob = blobOf(jsonBytes(imageConfig), mediaTypes.config, []);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: configBlob.descriptor,
    layers: layerBlobs.map(({ descriptor }) => descriptor),
  };
  const target = blobOf(jsonBytes(manifest), mediaTypes.manifest, [manifest.config, ...manifest.layers]);
  return { names, target: target.descriptor, blobs: [...layerBlobs, configBlob, target] };
}

export function blobOf(bytes: Uint8Array, mediaType: string, references: readonly Descriptor[]): Blob {
  return {
    descriptor: { mediaType, digest: sha256(bytes), size: bytes.length },
    references,
    read: () => [bytes],
  };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The full form of an image's name, as every runtime stores it: registry, path and tag. */
export function fullImageName(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  const withRegistry = hasRegistry ? name : `docker.io/${slash < 0 ? `library/${name}` : name}`;
  const last = withRegistry.slice(withRegistry.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? withRegistry : `${withRegistry}:latest`;
}

/** What this machine runs. */
export function hostArchitecture(): Architecture {
  return process.arch === 'arm64' ? 'arm64' : 'amd64';
}
