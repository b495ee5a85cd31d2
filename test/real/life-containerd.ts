/**
 * Starts a containerd with a bridge network and the pause image, as whoever runs `kutter kubelet` alone has one, and ends;
 * containerd stays. Prints its endpoint. Argument: a folder for everything of it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../../src/base/mod.ts';
import { startContainerd } from '../../src/host/containerd/mod.ts';
import { CriRuntime } from '../../src/host/cri/mod.ts';
import { hostArchitecture, pauseImage, pauseImageName, storeImage } from '../../src/host/images/mod.ts';

const [folder = ''] = process.argv.slice(2);
const { layout } = await startContainerd({
  dataDir: join(folder, 'containerd'),
  runDir: '/run/life',
  sandboxImage: pauseImageName,
  log: silentLog,
});
const bridge = {
  type: 'bridge',
  bridge: 'life0',
  isGateway: true,
  ipMasq: true,
  hairpinMode: true,
  ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.0.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] },
};
const network = { cniVersion: '0.4.0', name: 'life', plugins: [bridge] };
await writeFile(join(layout.cniConfDir, '10-life.conflist'), JSON.stringify(network));
const { endpoint } = layout;
const runtime = new CriRuntime({ endpoint, log: silentLog });
const isKnown = async (name: string): Promise<boolean> => (await runtime.imageStatus(name)) !== undefined;
await storeImage(pauseImage(hostArchitecture()), { endpoint, isKnown });
runtime.close();
process.stdout.write(`${endpoint}\n`);
