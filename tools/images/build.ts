/**
 * Builds the images that the project's tests and its sample run, from Debian packages, as OCI archives:
 *
 *     node tools/images/build.ts busybox nginx
 *
 * Archives are kept in `$KUTTER_CACHE` (else `~/.cache/kutter`) under the digest of what they are made from, so a second
 * call is free and a changed recipe is built anew.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { HostError } from '../../src/base/mod.ts';
import {
  fullImageName,
  hostArchitecture,
  jsonBytes,
  mediaTypes,
  sha256,
  type Descriptor,
} from '../../src/host/images/mod.ts';
import { recipes, type Recipe } from './recipes.ts';
import { linkApplets, makeRootfs, run, writeFiles } from './rootfs.ts';

export function imageCacheDir(): string {
  return process.env['KUTTER_CACHE'] ?? join(homedir(), '.cache', 'kutter');
}

/** The path of the archive of one image; built unless it is there. */
export async function buildImageArchive(name: string, cacheDir = imageCacheDir()): Promise<string> {
  const recipe = recipes[name];
  if (recipe === undefined) {
    throw new HostError('Recipe', `there is no image "${name}"; there are ${Object.keys(recipes).join(', ')}`);
  }
  const folder = join(cacheDir, 'images');
  const archive = join(folder, `${name}-${await recipeDigest(name)}.tar`);
  if (existsSync(archive)) return archive;
  await mkdir(folder, { recursive: true });
  const work = join(folder, `${name}-${process.pid}.work`);
  try {
    await build(name, recipe, { work, cacheDir, archive });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  for (const old of await readdir(folder)) {
    if (old.startsWith(`${name}-`) && old.endsWith('.tar') && join(folder, old) !== archive)
      await rm(join(folder, old));
  }
  return archive;
}

/** Recipes are code: any change of theirs, or of what carries them out, is a new image. */
async function recipeDigest(name: string): Promise<string> {
  const hash = createHash('sha256').update(name);
  for (const file of (await readdir(import.meta.dirname, { recursive: true })).toSorted()) {
    const path = join(import.meta.dirname, file);
    if ((await stat(path)).isFile()) hash.update(file).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}

interface Place {
  readonly work: string;
  readonly cacheDir: string;
  readonly archive: string;
}

async function build(name: string, recipe: Recipe, { work, cacheDir, archive }: Place): Promise<void> {
  const rootfs = join(work, 'rootfs');
  const blobs = join(work, 'oci', 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  await makeRootfs(rootfs, cacheDir, recipe);
  await writeFiles(rootfs, recipe.files);
  if (recipe.packages.includes('busybox-static')) await linkApplets(rootfs);
  await recipe.finish?.(rootfs);
  const layerFile = join(work, 'layer.tar');
  const owner = ['--numeric-owner', '--sort=name', '--mtime=@0', '--format=pax'];
  const stable = '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime';
  run('tar', [...owner, stable, '-C', rootfs, '-cf', layerFile, '.']);
  const layer = await addBlob(blobs, layerFile, mediaTypes.layer);
  const architecture = hostArchitecture();
  const config = await addDocument(blobs, mediaTypes.config, {
    architecture,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...recipe.config },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const document = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] };
  const manifest = await addDocument(blobs, mediaTypes.manifest, document);
  const manifests = recipe.tags.map((tag) => ({
    ...manifest,
    annotations: {
      'io.containerd.image.name': fullImageName(tag),
      'org.opencontainers.image.ref.name': fullImageName(tag),
    },
  }));
  await writeFile(join(work, 'oci', 'oci-layout'), jsonBytes({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(work, 'oci', 'index.json'),
    jsonBytes({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  );
  const draft = join(work, `${name}.tar`);
  run('tar', [...owner, '-C', join(work, 'oci'), '-cf', draft, 'oci-layout', 'index.json', 'blobs']);
  await rename(draft, archive);
}

async function addDocument(blobs: string, mediaType: string, document: unknown): Promise<Descriptor> {
  const bytes = jsonBytes(document);
  const digest = sha256(bytes);
  await writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
  return { mediaType, digest, size: bytes.length };
}

async function addBlob(blobs: string, file: string, mediaType: string): Promise<Descriptor> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const hex = hash.digest('hex');
  await rename(file, join(blobs, hex));
  return { mediaType, digest: `sha256:${hex}`, size: (await stat(join(blobs, hex))).size };
}

/** For `node tools/images/build.ts NAME... [--to DIR]`. */
async function main(args: readonly string[]): Promise<void> {
  const to = args.indexOf('--to');
  const names = to < 0 ? args : args.slice(0, to);
  for (const name of names.length > 0 ? names : Object.keys(recipes)) {
    const startedAt = performance.now();
    const archive = await buildImageArchive(name);
    const target = to < 0 ? archive : join(args[to + 1] ?? '.', `${name}.tar`);
    if (target !== archive) {
      await mkdir(dirname(target), { recursive: true });
      await copyFile(archive, target);
    }
    await utimes(archive, new Date(), new Date());
    process.stdout.write(`${target} (${Math.round(performance.now() - startedAt)} ms)\n`);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
