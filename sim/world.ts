/**
 * A whole cluster in one seed: API server and store on a simulated disk, controllers, scheduler and kubelets over simulated
 * runtimes, in virtual time, with a network in between that fails as it is told.
 *
 * What always holds: nothing happens but while time advances, and the seed alone decides what.
 */
import { kinds } from '../src/api/mod.ts';
import {
  HostError,
  seededRandom,
  silentLog,
  VirtualClock,
  type Clock,
  type Log,
  type Random,
} from '../src/base/mod.ts';
import { EventRecorder, fixedResources, InformerCache, type Client } from '../src/client/mod.ts';
import { controllerUser, startControllers } from '../src/controllers/mod.ts';
import type { UserInfo } from '../src/machinery/mod.ts';
import { Scheduler } from '../src/scheduler/mod.ts';
import { calmRates, FaultyClient, type SimulatedNetwork } from './faulty-client.ts';
import { SimulatedHistory } from './history.ts';
import { SimulatedDisk } from './journal.ts';
import { SimulatedMachine } from './machine.ts';
import { Program, type Running } from './program.ts';
import { SafetyRules } from './safety.ts';
import { SimulatedServer } from './server.ts';

export interface WorldOptions {
  readonly seed: number;
  /** A turn of the host's event loop. */
  readonly rest: () => Promise<void>;
  readonly log?: Log;
  /** How many past revisions the store keeps. */
  readonly historyRevisionsMax?: number;
}

const admin: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const startLimitMs = 120_000;

/** A clock whose wall time may be set, as people and NTP do; what measures durations goes on. */
class AdjustableClock implements Clock {
  readonly #clock: Clock;
  offsetMs = 0;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  now(): number {
    return this.#clock.now() + this.offsetMs;
  }
  monotonic(): number {
    return this.#clock.monotonic();
  }
  after(delayMs: number, fire: () => void): Disposable {
    return this.#clock.after(delayMs, fire);
  }
}

export class World {
  readonly clock: AdjustableClock;
  readonly history: SimulatedHistory;
  readonly network: SimulatedNetwork;
  readonly disk: SimulatedDisk;
  readonly machines: SimulatedMachine[] = [];
  readonly controllers: Program;
  readonly scheduler: Program;
  /** Images that no node can pull at the moment. */
  readonly missingImages: string[] = [];
  /** The last things that were done to this world, for whoever has to find out what went wrong. */
  readonly actions: string[] = [];
  readonly #virtual: VirtualClock;
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #log: Log;
  readonly #failures: unknown[] = [];
  #server: SimulatedServer | undefined;
  #booting: SimulatedServer | undefined;
  #boots = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#virtual = new VirtualClock({ rest: options.rest });
    this.clock = new AdjustableClock(this.#virtual);
    this.#random = seededRandom(options.seed * 31 + 1);
    const rules = new SafetyRules();
    this.history = new SimulatedHistory(
      new Map(kinds.map((kind) => [`${kind.group}/${kind.plural}`, kind.collection ?? ''])),
      (happening) => this.#guarded(() => rules.check(happening, this.history)),
    );
    const witness: SimulatedNetwork['witness'] = {
      watching: (resource, watch) => {
        const saw = this.history.watching(resource, watch);
        return (object, deleted) => this.#guarded(() => saw(object, deleted));
      },
    };
    this.network = {
      clock: this.clock,
      random: seededRandom(options.seed * 31 + 2),
      witness,
      server: () => this.#server,
      rates: calmRates,
      cutOff: new Set(),
    };
    this.disk = new SimulatedDisk({
      clock: this.clock,
      random: this.#random,
      onDurable: (records) => this.#guarded(() => this.history.record(records)),
    });
    const onFailure = (error: unknown): void => void this.#failures.push(error);
    this.controllers = new Program(() => this.#startControllers(), onFailure);
    this.scheduler = new Program(() => this.#startScheduler(), onFailure);
  }

  static async start(options: WorldOptions, machines: number): Promise<World> {
    const world = new World(options);
    world.boot();
    await world.advanceUntil(() => world.#server !== undefined, startLimitMs);
    world.controllers.start();
    world.scheduler.start();
    for (let i = 0; i < machines; i++) world.addMachine();
    return world;
  }

  /** The administrator's own connection, which is good. Undefined while there is no server. */
  get client(): Client | undefined {
    return this.#server?.api.client(admin);
  }

  get server(): SimulatedServer | undefined {
    return this.#server;
  }

  get failures(): readonly unknown[] {
    return this.#failures;
  }

  /** Calls as the administrator; rejects with HostError when the server dies meanwhile or is not there. */
  asAdmin<T>(call: (client: Client) => Promise<T>): Promise<T> {
    const server = this.#server;
    if (server === undefined) return Promise.reject(new HostError('ECONNREFUSED', 'there is no API server'));
    return server.call(admin, call);
  }

  did(what: string): void {
    this.actions.push(`${(this.clock.monotonic() / 1000).toFixed(3)}s r${this.history.revision} ${what}`);
  }

  /** Lets time pass, and throws what was found to be wrong meanwhile. */
  async advance(ms: number): Promise<void> {
    await this.#virtual.advance(ms);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async advanceUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const came = await this.#virtual.run(limitMs, done);
    if (this.#failures.length > 0) throw this.#failures[0];
    return came;
  }

  /** Carries on until `work` settles, for what takes time itself. */
  async during<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => void (settled = true);
    work.then(end, end);
    await this.advanceUntil(() => settled, startLimitMs);
    return work;
  }

  addMachine(): SimulatedMachine {
    const world = {
      network: this.network,
      clock: this.clock,
      random: this.#random,
      log: this.#log,
      onFailure: (error: unknown) => void this.#failures.push(error),
    };
    const machine = new SimulatedMachine(world, this.machines.length, this.missingImages);
    this.machines.push(machine);
    machine.kubelet.start();
    return machine;
  }

  /** Starts the API server from what the disk has. */
  boot(): void {
    if (this.#server !== undefined || this.#booting !== undefined) return;
    const boot = ++this.#boots;
    const { historyRevisionsMax = 20_000 } = this.#options;
    const opening = SimulatedServer.open({
      journal: this.disk.mount(),
      clock: this.clock,
      random: this.#random,
      log: this.#log,
      limits: { historyRevisionsMax, historyBytesMax: 64 << 20 },
    });
    opening
      .then((server) => {
        this.#booting = server;
        return server.ready();
      })
      .then(
        (server) => {
          if (boot !== this.#boots) return;
          this.#booting = undefined;
          this.#server = server;
        },
        (error: unknown) => {
          if (boot !== this.#boots) return;
          // As its supervisor would: a disk that refused to write may write again.
          this.crashServer();
          if (error instanceof HostError) this.clock.after(1000, () => this.boot());
          else this.#failures.push(error);
        },
      );
  }

  crashServer(): void {
    this.#boots += 1;
    this.disk.crash();
    this.#booting?.die();
    this.#server?.die();
    this.#booting = undefined;
    this.#server = undefined;
  }

  /** Ends everything; the clock stands still. */
  stop(): void {
    for (const { kubelet } of this.machines) kubelet.kill();
    this.controllers.kill();
    this.scheduler.kill();
    this.crashServer();
  }

  #startControllers(): Running {
    const clients: FaultyClient[] = [];
    const clientFor = (user: UserInfo): FaultyClient => {
      const client = new FaultyClient(this.network, 'controllers', user);
      clients.push(client);
      return client;
    };
    const { clock } = this;
    const log = this.#log;
    const cache = new InformerCache({ client: clientFor(admin), clock, log });
    const starting = startControllers(
      {
        clientFor: (account) => clientFor(controllerUser(account)),
        cache,
        resources: fixedResources(kinds.filter(({ collection }) => collection !== undefined)),
        clock,
        log,
      },
      { rootCa: 'none' },
    );
    return { clients, cache, started: starting, stop: async () => (await starting)[Symbol.asyncDispose]() };
  }

  #startScheduler(): Running {
    const { clock } = this;
    const log = this.#log;
    const user = { username: 'system:kube-scheduler', groups: ['system:authenticated'] };
    const client = new FaultyClient(this.network, 'scheduler', user);
    const cache = new InformerCache({ client, clock, log });
    const events = new EventRecorder({ client, clock, log }, { component: 'default-scheduler' });
    const scheduler = new Scheduler({ client, cache, events, clock, log });
    return { clients: [client], cache, started: scheduler.start(), stop: () => scheduler[Symbol.asyncDispose]() };
  }

  #guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#failures.push(error);
    }
  }
}
