/**
 * The kinds that are served, found by group, version and resource. Built-ins are there from the start, custom resources come
 * and go; `generation` moves with every change, for whoever caches what follows from it (discovery, OpenAPI).
 */
import type { ServedResources } from '../client/mod.ts';
import { compareVersions, type Kind, type KindVersion } from '../machinery/mod.ts';

export interface Served {
  readonly kind: Kind;
  readonly version: KindVersion;
}

export class Registry implements ServedResources {
  /** By group, version and plural: a key made of all three would cost every request more than three looks. */
  readonly #served = new Map<string, Map<string, Map<string, Served>>>();
  readonly #kinds = new Set<Kind>();
  readonly #subscribers = new Set<() => void>();
  readonly #mourners = new Map<Kind, Set<() => void>>();
  #list: readonly Kind[] | undefined;
  #generation = 0;

  constructor(kinds: readonly Kind[]) {
    this.add(...kinds);
  }

  get generation(): number {
    return this.#generation;
  }

  add(...kinds: readonly Kind[]): void {
    this.replace([], kinds);
  }

  /** Takes kinds away and brings others, as one change. */
  replace(gone: readonly Kind[], come: readonly Kind[]): void {
    for (const kind of gone) {
      this.#kinds.delete(kind);
      for (const { version } of kind.versions) this.#forget(kind.group, version, kind.plural);
    }
    for (const kind of come) {
      this.#kinds.add(kind);
      for (const version of kind.versions) this.#of(kind.group, version.version).set(kind.plural, { kind, version });
    }
    this.#list = undefined;
    this.#generation += 1;
    for (const tell of this.#subscribers) tell();
    for (const kind of gone) for (const tell of this.#mourners.get(kind) ?? []) tell();
  }

  /** What is served stays as it is, but not what is said of it. */
  refresh(): void {
    this.#generation += 1;
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(group)?.get(version)?.get(plural);
  }

  /** Nothing stays of a group that is gone: others come and go under ever new names. */
  #forget(group: string, version: string, plural: string): void {
    const versions = this.#served.get(group);
    const resources = versions?.get(version);
    resources?.delete(plural);
    if (resources?.size === 0) versions?.delete(version);
    if (versions?.size === 0) this.#served.delete(group);
  }

  #of(group: string, version: string): Map<string, Served> {
    let versions = this.#served.get(group);
    if (versions === undefined) this.#served.set(group, (versions = new Map()));
    let resources = versions.get(version);
    if (resources === undefined) versions.set(version, (resources = new Map()));
    return resources;
  }

  /** Every kind once, in the order in which they were added. */
  kinds(): readonly Kind[] {
    return [...this.#kinds];
  }

  /** The kinds that are kept, of several over one collection the preferred version of the first group. */
  get list(): readonly Kind[] {
    return (this.#list ??= this.#preferred());
  }

  #preferred(): readonly Kind[] {
    const sharing = new Map<string, Kind[]>();
    for (const kind of this.#kinds) {
      if (kind.collection === undefined) continue;
      const others = sharing.get(kind.collection);
      if (others === undefined) sharing.set(kind.collection, [kind]);
      else others.push(kind);
    }
    return [...sharing.values()].flatMap((kinds) => preferredOf(kinds) ?? []);
  }

  /** Tells when a kind is no longer served as it is now; at once for one that is not. */
  whenGone(kind: Kind, tell: () => void): Disposable {
    if (!this.#kinds.has(kind)) tell();
    const tellers = this.#mourners.get(kind) ?? new Set();
    this.#mourners.set(kind, tellers.add(tell));
    return {
      [Symbol.dispose]: () => {
        tellers.delete(tell);
        if (tellers.size === 0) this.#mourners.delete(kind);
      },
    };
  }

  subscribe(onChange: () => void): Disposable {
    this.#subscribers.add(onChange);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(onChange) };
  }
}

function preferredOf(kinds: readonly Kind[]): Kind | undefined {
  const ofGroup = kinds.filter(({ group }) => group === kinds[0]?.group);
  return ofGroup.sort((a, b) => compareVersions(a.version, b.version))[0];
}
