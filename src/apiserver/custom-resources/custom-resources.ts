/**
 * Keeps what is served in step with the definitions in the store, and the definitions with what is served: names and
 * conditions in their status, and on deletion the end of all their resources.
 *
 * Always holds: the registry is a function of the stored definitions, so every API server over the same store serves the
 * same; it changes in the moment in which a change of a definition is published. All writes go through the engine.
 */
import { errorText, jsonEqual, rfc3339, type Clock, type DeepReadonly, type Log, type Random } from '../../base/mod.ts';
import {
  cleanupFinalizer,
  customResourceDefinitions,
  withCondition,
  type CustomResourceDefinition,
  type CustomResourceDefinitionCondition,
  type CustomResourceDefinitionStatus,
} from '../../api/mod.ts';
import { WorkQueue } from '../../client/mod.ts';
import { isApiError, type Facts, type Kind } from '../../machinery/mod.ts';
import type { ChangeEvent, Entry, Store } from '../../store/mod.ts';
import { removeCollection } from '../delete.ts';
import type { Registry } from '../registry.ts';
import type { ApiServer } from '../server.ts';
import type { WebhookCaller } from '../webhooks/caller.ts';
import { converterOf } from './conversion.ts';
import { conditionOf, isServed, statusFor } from './definition-status.ts';
import { kindsOf } from './resource.ts';

type Definition = DeepReadonly<CustomResourceDefinition>;

export interface CustomResourcesParts {
  readonly server: ApiServer;
  readonly facts: Facts;
  readonly webhooks: WebhookCaller;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Installed {
  readonly definition: Definition;
  readonly kinds: readonly Kind[];
}

const kind = customResourceDefinitions as unknown as Kind;
const collection = '/registry/apiextensions.k8s.io/customresourcedefinitions/';
const self = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
const cleanupsAtOnceMax = 8;
const retryMaxMs = 60_000;

export class CustomResources implements AsyncDisposable {
  readonly #parts: CustomResourcesParts;
  readonly #registry: Registry;
  readonly #installed = new Map<string, Installed>();
  /** Collections whose definitions are being deleted, with the names of those. */
  readonly #ending = new Map<string, string>();
  readonly #statuses: WorkQueue;
  readonly #cleanups: WorkQueue;
  readonly #subscription: Disposable;

  constructor(parts: CustomResourcesParts) {
    this.#parts = parts;
    this.#registry = parts.server.registry;
    const { clock, store } = parts;
    // One at a time, because two definitions may want the same name.
    this.#statuses = this.#queue(clock, 1, (name) => this.#updateStatus(name));
    this.#cleanups = this.#queue(clock, cleanupsAtOnceMax, (name) => this.#cleanUp(name));
    this.#subscription = store.subscribe((events) => this.#follow(events));
    const found: Entry[] = [];
    store.current.collection(collection).scan((entry) => void found.push(entry), '');
    this.#sync(found.map((entry) => ({ name: entry.name, entry })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#statuses[Symbol.asyncDispose]();
    await this.#cleanups[Symbol.asyncDispose]();
  }

  #queue(clock: Clock, concurrency: number, work: (name: string) => Promise<void>): WorkQueue {
    return new WorkQueue({
      clock,
      concurrency,
      retryMaxMs,
      work: (name) =>
        work(name).catch((error: unknown) => {
          // Somebody else wrote meanwhile: that comes back as an event.
          if (isApiError(error, 'NotFound', 'Conflict')) return;
          this.#parts.log.warn('cannot take care of a definition', { definition: name, error: errorText(error) });
          throw error;
        }),
    });
  }

  #follow(events: readonly ChangeEvent[]): void {
    let latest: Map<string, Entry | undefined> | undefined;
    for (const { entry, type } of events) {
      if (entry.collection === collection)
        (latest ??= new Map()).set(entry.name, type === 'deleted' ? undefined : entry);
      else if (type === 'deleted') {
        const ending = this.#ending.get(entry.collection);
        if (ending !== undefined) this.#cleanups.add(ending);
      }
    }
    if (latest !== undefined) this.#sync([...latest].map(([name, entry]) => ({ name, entry })));
  }

  /** One change of the registry for all that changed together. */
  #sync(changes: readonly { readonly name: string; readonly entry: Entry | undefined }[]): void {
    const gone: Kind[] = [];
    const come: Kind[] = [];
    for (const { name, entry } of changes) {
      const before = this.#installed.get(name);
      const definition = entry?.value as Definition | undefined;
      if (entry === undefined || definition === undefined) this.#installed.delete(name);
      else if (before === undefined || !servesTheSame(before.definition, definition)) {
        const kinds = isServed(definition) ? this.#kindsOf(definition, entry.revision) : [];
        this.#installed.set(name, { definition, kinds });
        come.push(...kinds);
      } else {
        this.#installed.set(name, { definition, kinds: before.kinds });
        if (isTerminating(definition) !== isTerminating(before.definition)) this.#registry.refresh();
        this.#expect(name, definition, before.definition);
        continue;
      }
      gone.push(...(before?.kinds ?? []));
      this.#expect(name, definition, before?.definition);
    }
    if (gone.length + come.length > 0) this.#registry.replace(gone, come);
  }

  #kindsOf(definition: Definition, revision: number): Kind[] {
    const { facts, webhooks, random } = this.#parts;
    const { name = '' } = definition.metadata;
    return kindsOf(definition, {
      facts,
      convert: converterOf(definition as CustomResourceDefinition, webhooks, random),
      revision,
      terminating: () => {
        const now = this.#installed.get(name)?.definition;
        return now !== undefined && isTerminating(now);
      },
    });
  }

  /** What has to be done about a definition after a change. */
  #expect(name: string, definition: Definition | undefined, before: Definition | undefined): void {
    const instances = collectionOf(definition ?? before);
    if (definition === undefined) {
      this.#ending.delete(instances);
      this.#freed(name, before);
      return;
    }
    this.#statuses.add(name);
    if (!jsonEqual(before?.status?.acceptedNames, definition.status?.acceptedNames)) this.#freed(name, before);
    if (isEnding(definition)) {
      this.#ending.set(instances, name);
      this.#cleanups.add(name);
    }
  }

  /** Names that one definition gives up, another one of the group may wait for. */
  #freed(name: string, before: Definition | undefined): void {
    const group = before?.spec.group;
    for (const [other, { definition }] of this.#installed)
      if (other !== name && definition.spec.group === group && conditionOf(definition, 'NamesAccepted') !== 'True')
        this.#statuses.add(other);
  }

  /** The newest state, which may be ahead of what is published. */
  #definition(name: string): Definition | undefined {
    return this.#parts.store.head.get(collection, name)?.value as Definition | undefined;
  }

  async #updateStatus(name: string): Promise<void> {
    const definition = this.#definition(name);
    if (definition === undefined) return;
    const group: Definition[] = [];
    this.#parts.store.head.collection(collection).scan((entry) => {
      const other = entry.value as unknown as Definition;
      if (other.spec.group === definition.spec.group) group.push(other);
    }, '');
    const status = statusFor(definition, group, rfc3339(this.#parts.clock.now()));
    if (status !== undefined) await this.#write(definition, { status });
  }

  /** Deletes all resources of a definition, and lets it go when there are none. */
  async #cleanUp(name: string): Promise<void> {
    const definition = this.#definition(name);
    if (definition === undefined || !isEnding(definition)) return;
    const finish = (reason: string, message: string): Promise<void> =>
      this.#write(definition, {
        status: this.#withTerminating(definition, { status: 'False', reason, message }),
        finalizers: (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer),
      });
    const instanceKind = isServed(definition) ? this.#storedKind(name, definition) : undefined;
    if (instanceKind === undefined) {
      await finish('NeverEstablished', 'resource was never established');
      return;
    }
    const started = this.#withTerminating(definition, {
      status: 'True',
      reason: 'InstanceDeletionInProgress',
      message: 'CustomResource deletion is in progress',
    });
    if (!jsonEqual(started, definition.status)) {
      // Comes back with what this write makes.
      await this.#write(definition, { status: started });
      return;
    }
    const { store, server } = this.#parts;
    const instances = collectionOf(definition);
    if (store.head.collection(instances).size > 0) await this.#deleteInstances(server, instanceKind);
    if (store.head.collection(instances).size === 0) await finish('InstanceDeletionCompleted', 'removed all instances');
  }

  /** The version that is stored, served or not: to delete what is there, nothing should have to be converted. */
  #storedKind(name: string, definition: Definition): Kind | undefined {
    const stored = definition.spec.versions.find(({ storage }) => storage)?.name;
    const isStored = ({ version }: Kind): boolean => version === stored;
    const served = this.#installed.get(name)?.kinds.find(isStored);
    if (served !== undefined) return served;
    const versions = definition.spec.versions.map((version) => ({ ...version, served: true }));
    return this.#kindsOf({ ...definition, spec: { ...definition.spec, versions } }, 0).find(isStored);
  }

  async #deleteInstances({ world }: ApiServer, instanceKind: Kind): Promise<void> {
    const { group, version, plural } = instanceKind;
    const address = { group, version, resource: plural };
    const operation = { verb: 'deletecollection', ...address, user: self, options: {} } as const;
    await removeCollection(world, instanceKind, operation, 'admitted');
  }

  #withTerminating(
    { status }: Definition,
    condition: Omit<CustomResourceDefinitionCondition, 'type' | 'lastTransitionTime'>,
  ): CustomResourceDefinitionStatus {
    const now = rfc3339(this.#parts.clock.now());
    return {
      ...(structuredClone(status) as CustomResourceDefinitionStatus),
      conditions: withCondition(status?.conditions ?? [], { type: 'Terminating', ...condition }, now),
    };
  }

  async #write(
    definition: Definition,
    { status, finalizers }: { readonly status: CustomResourceDefinitionStatus; readonly finalizers?: string[] },
  ): Promise<void> {
    const draft = structuredClone(definition) as CustomResourceDefinition;
    draft.status = status;
    if (finalizers !== undefined) draft.metadata.finalizers = finalizers;
    await this.#parts.server.carryOut({
      verb: 'update',
      group: kind.group,
      version: kind.version,
      resource: kind.plural,
      subresource: 'status',
      name: definition.metadata.name ?? '',
      user: self,
      options: { fieldValidation: 'Ignore' },
      body: draft,
    });
  }
}

function isTerminating(definition: Definition): boolean {
  return conditionOf(definition, 'Terminating') === 'True';
}

function isEnding({ metadata }: Definition): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(cleanupFinalizer);
}

function collectionOf(definition: Definition | undefined): string {
  return `/registry/${definition?.spec.group ?? ''}/${definition?.spec.names.plural ?? ''}/`;
}

function servesTheSame(a: Definition, b: Definition): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    jsonEqual(a.spec, b.spec) &&
    jsonEqual(a.status?.acceptedNames, b.status?.acceptedNames) &&
    isServed(a) === isServed(b)
  );
}
