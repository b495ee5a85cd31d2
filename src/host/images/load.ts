/** An image archive from a file into the container runtime: what `kutter image load` does. */
import { openImageArchive } from './archive.ts';
import { storeImage, type LoadOptions } from './content-store.ts';
import { hostArchitecture } from './oci.ts';

/** Loads every named image of a docker or OCI archive and answers their full names. */
export async function loadImageArchive(path: string, options: LoadOptions): Promise<string[]> {
  await using archive = await openImageArchive(path, hostArchitecture());
  for (const image of archive.images) await storeImage(image, options);
  return archive.images.flatMap(({ names }) => names);
}
