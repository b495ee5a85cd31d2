/**
 * Compacts etcd every few minutes to where it was the time before, so that its history does not grow for ever. Several API
 * servers, upstream's among them, agree through one key on which of them does it: who finds the key as it left it.
 */
import { errorText, sleep, type Clock, type Log } from '../base/mod.ts';
import type { EtcdClient } from './etcd-client.ts';

export interface CompactionOptions {
  readonly client: EtcdClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly intervalMs: number;
}

/** Upstream's name. */
const key = 'compact_rev_key';
const encoder = new TextEncoder();

export async function compactPeriodically(
  { client, clock, log, intervalMs }: CompactionOptions,
  signal: AbortSignal,
): Promise<void> {
  let modRevision = 0;
  let target = 0;
  while (!signal.aborted) {
    try {
      await sleep(clock, intervalMs, signal);
      const value = encoder.encode(String(target));
      const expected = [{ key, modRevision }];
      const { succeeded, revision, found } = await client.txn({
        expected,
        operations: [{ kind: 'put', key, value, lease: 0 }],
      });
      if (succeeded && target > 0) await client.compact(target);
      modRevision = succeeded ? revision : (found[0]?.modRevision ?? 0);
      target = revision;
    } catch (error) {
      if (!signal.aborted) log.warn('compacting etcd failed', { error: errorText(error) });
    }
  }
}
