/** kutter's version, from its package. */
import { readFileSync } from 'node:fs';

/** The bundle in dist/ and the sources in src/main/ lie at different depths below the package. */
function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (found.name === 'kutter' && found.version !== undefined) return found.version;
    } catch {
      // Not here.
    }
  }
  return 'unknown';
}

export const version: string = packageVersion();
