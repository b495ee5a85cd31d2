/** What is counted of configuration files that are read again while the server runs. */
import type { Clock } from '../base/mod.ts';
import type { Metrics, Stability } from './metrics.ts';

export interface ReloadMetrics {
  /** What holds from the start on; by its hash, as everywhere here. */
  begun(hash: string): void;
  reloaded(hash: string): void;
  failed(): void;
}

/** `server`: the hash of who this server is, so that those of a cluster can be told from each other. */
export function reloadMetrics(
  metrics: Metrics,
  what: 'authentication' | 'authorization' | 'encryption',
  { clock, server }: { readonly clock: Clock; readonly server: string },
): ReloadMetrics {
  const prefix = `apiserver_${what}_config_controller`;
  const stability: Stability = what === 'encryption' ? 'ALPHA' : 'BETA';
  const last = new Map<string, number>();
  let current: string | undefined;
  const reloads = metrics.counter({
    name: `${prefix}_automatic_reloads_total`,
    help: `Total number of automatic reloads of ${what} configuration split by status and apiserver identity.`,
    stability,
    labels: ['apiserver_id_hash', 'status'],
  });
  metrics.gauge(
    {
      name: `${prefix}_automatic_reload_last_timestamp_seconds`,
      help: `Timestamp of the last automatic reload of ${what} configuration split by status and apiserver identity.`,
      stability,
      labels: ['apiserver_id_hash', 'status'],
    },
    () => [...last].map(([status, seconds]) => [[server, status], seconds]),
  );
  metrics.gauge(
    {
      name: `${prefix}_last_config_info`,
      help: `Information about the last applied ${what} configuration with hash as label, split by apiserver identity.`,
      labels: ['apiserver_id_hash', 'hash'],
    },
    () => (current === undefined ? [] : [[[server, current], 1]]),
  );
  const count = (status: 'success' | 'failure'): void => {
    reloads.add([server, status]);
    last.set(status, clock.now() / 1000);
  };
  return {
    begun: (hash) => void (current = hash),
    reloaded(hash) {
      current = hash;
      count('success');
    },
    failed: () => count('failure'),
  };
}
