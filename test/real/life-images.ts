/** Loads an image archive into a containerd. Arguments: the archive, the endpoint. */
import { loadImages } from '../../src/main/image-load.ts';

const [archive = '', endpoint = ''] = process.argv.slice(2);
await loadImages(archive, endpoint, (_name, work) => work());
