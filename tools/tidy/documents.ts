/** What a document says about the code and what a machine can hold against it. */
import { posix } from 'node:path';
import { layerTable } from '../layers.ts';
import type { Finding } from './finding.ts';

export function checkArchitecture(text: string, table: string = layerTable()): Finding[] {
  if (text.includes(table)) return [];
  const wrong = table.split('\n').find((row) => !text.includes(row)) ?? 'the order of the rows';
  return [
    { path: 'ARCHITECTURE.md', line: 1, message: `its table is not that of tools/layers.ts, which has: ${wrong}` },
  ];
}

/** Every relative link leads to a file. `exists` is asked with a path from the repository's root. */
export function checkLinks(path: string, text: string, exists: (path: string) => boolean): Finding[] {
  const findings: Finding[] = [];
  for (const [row, line] of text.split('\n').entries()) {
    for (const [, link = ''] of line.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      if (!exists(posix.join(posix.dirname(path), link))) {
        findings.push({ path, line: row + 1, message: `its link to ${link} leads nowhere` });
      }
    }
  }
  return findings;
}
