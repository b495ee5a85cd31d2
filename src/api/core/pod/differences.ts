/** Where two values differ, for a person to read: the old value after a minus sign, the new one after a plus sign. */
import { jsonEqual } from '../../../base/mod.ts';

const linesMax = 40;

export function differences(before: unknown, after: unknown): string {
  const lines: string[] = [];
  collect(lines, '', before, after);
  const shown = lines.slice(0, linesMax);
  return `${[...shown, ...(lines.length > linesMax ? ['...'] : [])].join('\n')}\n`;
}

function collect(lines: string[], path: string, before: unknown, after: unknown): void {
  if (jsonEqual(before, after)) return;
  if (
    typeof before === 'object' &&
    typeof after === 'object' &&
    before !== null &&
    after !== null &&
    Array.isArray(before) === Array.isArray(after)
  ) {
    const left = before as Record<string, unknown>;
    const right = after as Record<string, unknown>;
    const list = Array.isArray(before);
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
      collect(lines, list ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, left[key], right[key]);
    return;
  }
  if (before !== undefined) lines.push(`-\t${path}: ${JSON.stringify(before)}`);
  if (after !== undefined) lines.push(`+\t${path}: ${JSON.stringify(after)}`);
}
