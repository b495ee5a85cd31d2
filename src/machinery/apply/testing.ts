/** Types, objects and writes for the tests of this folder. */
import type { DeepReadonly, JsonObject } from '../../base/mod.ts';
import type { KubeObject } from '../meta.ts';
import { excluding, fieldSet, type FieldSet } from './field-set.ts';
import { updateFields, type FieldWrite } from './ownership.ts';
import { applyConfiguration } from './last-applied.ts';
import type { ManagedEntry } from './managed-entry.ts';
import {
  atomicList,
  booleanMerge,
  deducedMerge,
  mapList,
  mapMerge,
  numericMerge,
  setList,
  stringMerge,
  structMerge,
  type MergeType,
} from './merge-type.ts';

const metadata = structMerge(
  new Map<string, MergeType>([
    ['name', stringMerge],
    ['uid', stringMerge],
    ['labels', mapMerge(stringMerge)],
    ['annotations', mapMerge(stringMerge)],
    ['managedFields', atomicList(deducedMerge)],
  ]),
);

const port = structMerge(
  new Map<string, MergeType>([
    ['name', stringMerge],
    ['port', numericMerge],
    ['protocol', stringMerge],
  ]),
);

const item: MergeType = structMerge(
  new Map<string, MergeType>([
    ['name', stringMerge],
    ['value', numericMerge],
    ['ports', mapList(port, ['port', 'protocol'], { protocol: 'TCP' })],
    ['tags', setList(stringMerge)],
  ]),
);

/** One of every sort of field. */
export const thing: MergeType = structMerge(
  new Map<string, MergeType>([
    ['apiVersion', stringMerge],
    ['kind', stringMerge],
    ['metadata', metadata],
    ['number', numericMerge],
    ['text', stringMerge],
    ['flag', booleanMerge],
    ['set', setList(stringMerge)],
    ['numbers', setList(numericMerge)],
    ['list', atomicList(stringMerge)],
    ['items', mapList(item, ['name'])],
    ['map', mapMerge(stringMerge)],
    ['maps', mapMerge(mapMerge(numericMerge))],
    ['atomicMap', mapMerge(stringMerge, true)],
    [
      'struct',
      structMerge(
        new Map<string, MergeType>([
          ['a', numericMerge],
          ['b', numericMerge],
        ]),
      ),
    ],
    [
      'atomicStruct',
      structMerge(
        new Map<string, MergeType>([
          ['a', numericMerge],
          ['b', numericMerge],
        ]),
        { atomic: true },
      ),
    ],
    ['free', deducedMerge],
    ['status', structMerge(new Map<string, MergeType>([['ready', booleanMerge]]))],
  ]),
);

const typeMeta = { apiVersion: 'v1', kind: 'Thing' };

/** An object as it is written again and again, by anybody. */
export class LiveObject {
  object: DeepReadonly<KubeObject> & JsonObject = typeMeta;
  now = Date.UTC(2026, 0, 1);
  readonly versions: FieldWrite['versions'];

  constructor(versions: FieldWrite['versions'] = onlyVersion('v1', thing)) {
    this.versions = versions;
  }

  get entries(): readonly ManagedEntry[] {
    return (this.object.metadata?.managedFields ?? []) as readonly ManagedEntry[];
  }

  /** The fields of a manager. */
  fields(manager: string, operation = 'Apply'): FieldSet | undefined {
    return this.entries.find((entry) => entry.manager === manager && entry.operation === operation)?.fieldsV1;
  }

  owners(): string[] {
    return this.entries.map(({ manager = '', operation }) => `${manager} ${operation}`);
  }

  async update(manager: string, fields: JsonObject, options: Partial<FieldWrite> = {}): Promise<void> {
    const { metadata: given, ...rest } = fields;
    const write = this.#write(manager, options);
    const next = {
      ...typeMeta,
      apiVersion: write.apiVersion,
      metadata: { ...this.object.metadata, ...(given as object | undefined) },
      ...rest,
    } as unknown as DeepReadonly<KubeObject>;
    const live = await this.#live(write);
    this.#store(next, await updateFields(live, next, write));
  }

  async apply(manager: string, fields: JsonObject, force = false, options: Partial<FieldWrite> = {}): Promise<void> {
    const write = this.#write(manager, options);
    const config = { ...typeMeta, apiVersion: write.apiVersion, ...fields };
    const { object, entries } = await applyConfiguration(await this.#live(write), config, write, force);
    this.#store(object, entries);
  }

  async #live({ apiVersion, versions }: FieldWrite): Promise<DeepReadonly<KubeObject>> {
    return this.object['apiVersion'] === apiVersion || this.object === typeMeta
      ? { ...this.object, apiVersion }
      : await versions.convert(this.object, apiVersion);
  }

  #store(object: DeepReadonly<KubeObject> | JsonObject, managedFields: readonly ManagedEntry[] | undefined): void {
    const { metadata: before, ...rest } = object as DeepReadonly<KubeObject>;
    const metadata = { ...before, uid: 'u1', ...(managedFields === undefined ? {} : { managedFields }) };
    if (managedFields === undefined) delete (metadata as { managedFields?: unknown }).managedFields;
    this.object = { ...rest, metadata } as unknown as typeof this.object;
    this.now += 1000;
  }

  #write(manager: string, options: Partial<FieldWrite>): FieldWrite {
    const apiVersion = options.apiVersion ?? 'v1';
    return {
      manager,
      apiVersion,
      subresource: '',
      now: this.now,
      without: excluding(fieldSet(['f:status'])),
      versions: this.versions,
      empty: { ...typeMeta, apiVersion },
      ...options,
    };
  }
}

function onlyVersion(apiVersion: string, type: MergeType): FieldWrite['versions'] {
  return {
    typeOf: (asked) => (asked === apiVersion ? type : undefined),
    convert: (object) => Promise.resolve(object),
  };
}
