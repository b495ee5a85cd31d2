/**
 * Leader election on a Lease: of several candidates one leads, until it lets the lease run out.
 *
 * What always holds: a candidate takes over only after it has itself watched the lease stay unrenewed for its whole
 * duration, so clocks need not agree; a leader that could not renew for the renew deadline, which is shorter, stops leading
 * before anybody else may begin. It never leads again: its components end, and a new candidate begins anew.
 */
import { errorText, rfc3339Micro, type Clock, type DeepReadonly, type Log, type Random } from '../base/mod.ts';
import { leases, type Lease } from '../api/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import type { Client, ObjectKey } from './client.ts';
import type { EventRecorder } from './events.ts';

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly lease: ObjectKey;
  /** Who we are; unique among the candidates. */
  readonly identity: string;
  readonly onLeading: () => void;
  /** We led and do not any more. Not called for a lease that was given back on disposal. */
  readonly onLost: () => void;
  readonly events?: EventRecorder;
  readonly leaseDurationMs?: number;
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

const jitter = 1.2;

type Spec = NonNullable<DeepReadonly<Lease>['spec']>;

export class LeaderElection implements AsyncDisposable {
  readonly #options: LeaderElectionOptions & {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
  /** The lease as we last saw it, and when it was first seen so. */
  #observed: DeepReadonly<Lease> | undefined;
  #observedMs = 0;
  #renewedMs = 0;
  #state: 'waiting' | 'leading' | 'over' = 'waiting';
  #timer: Disposable | undefined;
  #deadline: Disposable | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: LeaderElectionOptions) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000, ...options };
  }

  get leading(): boolean {
    return this.#state === 'leading';
  }

  start(): this {
    this.#turn();
    return this;
  }

  /** Gives the lease back, so that another candidate need not wait for it to run out. */
  async [Symbol.asyncDispose](): Promise<void> {
    const led = this.leading;
    this.#end();
    await this.#working;
    if (led) await this.#release();
  }

  #turn(): void {
    this.#working = this.#try().then((held) => {
      if (this.#state === 'over') return;
      if (held) this.#hold();
      const { clock, random, retryPeriodMs } = this.#options;
      // Waiting candidates do not ask all at once.
      const delayMs = this.leading ? retryPeriodMs : retryPeriodMs * (1 + random.next() * jitter);
      this.#timer = clock.after(delayMs, () => this.#turn());
    });
  }

  #hold(): void {
    const { clock, renewDeadlineMs, identity, onLeading, log } = this.#options;
    this.#deadline?.[Symbol.dispose]();
    // Counted from when the renewal was sent: the server may have taken its time to answer.
    this.#deadline = clock.after(Math.max(0, this.#renewedMs + renewDeadlineMs - clock.now()), () => this.#lose());
    if (this.leading) return;
    this.#state = 'leading';
    log.info('became leader', { identity, lease: this.#options.lease.name });
    this.#tell(`${identity} became leader`);
    onLeading();
  }

  #lose(): void {
    const { log, identity, lease, onLost } = this.#options;
    this.#end();
    log.error('lost the lease', { identity, lease: lease.name });
    this.#tell(`${identity} stopped leading`);
    onLost();
  }

  #end(): void {
    this.#state = 'over';
    this.#timer?.[Symbol.dispose]();
    this.#deadline?.[Symbol.dispose]();
  }

  /** Whether the lease is ours after this attempt. */
  async #try(): Promise<boolean> {
    const { clock, log, identity } = this.#options;
    const startedMs = clock.now();
    try {
      const held = await this.#acquireOrRenew();
      if (held) this.#renewedMs = startedMs;
      return held;
    } catch (error) {
      log.debug('could not take the lease', { identity, error: errorText(error) });
      return false;
    }
  }

  async #acquireOrRenew(): Promise<boolean> {
    const { client, clock, lease: key, identity, leaseDurationMs } = this.#options;
    let current: DeepReadonly<Lease>;
    try {
      current = await client.get(leases, key);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      this.#observe(
        await client.create(leases, {
          metadata: { ...(key.namespace === undefined ? {} : { namespace: key.namespace }), name: key.name },
          spec: this.#spec(undefined),
        }),
      );
      return true;
    }
    if (this.#observed?.metadata.resourceVersion !== current.metadata.resourceVersion) this.#observe(current);
    const { holderIdentity = '', leaseDurationSeconds } = current.spec ?? {};
    const durationMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
    if (holderIdentity !== '' && holderIdentity !== identity && this.#observedMs + durationMs > clock.now())
      return false;
    this.#observe(await client.update(leases, { ...current, spec: { ...current.spec, ...this.#spec(current.spec) } }));
    return true;
  }

  #spec(before: Spec | undefined): Spec {
    const { identity, leaseDurationMs, clock } = this.#options;
    const now = rfc3339Micro(clock.now());
    const ours = before?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(leaseDurationMs / 1000),
      acquireTime: ours ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: before === undefined ? 0 : (before.leaseTransitions ?? 0) + (ours ? 0 : 1),
    };
  }

  #observe(lease: DeepReadonly<Lease>): void {
    this.#observed = lease;
    this.#observedMs = this.#options.clock.now();
  }

  async #release(): Promise<void> {
    const { client, clock, log } = this.#options;
    const lease = this.#observed;
    if (lease === undefined) return;
    const now = rfc3339Micro(clock.now());
    try {
      await client.update(leases, {
        ...lease,
        spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
      });
    } catch (error) {
      log.debug('could not give the lease back', { error: errorText(error) });
    }
  }

  #tell(message: string): void {
    const { events } = this.#options;
    if (events === undefined || this.#observed === undefined) return;
    void events.record({ regarding: this.#observed, type: 'Normal', reason: 'LeaderElection', message });
  }
}
