export { type ImageArchive, openImageArchive } from './archive.ts';
export { type LoadOptions, storeImage } from './content-store.ts';
export {
  type Architecture,
  type Blob,
  buildImage,
  type Descriptor,
  fullImageName,
  hostArchitecture,
  type ImageBlobs,
  type ImageSource,
  jsonBytes,
  mediaTypes,
  sha256,
} from './oci.ts';
export { pauseImage, pauseImageName } from './pause.ts';
