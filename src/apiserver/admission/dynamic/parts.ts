/** What dynamic admission stands on. */
import type { Log, Random } from '../../../base/mod.ts';
import type { Store } from '../../../store/mod.ts';
import type { Authorizer } from '../../authz/authorizer.ts';
import type { WebhookCaller } from '../../webhooks/caller.ts';
import type { WriteWorld } from '../../world.ts';
import type { AdmissionMetrics } from '../metrics.ts';

export interface DynamicAdmissionParts {
  readonly store: Store;
  readonly random: Random;
  readonly log: Log;
  readonly authorizers: readonly Authorizer[];
  readonly metrics: AdmissionMetrics;
  // The plugins are part of what these are made of.
  readonly caller: () => WebhookCaller;
  readonly world: () => WriteWorld;
}
