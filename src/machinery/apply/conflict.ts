/** What is applied belongs to somebody else, with another value. */
import { goQuote } from '../go-text.ts';
import { ApiError } from '../status.ts';
import { eachPath, pathText, type FieldSet } from './field-set.ts';
import { identityText, type ManagedEntry } from './managed-entry.ts';

export interface Conflict {
  readonly entry: ManagedEntry;
  /** What the entry would lose. */
  readonly fields: FieldSet;
}

/** A refused apply; it knows its conflicts, because some of them may turn out to be none. */
export class ConflictError extends ApiError {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    const sorted = conflicts.toSorted((a, b) => (identityText(a.entry) < identityText(b.entry) ? -1 : 1));
    const all = sorted.map(({ entry, fields }) => ({ manager: managerText(entry), paths: pathsOf(fields) }));
    super('Conflict', messageOf(all), {
      details: {
        causes: all.flatMap(({ manager, paths }) =>
          paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
        ),
      },
    });
    this.conflicts = conflicts;
  }
}

function pathsOf(fields: FieldSet): string[] {
  const paths: string[] = [];
  eachPath(fields, (path) => void paths.push(pathText(path)));
  return paths;
}

function messageOf(conflicts: readonly { readonly manager: string; readonly paths: readonly string[] }[]): string {
  const count = conflicts.reduce((sum, { paths }) => sum + paths.length, 0);
  const [first] = conflicts;
  if (count === 1 && first !== undefined)
    return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.paths[0] ?? ''}`;
  const lines = conflicts.flatMap(({ manager, paths }) => [
    `conflicts with ${manager}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

function managerText({ manager = '', subresource = '', operation, apiVersion }: ManagedEntry): string {
  const name = subresource === '' ? goQuote(manager) : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
