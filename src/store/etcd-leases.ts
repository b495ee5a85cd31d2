/**
 * Leases, shared by what expires at about the same time, as upstream's API server shares them: etcd pays for each lease,
 * and a cluster writes thousands of events an hour. So an entry may stay up to 5% longer than asked, a minute at most.
 */
import type { Clock, Random } from '../base/mod.ts';
import type { EtcdClient } from './etcd-client.ts';

const reuseShare = 0.05;
const reuseSecondsMax = 60;
const entriesMax = 1000;

export interface Lease {
  readonly id: number;
  readonly expiresAtMs: number;
}

interface Shared {
  readonly lease: Promise<Lease>;
  /** Until when another entry of the same time to live may join. */
  readonly openUntilMs: number;
  entries: number;
}

export class Leases {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #byTtl = new Map<number, Shared>();
  readonly #expiries = new Map<number, number>();

  constructor(client: EtcdClient, clock: Clock, random: Random) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random;
  }

  /** A lease that lasts at least `ttlMs`. */
  async get(ttlMs: number): Promise<Lease> {
    const ttlSeconds = Math.max(1, Math.ceil(ttlMs / 1000));
    const now = this.#clock.now();
    const open = this.#byTtl.get(ttlSeconds);
    if (open !== undefined && now <= open.openUntilMs && open.entries < entriesMax) {
      open.entries += 1;
      return open.lease;
    }
    const reuseSeconds = Math.min(reuseSecondsMax, Math.floor(ttlSeconds * reuseShare));
    const shared = {
      lease: this.#grant(ttlSeconds + reuseSeconds),
      openUntilMs: now + reuseSeconds * 1000,
      entries: 1,
    };
    this.#byTtl.set(ttlSeconds, shared);
    shared.lease.catch(() => this.forget());
    return shared.lease;
  }

  /** When the lease ends, if it is one of ours. */
  expiresAtMs(id: number): number | undefined {
    return this.#expiries.get(id);
  }

  /** Shares no lease any more: one of them was not there. */
  forget(): void {
    this.#byTtl.clear();
  }

  async #grant(ttlSeconds: number): Promise<Lease> {
    const now = this.#clock.now();
    // Chosen here, for etcd's own choice has more bits than a number holds.
    const id = 1 + Math.floor(this.#random.next() * (Number.MAX_SAFE_INTEGER - 1));
    const expiresAtMs = now + (await this.#client.grant({ id, ttlSeconds })) * 1000;
    for (const [old, endedMs] of this.#expiries) if (endedMs < now) this.#expiries.delete(old);
    for (const [ttl, { openUntilMs }] of this.#byTtl) if (openUntilMs < now) this.#byTtl.delete(ttl);
    this.#expiries.set(id, expiresAtMs);
    return { id, expiresAtMs };
  }
}
