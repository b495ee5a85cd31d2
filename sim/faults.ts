/** What goes wrong, at random: each fault begins at once and, where it lasts, ends by itself. */
import type { Random } from '../src/base/mod.ts';
import { calmRates, type Rates } from './faulty-client.ts';
import type { World } from './world.ts';

const badRates: Rates = {
  latencyMsMax: 40,
  lagMsMax: 400,
  lost: 0.02,
  unanswered: 0.03,
  refused: 0.04,
  broken: 0.02,
  expired: 0.01,
};
const lastsMsMax = 90_000;
const serverAwayMsMax = 12_000;

export class Faults {
  readonly #world: World;
  readonly #random: Random;
  readonly #ends = new Set<() => void>();
  readonly #timers = new Set<Disposable>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    world.network.rates = badRates;
  }

  async step(): Promise<void> {
    const world = this.#world;
    const machine = world.machines[Math.floor(this.#random.next() * world.machines.length)];
    const faults: readonly (readonly [weight: number, name: string, begin: () => string | Promise<string>])[] = [
      [3, 'restart the controllers', () => this.#restart(world.controllers, '')],
      [3, 'restart the scheduler', () => this.#restart(world.scheduler, '')],
      [4, 'restart the API server', () => this.#restartServer()],
      [3, 'cut off the controllers', () => this.#cutOff('controllers')],
      [2, 'cut off the scheduler', () => this.#cutOff('scheduler')],
      [4, 'cut off', () => this.#cutOff(machine?.name ?? '')],
      [
        4,
        'restart the kubelet of',
        () => (machine === undefined || machine.removed ? 'nobody' : this.#restart(machine.kubelet, machine.name)),
      ],
      [6, 'crash a container', async () => (await machine?.crashContainer(this.#random)) ?? ''],
      [
        1,
        'reboot',
        () => {
          machine?.runtime.reboot();
          return machine?.name ?? '';
        },
      ],
      [
        2,
        'stop the runtime of',
        () => {
          machine?.setRuntimeDown(true);
          return `${machine?.name ?? ''} for ${this.#lasting(() => machine?.setRuntimeDown(false))}`;
        },
      ],
      [2, 'lose an image', () => this.#loseImage()],
      [
        2,
        'let the disk fail',
        () => {
          world.disk.failing = 0.05;
          return `for ${this.#lasting(() => (world.disk.failing = 0))}`;
        },
      ],
      [
        1,
        'set the clock',
        () => {
          const ms = Math.round((this.#random.next() - 0.3) * 20_000);
          world.clock.offsetMs += ms;
          return `by ${ms} ms`;
        },
      ],
    ];
    let luck = this.#random.next() * faults.reduce((sum, [weight]) => sum + weight, 0);
    const [, name, begin] = faults.find(([weight]) => (luck -= weight) < 0) ?? faults[0] ?? [0, '', () => ''];
    world.did(`FAULT ${name} ${await begin()}`);
  }

  /** Everything works from now on. */
  stop(): void {
    for (const timer of this.#timers) timer[Symbol.dispose]();
    for (const end of this.#ends) end();
    this.#ends.clear();
    this.#world.network.rates = calmRates;
    this.#world.did('the faults are over');
  }

  #lasting(end: () => void, msMax = lastsMsMax): string {
    const ms = Math.round(this.#random.next() ** 2 * msMax);
    this.#ends.add(end);
    this.#timers.add(
      this.#world.clock.after(ms, () => {
        this.#ends.delete(end);
        end();
      }),
    );
    return `${ms} ms`;
  }

  #restart(program: { kill(): void; start(): void }, name: string): string {
    program.kill();
    return `${name} for ${this.#lasting(() => program.start())}`;
  }

  #restartServer(): string {
    this.#world.crashServer();
    return `for ${this.#lasting(() => this.#world.boot(), serverAwayMsMax)}`;
  }

  #cutOff(name: string): string {
    this.#world.network.cutOff.add(name);
    return `${name} for ${this.#lasting(() => this.#world.network.cutOff.delete(name))}`;
  }

  #loseImage(): string {
    const image = `docker.io/library/app:${Math.floor(this.#random.next() * 5)}`;
    this.#world.missingImages.push(image);
    const found = (): number => this.#world.missingImages.indexOf(image);
    return `${image} for ${this.#lasting(() => void (found() >= 0 && this.#world.missingImages.splice(found(), 1)))}`;
  }
}
