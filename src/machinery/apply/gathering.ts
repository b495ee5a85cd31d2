/**
 * The children of one node of a set while they are found. This is on the path of every write, and most objects of a kind have
 * the same fields: so each type remembers what was gathered for it last, and gives the same set again while it is the same.
 * Nothing is allocated then, the sets of many objects are one value in memory, and what is derived from a set can be
 * remembered with it.
 */
import { inOrder, leaf, noFields, type FieldSet } from './field-set.ts';
import type { MergeType } from './merge-type.ts';

/** The elements as they were found, what is below them, and the set made of both. */
interface Memory {
  readonly elements: readonly string[];
  readonly nodes: readonly FieldSet[];
  readonly set: FieldSet;
}

const nothing: Memory = { elements: [], nodes: [], set: noFields };

/** What was gathered last, by type; one for each purpose, because each finds other things. */
export type Memories = WeakMap<MergeType, Memory>;

export class Gathering {
  readonly #memories: Memories;
  readonly #type: MergeType;
  readonly #memory: Memory;
  #same = 0;
  #elements: string[] | undefined;
  #nodes: FieldSet[] = [];

  constructor(memories: Memories, type: MergeType) {
    this.#memories = memories;
    this.#type = type;
    this.#memory = memories.get(type) ?? nothing;
  }

  add(element: string, node: FieldSet): void {
    if (this.#elements === undefined) {
      const { elements, nodes } = this.#memory;
      if (elements[this.#same] === element && nodes[this.#same] === node) {
        this.#same++;
        return;
      }
    }
    this.#diverged().push(element);
    this.#nodes.push(node);
  }

  /** Items that are there twice are one unit. */
  repeat(element: string): void {
    this.#nodes[this.#diverged().indexOf(element)] = leaf;
  }

  #diverged(): string[] {
    if (this.#elements !== undefined) return this.#elements;
    this.#nodes = this.#memory.nodes.slice(0, this.#same);
    return (this.#elements = this.#memory.elements.slice(0, this.#same));
  }

  set(): FieldSet {
    if (this.#elements === undefined && this.#same === this.#memory.elements.length) return this.#memory.set;
    const elements = this.#diverged();
    const node: Record<string, FieldSet> = {};
    for (let i = 0; i < elements.length; i++) node[elements[i] ?? ''] = this.#nodes[i] ?? leaf;
    const set = inOrder(node);
    this.#memories.set(this.#type, { elements, nodes: this.#nodes, set });
    return set;
  }
}
