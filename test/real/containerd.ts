/**
 * A containerd of its own for one test file, with a bridge network, on this machine: real processes, real namespaces. It
 * needs root and the packages that `missingPackages` names. Disposing removes all of it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/mod.ts';
import type { RegistryMirror } from '../../src/host/containerd/config.ts';
import { startContainerd } from '../../src/host/containerd/daemon.ts';
import type { ContainerdLayout } from '../../src/host/containerd/layout.ts';
import { removeContainerd, type RemovalOptions } from '../../src/host/containerd/removal.ts';
import { CriRuntime } from '../../src/host/cri/runtime.ts';
import { storeImage } from '../../src/host/images/content-store.ts';
import { hostArchitecture } from '../../src/host/images/oci.ts';
import { pauseImage, pauseImageName } from '../../src/host/images/pause.ts';
import { loadImages } from '../../src/main/image-load.ts';
import { buildImageArchive } from '../../tools/images/build.ts';

export interface TestContainerd extends AsyncDisposable {
  readonly runtime: CriRuntime;
  readonly layout: ContainerdLayout;
  readonly options: RemovalOptions;
  /** Where pods may log. */
  readonly logDir: string;
  /** Loads images of the project's recipes. */
  load(...names: readonly string[]): Promise<void>;
}

export async function testContainerd(
  settings: { readonly registryMirrors?: readonly RegistryMirror[] } = {},
): Promise<TestContainerd> {
  const id = randomBytes(3).toString('hex');
  const dataDir = await mkdtemp(join(tmpdir(), `kutter-test-${id}-`));
  const options: RemovalOptions = {
    dataDir,
    runDir: `/run/kutter-test-${id}`,
    sandboxImage: pauseImageName,
    registryMirrors: settings.registryMirrors ?? [],
    log: silentLog,
    cgroupParent: `/kutter-test-${id}`,
    cniNetwork: `kutter-test-${id}`,
    bridges: [`kt${id}`],
    ipamDir: join(dataDir, 'ipam'),
    removeData: true,
  };
  const { layout, snapshotter } = await startContainerd(options);
  await writeNetwork(options, layout);
  const runtime = new CriRuntime({ endpoint: layout.endpoint, log: silentLog });
  const isKnown = async (name: string): Promise<boolean> => (await runtime.imageStatus(name)) !== undefined;
  await storeImage(pauseImage(hostArchitecture()), { endpoint: layout.endpoint, isKnown, snapshotter });
  const logDir = join(dataDir, 'logs');
  await mkdir(logDir);
  return {
    runtime,
    layout,
    options,
    logDir,
    load: async (...names) => {
      for (const name of names) await loadImages(await buildImageArchive(name), layout.endpoint, (_, work) => work());
    },
    [Symbol.asyncDispose]: async () => {
      runtime.close();
      await removeContainerd(options);
    },
  };
}

/** A bridge with addresses of a test network, so that no route of this machine is hidden. */
async function writeNetwork({ cniNetwork, bridges, ipamDir }: RemovalOptions, layout: ContainerdLayout): Promise<void> {
  const subnet = `198.18.${randomBytes(1)[0]}.0/24`;
  const bridge = {
    type: 'bridge',
    bridge: bridges[0],
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: { type: 'host-local', dataDir: ipamDir, ranges: [[{ subnet }]], routes: [{ dst: '0.0.0.0/0' }] },
  };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  const list = { cniVersion: '0.4.0', name: cniNetwork, plugins: [bridge, portmap] };
  await writeFile(join(layout.cniConfDir, '10-kutter.conflist'), JSON.stringify(list));
}
