/** Tells when something happens to a file, or to where it is: a file is often replaced by another, or by way of a link. */
import { watch } from 'node:fs';
import { dirname } from 'node:path';

/** What cannot be watched is not: whoever must not miss anything looks from time to time. */
export function watchFile(path: string, onChange: () => void): Disposable {
  try {
    const watcher = watch(dirname(path), { persistent: false }, onChange);
    watcher.on('error', () => watcher.close());
    return { [Symbol.dispose]: () => watcher.close() };
  } catch {
    return { [Symbol.dispose]: () => undefined };
  }
}
