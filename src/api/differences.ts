/**
 * Where two values differ, as upstream's errors show it: a unified diff of their internal forms as indented JSON, with
 * three lines around each change. Lines are matched as Python's difflib does it, whose Go port upstream uses.
 */
import { goJson } from '../machinery/mod.ts';
import { internalForm } from './internal-form.ts';

const context = 3;

/** Longer texts would take too long: there all between the first and the last difference counts as replaced. */
const linesMax = 4000;

/** `a` and `b` are where lines begin that are the same in both texts. */
interface Block {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

/** What the lines from `a1` to `a2` of one text are in the other. */
interface Change {
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
  readonly same: boolean;
}

/** `type` is the definition of both. */
export function differences(type: string, before: unknown, after: unknown): string {
  return unifiedDiff(linesOf(internalForm(type, before)), linesOf(internalForm(type, after)));
}

function linesOf(form: unknown): readonly string[] {
  return goJson(form, ' ').split('\n');
}

export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  const blocks = Math.max(a.length, b.length) > linesMax ? outerBlocks(a, b) : new Matcher(a, b).blocks();
  return groups(changes([...blocks, { a: a.length, b: b.length, size: 0 }]))
    .map((group) => hunk(group, a, b))
    .join('');
}

function outerBlocks(a: readonly string[], b: readonly string[]): readonly Block[] {
  const length = Math.min(a.length, b.length);
  let first = 0;
  while (first < length && a[first] === b[first]) first++;
  let last = 0;
  while (last < length - first && a[a.length - 1 - last] === b[b.length - 1 - last]) last++;
  return [
    { a: 0, b: 0, size: first },
    { a: a.length - last, b: b.length - last, size: last },
  ];
}

/** Lines that make up more than one percent of a long text are too common to begin a match with. */
const longText = 200;
const commonShare = 100;

class Matcher {
  readonly #a: readonly string[];
  readonly #b: readonly string[];
  /** Where in `b` a line is, without the lines that are too common. */
  readonly #where = new Map<string, number[]>();

  constructor(a: readonly string[], b: readonly string[]) {
    this.#a = a;
    this.#b = b;
    for (const [i, line] of b.entries()) {
      const found = this.#where.get(line);
      if (found === undefined) this.#where.set(line, [i]);
      else found.push(i);
    }
    if (b.length < longText) return;
    const most = Math.floor(b.length / commonShare) + 1;
    for (const [line, found] of this.#where) if (found.length > most) this.#where.delete(line);
  }

  /** In order, and no two that touch in both texts. */
  blocks(): readonly Block[] {
    const found: Block[] = [];
    this.#collect(found, { a1: 0, a2: this.#a.length, b1: 0, b2: this.#b.length, same: false });
    const merged: Block[] = [];
    for (const block of found) {
      const last = merged.at(-1);
      if (last !== undefined && last.a + last.size === block.a && last.b + last.size === block.b)
        merged[merged.length - 1] = { ...last, size: last.size + block.size };
      else merged.push(block);
    }
    return merged;
  }

  #collect(found: Block[], range: Change): void {
    const { a1, a2, b1, b2 } = range;
    const { a, b, size } = this.#longest(range);
    if (size === 0) return;
    if (a1 < a && b1 < b) this.#collect(found, { ...range, a2: a, b2: b });
    found.push({ a, b, size });
    if (a + size < a2 && b + size < b2) this.#collect(found, { ...range, a1: a + size, b1: b + size });
  }

  #longest({ a1, a2, b1, b2 }: Change): Block {
    let best = { a: a1, b: b1, size: 0 };
    let lengths = new Map<number, number>();
    for (let i = a1; i < a2; i++) {
      const next = new Map<number, number>();
      for (const j of this.#where.get(this.#a[i] ?? '') ?? []) {
        if (j < b1) continue;
        if (j >= b2) break;
        const size = (lengths.get(j - 1) ?? 0) + 1;
        next.set(j, size);
        if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
      }
      lengths = next;
    }
    let { a, b, size } = best;
    while (a > a1 && b > b1 && this.#a[a - 1] === this.#b[b - 1]) {
      a--;
      b--;
      size++;
    }
    while (a + size < a2 && b + size < b2 && this.#a[a + size] === this.#b[b + size]) size++;
    return { a, b, size };
  }
}

function changes(blocks: readonly Block[]): readonly Change[] {
  const found: Change[] = [];
  let a1 = 0;
  let b1 = 0;
  for (const { a, b, size } of blocks) {
    if (a1 < a || b1 < b) found.push({ a1, a2: a, b1, b2: b, same: false });
    a1 = a + size;
    b1 = b + size;
    if (size > 0) found.push({ a1: a, a2: a1, b1: b, b2: b1, same: true });
  }
  return found;
}

/** Changes that are near each other, with some of what is the same before, between and after them. */
function groups(all: readonly Change[]): readonly (readonly Change[])[] {
  const found: Change[][] = [];
  let group: Change[] = [];
  for (const [i, change] of all.entries()) {
    const { a1, a2, b1, b2, same } = change;
    if (!same) {
      group.push(change);
      continue;
    }
    const after = { ...change, a2: Math.min(a2, a1 + context), b2: Math.min(b2, b1 + context) };
    const before = { ...change, a1: Math.max(a1, a2 - context), b1: Math.max(b1, b2 - context) };
    if (i === 0) group = [before];
    else if (i === all.length - 1 || a2 - a1 > context * 2) {
      found.push([...group, after]);
      group = [before];
    } else group.push(change);
  }
  if (group.some(({ same }) => !same)) found.push(group);
  return found.filter((one) => one.some(({ same }) => !same));
}

function hunk(group: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return '';
  let text = `@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`;
  for (const { a1, a2, b1, b2, same } of group) {
    for (const line of a.slice(a1, a2)) text += `${same ? ' ' : '-'}${line}\n`;
    if (!same) for (const line of b.slice(b1, b2)) text += `+${line}\n`;
  }
  return text;
}

function range(from: number, to: number): string {
  const length = to - from;
  if (length === 1) return String(from + 1);
  return `${length === 0 ? from : from + 1},${length}`;
}
