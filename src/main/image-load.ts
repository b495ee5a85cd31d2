/** `kutter image load`: puts images from an archive into the node's runtime, so that pods need not pull them. */
import { HostError, silentLog } from '../base/mod.ts';
import type { Invocation } from '../cli/mod.ts';
import { CriRuntime } from '../host/cri/mod.ts';
import { hostArchitecture, openImageArchive, storeImage } from '../host/images/mod.ts';
import { runtimeEndpoint } from './runtime.ts';
import { clusterPaths, dataDirOf, readSettings } from './settings.ts';
import { terminalProgress } from './terminal.ts';

export async function run(invocation: Invocation): Promise<void> {
  const progress = terminalProgress();
  const [file = ''] = invocation.arguments;
  const paths = clusterPaths(dataDirOf(invocation.string('name') ?? '', invocation.string('data-dir')));
  const settings = await readSettings(paths);
  if (settings === undefined)
    throw new HostError('NotFound', `there is no cluster in ${paths.dataDir}; kutter up makes one`);
  await loadImages(file, runtimeEndpoint(settings, paths), (name, work) => progress.step(`Load ${name}`, work));
}

type Step = (name: string, work: () => Promise<void>) => Promise<void>;

/** Loads every image of an archive into the runtime behind `endpoint`. */
export async function loadImages(file: string, endpoint: string, step: Step): Promise<void> {
  await using archive = await openImageArchive(file, hostArchitecture());
  const runtime = new CriRuntime({ endpoint, log: silentLog });
  const isKnown = async (name: string): Promise<boolean> => (await runtime.imageStatus(name)) !== undefined;
  try {
    for (const image of archive.images)
      await step(image.names.join(', '), () => storeImage(image, { endpoint, isKnown }));
  } finally {
    runtime.close();
  }
}
