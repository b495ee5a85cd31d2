/** The port through which the etcd engine reaches etcd's version 3 interface. Implemented in `host/`. */

export interface EtcdKeyValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** 0: none. */
  readonly lease: number;
}

export interface EtcdEvent {
  readonly deleted: boolean;
  /** For a deletion it has the key and the revision only. */
  readonly kv: EtcdKeyValue;
}

export type EtcdOperation =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease: number }
  | { readonly kind: 'delete'; readonly key: string };

export interface EtcdTxn {
  /** The revision of each key's last change; 0: the key is not there. */
  readonly expected: readonly { readonly key: string; readonly modRevision: number }[];
  readonly operations: readonly EtcdOperation[];
}

export interface EtcdTxnResult {
  readonly succeeded: boolean;
  /** Of the whole of etcd, after the transaction. */
  readonly revision: number;
  /** Whether there was anything to change. */
  readonly changed: boolean;
  /** If it did not succeed: what the expected keys are now, in their order. */
  readonly found: readonly (EtcdKeyValue | undefined)[];
}

/**
 * Every failure is a HostError. Its code is `NotSent` when the request certainly had no effect; `LeaseNotFound` when a
 * transaction names a lease that is gone; `Compacted` when a revision is. Anything else leaves it open whether a
 * transaction took place.
 */
export interface EtcdClient {
  /** Linearizable. Keys from `from` to before `to`, ascending; at `revision`, or now. */
  range(request: {
    readonly from: string;
    readonly to: string;
    readonly limit: number;
    readonly revision?: number | undefined;
  }): Promise<{
    readonly revision: number;
    readonly kvs: readonly EtcdKeyValue[];
    readonly more: boolean;
  }>;
  txn(request: EtcdTxn): Promise<EtcdTxnResult>;
  /**
   * What happens to all keys, from `fromRevision` on; each batch holds whole revisions, in order. The first one may be
   * empty: the watch has begun. Ends by throwing.
   */
  watch(fromRevision: number, signal: AbortSignal): AsyncIterable<readonly EtcdEvent[]>;
  /** Returns for how many seconds it was granted, which may be more. */
  grant(lease: { readonly id: number; readonly ttlSeconds: number }): Promise<number>;
  compact(revision: number): Promise<void>;
  close(): void;
}
