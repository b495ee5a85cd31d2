/** What a document says about the code and what a machine can hold against it. */
import { layerTable } from '../layers.ts';
import type { Finding } from './finding.ts';

export function checkArchitecture(text: string, table: string = layerTable()): Finding[] {
  if (text.includes(table)) return [];
  const wrong = table.split('\n').find((row) => !text.includes(row)) ?? 'the order of the rows';
  return [
    { path: 'ARCHITECTURE.md', line: 1, message: `its table is not that of tools/layers.ts, which has: ${wrong}` },
  ];
}
