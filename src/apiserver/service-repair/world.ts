/** What repairs of services need. */
import type { Clock, Log } from '../../base/mod.ts';
import type { Client } from '../../client/mod.ts';
import type { ClusterConfig } from '../../machinery/mod.ts';
import type { Store } from '../../store/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';

export interface RepairWorld {
  readonly store: Store;
  readonly objects: ObjectReader;
  /** Acts as the API server. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: ClusterConfig;
}

/** As often as upstream looks at everything. */
export const repairPeriodMs = 3 * 60_000;
