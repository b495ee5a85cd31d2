/**
 * Generated files. Making them needs packages that a check must not download, so freshness is kept by fingerprints: of
 * each output and of everything that the generator is made of. An edit by hand, or a changed generator whose output was
 * not made again, fails the check. After generating, `npm run check -- --update` records the new fingerprints.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isTestCode, listFiles } from '../source.ts';
import type { Finding } from './finding.ts';

interface Generated {
  /** Folder whose files are all generated. */
  readonly output: string;
  /** Folder with the generator. */
  readonly generator: string;
}

export const generatedFiles: readonly Generated[] = [{ output: 'src/api/upstream', generator: 'tools/schema' }];

export type Fingerprints = Readonly<Record<string, string>>;

/** One fingerprint per folder, of the names and contents of all its files but the tests. */
export function fingerprints(root: string, list: readonly Generated[] = generatedFiles): Fingerprints {
  const found: Record<string, string> = {};
  for (const folder of list.flatMap(({ output, generator }) => [output, generator])) {
    const files = existsSync(`${root}/${folder}`) ? listFiles(root, folder).filter((path) => !isTestCode(path)) : [];
    if (files.length === 0) continue;
    const hash = createHash('sha256');
    for (const path of files)
      hash
        .update(`${path}\0`)
        .update(readFileSync(`${root}/${path}`))
        .update('\0');
    found[folder] = hash.digest('hex').slice(0, 32);
  }
  return found;
}

export function checkGenerated(
  now: Fingerprints,
  recorded: Fingerprints,
  list: readonly Generated[] = generatedFiles,
): Finding[] {
  const findings: Finding[] = [];
  for (const { output, generator } of list) {
    if (now[output] === undefined) continue;
    const add = (path: string, message: string): number => findings.push({ path, line: 1, message });
    if (now[output] !== recorded[output]) {
      add(output, `is not what ${generator} made last (edited by hand?): generate it again, then run with --update`);
    } else if (now[generator] !== recorded[generator]) {
      add(generator, `has changed since it made ${output}: generate that again, then run with --update`);
    }
  }
  return findings;
}
