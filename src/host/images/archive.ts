/**
 * Image archives as `docker save`, `podman save`, `skopeo` and `ctr export` write them: an OCI layout in a tar, or Docker's
 * own format with a `manifest.json`. Only the index is read at first; layers are streamed when they are stored, so the
 * size of an archive costs no memory.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { HostError } from '../../base/mod.ts';
import type { Architecture, Blob, Descriptor, ImageBlobs, Index, Manifest } from './oci.ts';
import { blobOf, fullImageName, jsonBytes, mediaTypes, sha256 } from './oci.ts';
import { indexTar, readTarEntry, type TarEntry } from './tar.ts';

export interface ImageArchive extends AsyncDisposable {
  readonly images: readonly ImageBlobs[];
}

const documentBytesMax = 8 * 1024 * 1024;
const chunkBytes = 2 * 1024 * 1024;
const linksMax = 10;
const depthMax = 4;

/** Opens an archive and checks that all it names is in it. */
export async function openImageArchive(path: string, architecture: Architecture): Promise<ImageArchive> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    throw new HostError('NotFound', `the image archive ${path} cannot be opened`, { cause });
  }
  try {
    const archive = new Archive(file, await indexTar(file), architecture);
    const images = archive.has('index.json') ? await archive.ociImages() : await archive.dockerImages();
    if (images.length === 0) throw new HostError('BadArchive', `there is no named image in it`);
    return { images, [Symbol.asyncDispose]: () => file.close() };
  } catch (cause) {
    await file.close();
    throw new HostError('BadArchive', `the image archive ${path} cannot be used`, { cause });
  }
}

class Archive {
  private readonly file: FileHandle;
  private readonly entries: ReadonlyMap<string, TarEntry>;
  private readonly architecture: Architecture;

  constructor(file: FileHandle, entries: ReadonlyMap<string, TarEntry>, architecture: Architecture) {
    this.file = file;
    this.entries = entries;
    this.architecture = architecture;
  }

  has(path: string): boolean {
    return this.entries.has(path);
  }

  async ociImages(): Promise<ImageBlobs[]> {
    const index = await this.json<Index>(this.entry('index.json'));
    const images: ImageBlobs[] = [];
    const fromDocker = this.has('manifest.json') ? await this.dockerNames() : new Map<string, readonly string[]>();
    for (const target of listOf<Descriptor>(index.manifests, 'index.json: manifests')) {
      const blobs = new Map<string, Blob>();
      if (!(await this.collect(target, blobs, 0))) continue;
      const config = [...blobs.values()].find(({ descriptor }) => /config|container\.image/.test(descriptor.mediaType));
      const names = ociNames(target) ?? fromDocker.get(config?.descriptor.digest ?? '') ?? [];
      if (names.length > 0) images.push({ names: names.map(fullImageName), target, blobs: [...blobs.values()] });
    }
    return images;
  }

  /** Adds a blob after all it names; answers whether this machine's platform is in it. */
  private async collect(target: Descriptor, blobs: Map<string, Blob>, depth: number): Promise<boolean> {
    if (depth > depthMax) throw new HostError('BadArchive', `indexes are nested more than ${depthMax} deep`);
    const entry = this.entry(blobPath(target.digest));
    const references: Descriptor[] = [];
    if (target.mediaType === mediaTypes.index || target.mediaType === mediaTypes.dockerManifestList) {
      const { manifests } = await this.json<Index>(entry);
      for (const child of listOf<Descriptor>(manifests, `${target.digest}: manifests`)) {
        const { os, architecture } = child.platform ?? { os: 'linux', architecture: this.architecture };
        if (os !== 'linux' || architecture !== this.architecture || !this.has(blobPath(child.digest))) continue;
        if (await this.collect(child, blobs, depth + 1)) references.push(child);
      }
      if (references.length === 0) return false;
    } else if (target.mediaType === mediaTypes.manifest || target.mediaType === mediaTypes.dockerManifest) {
      const { config, layers } = await this.json<Manifest>(entry);
      references.push(...listOf<Descriptor>(layers, `${target.digest}: layers`), config);
      for (const part of references) blobs.set(part.digest, this.blob(part, [], this.entry(blobPath(part.digest))));
    } else {
      throw new HostError('BadArchive', `${target.digest} has the media type ${target.mediaType}, which is no image`);
    }
    blobs.set(target.digest, this.blob(target, references, entry));
    return true;
  }

  async dockerImages(): Promise<ImageBlobs[]> {
    const images: ImageBlobs[] = [];
    for (const { Config, Layers, RepoTags } of await this.dockerManifests()) {
      const names = (RepoTags ?? []).map(fullImageName);
      if (names.length === 0) continue;
      const configBytes = await this.bytes(this.entry(Config));
      const config = blobOf(configBytes, mediaTypes.config, []);
      const parsed = parseJson<{ rootfs?: { diff_ids?: readonly string[] } }>(configBytes, Config);
      const diffIds = listOf<string>(parsed.rootfs?.diff_ids, `${Config}: rootfs.diff_ids`);
      const layers: Blob[] = [];
      for (const [i, path] of Layers.entries()) layers.push(await this.dockerLayer(path, diffIds[i]));
      const references = [config.descriptor, ...layers.map(({ descriptor }) => descriptor)];
      const [configDescriptor, ...layerDescriptors] = references;
      const document = {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: configDescriptor,
        layers: layerDescriptors,
      };
      const manifest = blobOf(jsonBytes(document), mediaTypes.manifest, references);
      const unique = new Map([...layers, config, manifest].map((blob) => [blob.descriptor.digest, blob]));
      images.push({ names, target: manifest.descriptor, blobs: [...unique.values()] });
    }
    return images;
  }

  /** Docker writes layers uncompressed: their digest is then the `diff_id`. Others are compressed, so it is computed. */
  private async dockerLayer(path: string, diffId: string | undefined): Promise<Blob> {
    const entry = this.entry(path);
    const [start = new Uint8Array(0)] = await Array.fromAsync(readTarEntry(this.file, { ...entry, size: 4 }, 4));
    const gzip = start[0] === 0x1f && start[1] === 0x8b;
    const zstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
    const mediaType = gzip ? mediaTypes.layerGzip : zstd ? mediaTypes.layerZstd : mediaTypes.layer;
    const digest = gzip || zstd || diffId === undefined ? await this.digest(entry) : diffId;
    return this.blob({ mediaType, digest, size: entry.size }, [], entry);
  }

  private async dockerManifests(): Promise<readonly DockerManifest[]> {
    return listOf<DockerManifest>(await this.json(this.entry('manifest.json')), 'manifest.json');
  }

  /** The names that `manifest.json` gives, by the digest of the configuration. */
  private async dockerNames(): Promise<Map<string, readonly string[]>> {
    const names = new Map<string, readonly string[]>();
    for (const { Config, RepoTags } of await this.dockerManifests()) {
      names.set(sha256(await this.bytes(this.entry(Config))), RepoTags ?? []);
    }
    return names;
  }

  private entry(path: string): TarEntry {
    let entry = this.entries.get(path);
    for (let i = 0; entry && entry.type !== 'file' && i < linksMax; i++) {
      const from = entry.type === 'symlink' ? posix.dirname(entry.path) : '';
      entry = this.entries.get(posix.join(from, entry.target));
    }
    if (entry?.type !== 'file') throw new HostError('BadArchive', `${path} is not in it`);
    return entry;
  }

  private blob(descriptor: Descriptor, references: readonly Descriptor[], entry: TarEntry): Blob {
    if (entry.size !== descriptor.size) {
      throw new HostError(
        'BadArchive',
        `${entry.path} has ${entry.size} bytes, its description says ${descriptor.size}`,
      );
    }
    return { descriptor, references, read: () => readTarEntry(this.file, entry, chunkBytes) };
  }

  private async digest(entry: TarEntry): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of readTarEntry(this.file, entry, chunkBytes)) hash.update(chunk);
    return `sha256:${hash.digest('hex')}`;
  }

  private async bytes(entry: TarEntry): Promise<Uint8Array> {
    if (entry.size > documentBytesMax) throw new HostError('BadArchive', `${entry.path} has ${entry.size} bytes`);
    return Buffer.concat(await Array.fromAsync(readTarEntry(this.file, entry, chunkBytes)));
  }

  private async json<T>(entry: TarEntry): Promise<T> {
    return parseJson<T>(await this.bytes(entry), entry.path);
  }
}

interface DockerManifest {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

function parseJson<T>(bytes: Uint8Array, what: string): T {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (cause) {
    throw new HostError('BadArchive', `${what} is not JSON`, { cause });
  }
}

function listOf<T>(value: unknown, what: string): readonly T[] {
  if (!Array.isArray(value)) throw new HostError('BadArchive', `${what} is not a list`);
  return value as readonly T[];
}

function blobPath(digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new HostError('BadArchive', `the digest "${digest}" is not one`);
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}

/** containerd's annotation has the full name; the specification's has a name or, from some tools, a mere tag. */
function ociNames({ annotations = {} }: Descriptor): readonly string[] | undefined {
  const full = annotations['io.containerd.image.name'];
  const reference = annotations['org.opencontainers.image.ref.name'];
  if (full !== undefined) return [full];
  return reference?.includes(':') || reference?.includes('/') ? [reference] : undefined;
}
