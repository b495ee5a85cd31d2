/** The size of what ConfigMaps and Secrets hold. */
import { utf8Length } from '../../machinery/mod.ts';

/** Both may hold at most so much, counted without the encoding. */
export const contentBytesMax = 1024 * 1024;

/** Whether texts, beside so many bytes, are more than that. They are only counted one by one where they may be. */
export function isTooLarge(texts: Readonly<Record<string, string>>, otherBytes: number): boolean {
  let units = 0;
  for (const key in texts) units += texts[key]?.length ?? 0;
  if (units * bytesPerUnitMax + otherBytes <= contentBytesMax) return false;
  let bytes = otherBytes;
  for (const key in texts) bytes += utf8Length(texts[key] ?? '');
  return bytes > contentBytesMax;
}

/** Of UTF-16 in UTF-8. */
const bytesPerUnitMax = 3;

/** What base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
