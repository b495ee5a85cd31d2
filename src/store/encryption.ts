/**
 * Encryption at rest: what stands between an engine and where it keeps values for good. Everything above (the tree, its
 * readers, watches) has plain values; everything below (the journal's file, etcd) has what the transformer made of them.
 *
 * What always holds: a value that is kept in another form than would be written today is known to be stale, so that writing
 * it again, even unchanged, renews it. A value that cannot be read is an error that names its key, never a missing object.
 */
import { HostError } from '../base/mod.ts';
import type { EtcdClient, EtcdEvent, EtcdKeyValue, EtcdOperation, EtcdTxn, EtcdTxnResult } from './etcd-client.ts';
import { splitKey } from './etcd-layout.ts';
import type { Journal, JournalRecord } from './local.ts';

/** How a value is kept: `aescbc:key1`; empty for a plain one. */
export type StoredForm = string;

export interface ValueTransformer {
  /** The form in which a collection's values are written now. */
  formOf(collection: string): StoredForm;
  /** `key` is bound into what is made, so that a value cannot be passed off as another's. */
  encode(collection: string, key: string, value: Uint8Array): { readonly value: Uint8Array; readonly form: StoredForm };
  /** Rejects with HostError: `Unsupported` when no key of the configuration reads the value. */
  decode(
    collection: string,
    key: string,
    value: Uint8Array,
  ): Promise<{ readonly value: Uint8Array; readonly form: StoredForm }>;
}

/** The forms in which values are kept now; only those that are not plain take memory. */
export class StoredForms {
  readonly #transformer: ValueTransformer;
  readonly #forms = new Map<string, StoredForm>();

  constructor(transformer: ValueTransformer) {
    this.#transformer = transformer;
  }

  /** Whether the value is kept in another form than would be written now. */
  isStale({ collection, name }: { readonly collection: string; readonly name: string }): boolean {
    return (this.#forms.get(collection + name) ?? '') !== this.#transformer.formOf(collection);
  }

  keep(key: string, form: StoredForm): void {
    if (form === '') this.#forms.delete(key);
    else this.#forms.set(key, form);
  }
}

/** A journal whose values are transformed. */
export class EncryptedJournal implements Journal {
  readonly #journal: Journal;
  readonly #transformer: ValueTransformer;
  readonly #forms: StoredForms;

  constructor(journal: Journal, transformer: ValueTransformer, forms: StoredForms) {
    this.#journal = journal;
    this.#transformer = transformer;
    this.#forms = forms;
  }

  /**
   * A value of the past may be under a key that was retired after everything of the present was written anew. The history
   * then begins after it. A value of the present that cannot be read is an error.
   */
  async load(): ReturnType<Journal['load']> {
    const loaded = await this.#journal.load();
    const supersededBy = new Map<JournalRecord, JournalRecord>();
    const latest = new Map<string, JournalRecord>();
    for (const record of loaded.records) {
      const key = record.collection + record.name;
      const before = latest.get(key);
      if (before !== undefined) supersededBy.set(before, record);
      latest.set(key, record);
    }
    let { compacted } = loaded;
    const records: JournalRecord[] = [];
    for (const record of loaded.records) {
      const key = record.collection + record.name;
      try {
        const { value, form } = await this.#transformer.decode(record.collection, key, record.bytes);
        if (latest.get(key) === record) this.#forms.keep(key, record.deleted ? '' : form);
        records.push({ ...record, bytes: value });
      } catch (error) {
        const end = record.deleted ? record : supersededBy.get(record);
        if (end === undefined || !(error instanceof HostError) || error.code !== 'Unsupported') throw error;
        compacted = Math.max(compacted, end.revision);
        if (record.deleted) records.push({ ...record, bytes: nothing });
      }
    }
    return { records, revision: loaded.revision, compacted };
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    const forms: StoredForm[] = [];
    const encoded = records.map((record) => {
      const { collection, name, bytes } = record;
      const { value, form } = this.#transformer.encode(collection, collection + name, bytes);
      forms.push(form);
      return form === '' ? record : { ...record, bytes: value };
    });
    await this.#journal.append(encoded);
    for (const [i, { collection, name, deleted }] of records.entries())
      this.#forms.keep(collection + name, deleted ? '' : (forms[i] ?? ''));
  }

  compact(compacted: number): Promise<void> {
    return this.#journal.compact(compacted);
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}

const nothing = new TextEncoder().encode('{}');

/** A client of etcd whose values are transformed, in upstream's formats. */
export class EncryptedEtcdClient implements EtcdClient {
  readonly #client: EtcdClient;
  readonly #transformer: ValueTransformer;
  readonly #forms: StoredForms;

  constructor(client: EtcdClient, transformer: ValueTransformer, forms: StoredForms) {
    this.#client = client;
    this.#transformer = transformer;
    this.#forms = forms;
  }

  async range(request: Parameters<EtcdClient['range']>[0]): ReturnType<EtcdClient['range']> {
    const answer = await this.#client.range(request);
    return { ...answer, kvs: await Promise.all(answer.kvs.map((kv) => this.#decode(kv))) };
  }

  async txn(request: EtcdTxn): Promise<EtcdTxnResult> {
    const operations = request.operations.map((operation) => this.#encode(operation));
    const result = await this.#client.txn({ ...request, operations });
    if (result.found.length === 0) return result;
    return {
      ...result,
      found: await Promise.all(result.found.map(async (kv) => (kv === undefined ? kv : this.#decode(kv)))),
    };
  }

  async *watch(fromRevision: number, signal: AbortSignal): AsyncGenerator<readonly EtcdEvent[], void, undefined> {
    for await (const batch of this.#client.watch(fromRevision, signal)) {
      const events: EtcdEvent[] = [];
      for (const event of batch) {
        if (event.deleted) this.#forms.keep(event.kv.key, '');
        events.push(event.deleted ? event : { ...event, kv: await this.#decode(event.kv) });
      }
      yield events;
    }
  }

  grant(lease: Parameters<EtcdClient['grant']>[0]): Promise<number> {
    return this.#client.grant(lease);
  }

  compact(revision: number): Promise<void> {
    return this.#client.compact(revision);
  }

  close(): void {
    this.#client.close();
  }

  #encode(operation: EtcdOperation): EtcdOperation {
    const place = operation.kind === 'put' ? splitKey(operation.key) : undefined;
    if (operation.kind !== 'put' || place === undefined) return operation;
    return { ...operation, value: this.#transformer.encode(place.collection, operation.key, operation.value).value };
  }

  async #decode(kv: EtcdKeyValue): Promise<EtcdKeyValue> {
    const place = splitKey(kv.key);
    if (place === undefined) return kv;
    const { value, form } = await this.#transformer.decode(place.collection, kv.key, kv.value);
    this.#forms.keep(kv.key, form);
    return value === kv.value ? kv : { ...kv, value };
  }
}
