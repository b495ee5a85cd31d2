/** The store that `--store` names. */
import { stamp } from '../apiserver/mod.ts';
import { HostError, type Clock, type Log, type Random } from '../base/mod.ts';
import { UsageError } from '../cli/mod.ts';
import { defaultLimits, LocalStore, type Store, type ValueTransformer } from '../store/mod.ts';

const compactionIntervalMs = 300_000;

export interface StoreWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly directory: string;
  /** Ends the process: memory and disk may differ. */
  readonly onFatal: (error: Error) => void;
  /** Encrypts what is kept for good. */
  readonly transformer?: ValueTransformer | undefined;
}

/** `memory`, `embedded` or `etcd=URL[,URL...]`. Throws UsageError. */
export function checkStore(spec: string): string {
  if (spec === 'memory' || spec === 'embedded' || /^etcd=https?:\/\/[^,]+(,https?:\/\/[^,]+)*$/.test(spec)) return spec;
  throw new UsageError(`--store "${spec}": memory, embedded or etcd=URL[,URL...]`);
}

export async function openStore(spec: string, store: StoreWorld): Promise<Store> {
  const { clock, random, log, directory, onFatal, transformer } = store;
  const limits = defaultLimits;
  if (spec.startsWith('etcd=')) {
    const [{ EtcdStore }, { GrpcEtcdClient }] = await Promise.all([
      import('../store/mod.ts'),
      import('../host/etcd/mod.ts'),
    ]);
    const endpoints = spec.slice('etcd='.length).split(',');
    const world = {
      client: new GrpcEtcdClient({ endpoints }),
      clock,
      random,
      log,
      limits,
      stamp,
      onFatal,
      transformer,
    };
    try {
      return await EtcdStore.open({ ...world, compactionIntervalMs });
    } catch (cause) {
      throw new HostError('Store', `etcd at ${endpoints.join(', ')} cannot be used`, { cause });
    }
  }
  if (spec === 'memory') return LocalStore.open({ clock, limits, stamp });
  const { EmbeddedJournal } = await import('../host/journal/mod.ts');
  const journal = await EmbeddedJournal.open({ directory, onFatal });
  try {
    return await LocalStore.open({ clock, limits, stamp, journal, transformer });
  } catch (error) {
    // The file is free again for whoever has the right key.
    await journal.close();
    throw error;
  }
}
