/**
 * Units and the ordered lists that switch them on. Adding a unit is one file and one line in its list; a file that the
 * list forgets would silently do nothing, which is what this rule is for.
 */
import { posix } from 'node:path';
import { isTestCode, type SourceFile } from '../source.ts';
import type { Finding } from './finding.ts';

export interface UnitList {
  /** The file with the list. */
  readonly list: string;
  /** Another one, of units that are off unless they are asked for. */
  readonly optional?: string;
  /** The call by which a file declares a unit, e.g. `defineKind(`. */
  readonly define: string;
}

export const unitLists: readonly UnitList[] = [
  { list: 'src/api/all.ts', optional: 'src/api/optional.ts', define: 'defineKind' },
  { list: 'src/api/legacy/all.ts', define: 'defineKind' },
  { list: 'src/controllers/all.ts', define: 'defineController' },
  { list: 'src/scheduler/plugins/all.ts', define: 'definePlugin' },
  { list: 'src/apiserver/admission/chain.ts', define: 'defineAdmission' },
  { list: 'src/kubelet/volumes/all.ts', define: 'defineVolume' },
];

/** A list that does not exist yet has no rule to keep; the units of a folder appear together with their list. */
export function checkLists(files: readonly SourceFile[], lists: readonly UnitList[] = unitLists): Finding[] {
  const findings: Finding[] = [];
  for (const { list, optional, define } of lists) {
    const folder = folderOf(list);
    // A unit belongs to the nearest list.
    const nearer = lists
      .map((other) => folderOf(other.list))
      .filter((other) => other !== folder && other.startsWith(folder));
    const main = files.find((file) => file.path === list);
    const other = files.find((file) => file.path === optional);
    const call = new RegExp(`=\\s*${define}\\s*[(<]`, 'g');
    const units = files.filter(
      (file) =>
        file.path.startsWith(folder) &&
        !nearer.some((other) => file.path.startsWith(other)) &&
        file.path !== list &&
        !isTestCode(file.path) &&
        file.code.search(call) >= 0,
    );
    for (const unit of units) {
      const names = exportedUnits(unit, define);
      const listFile = other?.imports.some((item) => item.target === unit.path) === true ? other : main;
      const listed = listFile?.imports.find((item) => item.target === unit.path);
      if (listFile === undefined) findings.push(finding(unit, `calls ${define}, but ${list} does not exist`));
      else if (listed === undefined) findings.push(finding(unit, `is not in ${list}: add its line there`));
      else findings.push(...names.flatMap((name) => missing(unit, listFile, name, listed.names)));
    }
  }
  return findings;
}

function folderOf(list: string): string {
  return `${posix.dirname(list)}/`;
}

function finding(file: SourceFile, message: string): Finding {
  return { path: file.path, line: 1, message };
}

function exportedUnits(file: SourceFile, define: string): string[] {
  const pattern = new RegExp(`\\bexport\\s+const\\s+([\\w$]+)[^=;]*=\\s*${define}\\s*[(<]`, 'g');
  return [...file.code.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** The list must import the unit and also use it: an import alone switches nothing on. */
function missing(
  unit: SourceFile,
  list: SourceFile,
  name: string,
  imported: readonly { name: string; as: string }[] | '*',
): Finding[] {
  if (imported === '*') return [];
  const local = imported.find((item) => item.name === name)?.as;
  const uses = local === undefined ? 0 : list.code.split(new RegExp(`(?<![\\w$.])${local}(?![\\w$])`)).length - 1;
  return uses >= 2 ? [] : [finding(unit, `${name} is not in the list of ${list.path}`)];
}
