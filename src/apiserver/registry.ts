/**
 * The kinds that are served, found by group, version and resource. Built-ins are there from the start, custom resources come
 * and go; `generation` moves with every change, for whoever caches what follows from it (discovery, OpenAPI).
 */
import type { Kind, KindVersion } from '../machinery/mod.ts';

export interface Served {
  readonly kind: Kind;
  readonly version: KindVersion;
}

export class Registry {
  readonly #served = new Map<string, Served>();
  readonly #kinds = new Set<Kind>();
  #generation = 0;

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) this.add(kind);
  }

  get generation(): number {
    return this.#generation;
  }

  add(kind: Kind): void {
    this.#kinds.add(kind);
    for (const version of kind.versions)
      this.#served.set(address(kind.group, version.version, kind.plural), { kind, version });
    this.#generation += 1;
  }

  remove(kind: Kind): void {
    this.#kinds.delete(kind);
    for (const { version } of kind.versions) this.#served.delete(address(kind.group, version, kind.plural));
    this.#generation += 1;
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(address(group, version, plural));
  }

  /** Every kind once, in the order in which they were added. */
  kinds(): readonly Kind[] {
    return [...this.#kinds];
  }
}

function address(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}
