/** How a volume may be used: what volumes and claims have in common. */
import { forbidden, notSupported, type FieldPath } from '../../../machinery/mod.ts';
import type { Errors } from '../../checks.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
export const volumeModes = ['Block', 'Filesystem'];

/** The annotation that named the class of storage before there was a field for it. */
export const betaStorageClass = 'volume.beta.kubernetes.io/storage-class';

export function checkAccessModes(errors: Errors, modes: readonly string[], path: FieldPath): void {
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported(path, mode, accessModes));
  if (
    modes.includes('ReadWriteOncePod') &&
    modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  )
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
}

const shortNames: readonly (readonly [mode: string, text: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,RWX`: each mode once and always in the same order. */
export function accessModesText(modes: readonly string[] = []): string {
  return shortNames.flatMap(([mode, text]) => (modes.includes(mode) ? [text] : [])).join(',');
}

/** Bytes can only be counted. */
export function fractionWarning(path: FieldPath, milli: number, text: string): string[] {
  return milli % 1000 === 0
    ? []
    : [`${path.toString()}: fractional byte value ${JSON.stringify(text)} is invalid, must be an integer`];
}
