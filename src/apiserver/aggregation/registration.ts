/** Keeps an APIService for each group and version that custom resources are defined in, as long as one of them is served. */
import { errorText, type Clock, type Log } from '../../base/mod.ts';
import { apiServices, customResourceDefinitions, type CustomResourceDefinition } from '../../api/mod.ts';
import { WorkQueue } from '../../client/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { ChangeEvent, Store } from '../../store/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import { managedLabel, priorityOf } from '../bootstrap/api-services.ts';
import type { InProcessClient } from '../in-process-client.ts';
import type { ApiServices } from './api-services.ts';

export interface RegistrationParts {
  readonly services: ApiServices;
  readonly objects: ObjectReader;
  readonly client: () => InProcessClient;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

const collection = customResourceDefinitions.collection ?? '';
const managed = 'true';

export class Registration implements AsyncDisposable {
  readonly #parts: RegistrationParts;
  readonly #queue: WorkQueue;
  readonly #subscriptions = new DisposableStack();
  /** By definition: what one that is gone was about. */
  readonly #defined = new Map<string, readonly Defined[]>();
  /** Of names, how many definitions have the version, and how many serve it. */
  readonly #having = new Counts();
  readonly #serving = new Counts();

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
    const { store, services, clock } = parts;
    this.#queue = new WorkQueue({ clock, concurrency: 1, work: (name) => this.#work(name) });
    this.#subscriptions.use(store.subscribe((events) => this.#follow(events), new Set([collection])));
    this.#subscriptions.use(services.subscribe((names) => names.forEach((name) => this.#look(name))));
    for (const definition of parts.objects.list(customResourceDefinitions))
      this.#know(definition.metadata.name ?? '', definition);
    for (const name of services.all.keys()) this.#look(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriptions[Symbol.dispose]();
    await this.#queue[Symbol.asyncDispose]();
  }

  #follow(events: readonly ChangeEvent[]): void {
    for (const { type, entry } of events)
      if (entry.collection === collection) this.#know(entry.name, type === 'deleted' ? undefined : entry.value);
  }

  #know(definition: string, value: { readonly spec?: unknown } | undefined): void {
    this.#count(this.#defined.get(definition) ?? [], -1);
    if (value === undefined) return void this.#defined.delete(definition);
    const { group, versions } = value.spec as CustomResourceDefinition['spec'];
    const defined = versions.map(({ name, served }) => ({ name: `${name}.${group}`, served }));
    this.#defined.set(definition, defined);
    this.#count(defined, 1);
  }

  #count(defined: readonly Defined[], by: number): void {
    for (const { name, served } of defined) {
      this.#having.add(name, by);
      if (served) this.#serving.add(name, by);
      this.#queue.add(name);
    }
  }

  /** One of ours that somebody deletes or changes. */
  #look(name: string): void {
    if (this.#having.has(name) || this.#parts.services.all.get(name)?.metadata.labels?.[managedLabel] === managed)
      this.#queue.add(name);
  }

  async #work(name: string): Promise<void> {
    const { objects, log } = this.#parts;
    const dot = name.indexOf('.');
    const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
    const wanted = this.#serving.has(name);
    const found = objects.get(apiServices, name);
    const client = this.#parts.client();
    const priorities = priorityOf(group, version);
    const spec = {
      group,
      version,
      groupPriorityMinimum: priorities.group,
      versionPriority: priorities.version,
    };
    try {
      if (found === undefined) {
        if (!wanted) return;
        await client.create(apiServices, {
          metadata: { name, labels: { [managedLabel]: managed } },
          spec,
        });
      } else if (found.metadata.labels?.[managedLabel] !== managed) {
        // Somebody has made it their own.
        return;
      } else if (!wanted) {
        await client.delete(apiServices, { name });
      } else if (!sameSpec(found.spec, spec)) {
        await client.update(apiServices, { ...found, spec });
      }
    } catch (error) {
      if (isApiError(error, 'NotFound', 'Conflict', 'AlreadyExists')) return;
      log.warn('cannot register custom resources', { name, error: errorText(error) });
      throw error;
    }
  }
}

/** A version of a definition: `v1.example.com`. */
interface Defined {
  readonly name: string;
  readonly served: boolean;
}

class Counts {
  readonly #counts = new Map<string, number>();

  add(name: string, by: number): void {
    const count = (this.#counts.get(name) ?? 0) + by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }

  has(name: string): boolean {
    return this.#counts.has(name);
  }
}

function sameSpec(found: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  const spec = (found ?? {}) as Readonly<Record<string, unknown>>;
  return spec['service'] === undefined && Object.keys(wanted).every((key) => spec[key] === wanted[key]);
}
