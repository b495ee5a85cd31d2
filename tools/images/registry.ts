/**
 * A real registry on loopback: Debian's docker-registry, fetched and unpacked beside the images, with the project's images
 * pushed into it. A containerd that has it as mirror for `_default` gets from it the images of every registry, whatever
 * host a manifest names.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../../src/base/mod.ts';
import {
  hostArchitecture,
  openImageArchive,
  type Blob as ImageBlob,
  type ImageBlobs,
} from '../../src/host/images/mod.ts';
import { buildImageArchive, imageCacheDir } from './build.ts';
import { run } from './rootfs.ts';

export interface TestRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Builds images of the recipes and pushes them under all their names. */
  push(...names: readonly string[]): Promise<void>;
}

const readyTimeoutMs = 20_000;

export async function startRegistry(): Promise<TestRegistry> {
  const program = await registryProgram(imageCacheDir());
  const folder = await mkdtemp(join(tmpdir(), 'kutter-registry-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = [
    'version: 0.1',
    'log: {level: error, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${folder}/data}, maintenance: {uploadpurging: {enabled: false}}}`,
    `http: {addr: 127.0.0.1:${port}}`,
  ];
  await writeFile(join(folder, 'config.yml'), config.join('\n'));
  const child = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  try {
    await untilServing(url, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url,
    push: async (...names) => {
      for (const name of names) {
        await using archive = await openImageArchive(await buildImageArchive(name), hostArchitecture());
        for (const image of archive.images) await pushImage(url, image);
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pushes one image, under its names without their registries. */
export async function pushImage(url: string, image: ImageBlobs): Promise<void> {
  for (const name of image.names) {
    const [, repository, tag] = /^[^/]+\/(.+):([^:/]+)$/.exec(name) ?? [];
    if (repository === undefined || tag === undefined) throw new HostError('Registry', `the image name ${name}`);
    for (const blob of image.blobs) {
      if (blob.descriptor.digest !== image.target.digest) await pushBlob(`${url}/v2/${repository}`, blob);
    }
    const target = image.blobs.at(-1);
    if (target === undefined) throw new HostError('Registry', `the image ${name} has no blobs`);
    const headers = { 'content-type': image.target.mediaType };
    const body = Buffer.concat(await Array.fromAsync(target.read()));
    await expectStatus(await fetch(`${url}/v2/${repository}/manifests/${tag}`, { method: 'PUT', headers, body }), 201);
  }
}

async function pushBlob(repository: string, { descriptor, read }: ImageBlob): Promise<void> {
  const { digest, size } = descriptor;
  const known = await fetch(`${repository}/blobs/${digest}`, { method: 'HEAD' });
  if (known.ok) return;
  const begun = await expectStatus(await fetch(`${repository}/blobs/uploads/`, { method: 'POST' }), 202);
  const location = new URL(begun.headers.get('location') ?? '', repository);
  location.searchParams.set('digest', digest);
  const body = ReadableStream.from(read());
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  const upload: RequestInit & { duplex: 'half' } = { method: 'PUT', headers, body, duplex: 'half' };
  await expectStatus(await fetch(location, upload), 201);
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status === status) return response;
  throw new HostError(
    'Registry',
    `${response.url} answers ${response.status}: ${(await response.text()).slice(0, 500)}`,
  );
}

async function registryProgram(cacheDir: string): Promise<string> {
  const folder = join(cacheDir, 'registry');
  const program = join(folder, 'usr/bin/docker-registry');
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  try {
    run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'docker-registry'], folder);
  } catch {
    run('apt-get', ['update', '-qq']);
    run('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', 'docker-registry'], folder);
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new HostError('Registry', 'the package docker-registry was not fetched');
  run('dpkg-deb', ['-x', join(folder, file), folder]);
  return program;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new HostError('Registry', 'there is no free port');
  return address.port;
}

async function untilServing(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + readyTimeoutMs;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new HostError('Registry', `docker-registry ended with ${child.exitCode}`);
    try {
      if ((await fetch(`${url}/v2/`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new HostError('Registry', `docker-registry does not answer after ${readyTimeoutMs} ms`);
}
