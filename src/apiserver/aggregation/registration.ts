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
  /** `v1.example.com`, by definition: what a definition that is gone was about. */
  readonly #names = new Map<string, readonly string[]>();

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
    for (const name of this.#names.get(definition) ?? []) this.#queue.add(name);
    if (value === undefined) return void this.#names.delete(definition);
    const { group, versions } = value.spec as CustomResourceDefinition['spec'];
    const names = versions.map(({ name }) => `${name}.${group}`);
    this.#names.set(definition, names);
    for (const name of names) this.#queue.add(name);
  }

  /** One of ours that somebody deletes or changes. */
  #look(name: string): void {
    const known = [...this.#names.values()].some((names) => names.includes(name));
    if (known || this.#parts.services.all.get(name)?.metadata.labels?.[managedLabel] === managed) this.#queue.add(name);
  }

  async #work(name: string): Promise<void> {
    const { objects, log } = this.#parts;
    const dot = name.indexOf('.');
    const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
    const wanted = objects
      .list(customResourceDefinitions)
      .some(({ spec }) => spec.group === group && spec.versions.some((one) => one.name === version && one.served));
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

function sameSpec(found: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  const spec = (found ?? {}) as Readonly<Record<string, unknown>>;
  return spec['service'] === undefined && Object.keys(wanted).every((key) => spec[key] === wanted[key]);
}
