/** What every engine of the store does alike: reads and watches are served from its history, however a commit gets there. */
import { assert } from '../base/mod.ts';
import type { StoredForms } from './encryption.ts';
import { History, type Root } from './history.ts';
import type { Change, ChangeEvent, Entry, Interest, Snapshot, StoreLimits, Watch } from './store.ts';

export abstract class Engine {
  protected readonly history: History;
  readonly #forms: StoredForms | undefined;

  protected constructor(limits: StoreLimits, root: Root, forms: StoredForms | undefined) {
    this.history = new History(limits, root);
    this.#forms = forms;
  }

  get current(): Snapshot {
    return this.history.current;
  }
  get compacted(): number {
    return this.history.compacted;
  }
  at(revision: number): Snapshot {
    return this.history.at(revision);
  }
  watch(collection: string, after: number, onReady: () => void, interest?: Interest): Watch {
    return this.history.watch(collection, { after, onReady, interest });
  }
  subscribe(onEvents: (events: readonly ChangeEvent[]) => void, of?: ReadonlySet<string>): Disposable {
    return this.history.subscribe(onEvents, of);
  }
  compact(revision: number): void {
    this.history.compact(revision);
  }
  isStale(entry: Entry): boolean {
    return this.#forms?.isStale(entry) ?? false;
  }
}

export function assertDistinct(changes: readonly Change[]): void {
  if (changes.length < 2) return;
  const keys = new Set(changes.map(({ collection, name }) => collection + name));
  assert(keys.size === changes.length, 'the changes of one commit are to different keys');
}
