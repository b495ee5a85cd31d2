/** A simulated machine: its container runtime and files outlive the kubelet that runs on it. */
import type { Clock, Log, Random } from '../src/base/mod.ts';
import { EventRecorder, InformerCache } from '../src/client/mod.ts';
import { Kubelet, kubeletConfig, simulatedHost, SimulatedRuntime, type SimulatedHost } from '../src/kubelet/mod.ts';
import { usualConfig } from '../src/machinery/mod.ts';
import { FaultyClient, type SimulatedNetwork } from './faulty-client.ts';
import { Program, type Running } from './program.ts';

export interface MachineWorld {
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

const machineCpus = 4;
const machineMemoryBytes = 4 * 1024 ** 3;

export class SimulatedMachine {
  readonly name: string;
  readonly runtime: SimulatedRuntime;
  readonly kubelet: Program;
  readonly #host: SimulatedHost;
  readonly #nodeIP: string;
  #removed = false;
  #runtimeDown = false;

  /** `missingImages` may change: images that cannot be pulled at the moment. */
  constructor(world: MachineWorld, index: number, missingImages: readonly string[]) {
    const { clock } = world;
    this.name = `node-${index}`;
    this.#nodeIP = `172.16.0.${index + 1}`;
    this.runtime = new SimulatedRuntime({
      clock,
      nodeName: this.name,
      // Until the node has its pod CIDR; nobody else's.
      network: `10.200.${index}`,
      pullMs: 200,
      sandboxMs: 50,
      behaviour: { startMs: 300, stopMs: 500 },
      missingImages,
    });
    const runtime = this.runtime;
    this.#host = simulatedHost({
      runtime,
      clock,
      nodeName: this.name,
      nodeIP: this.#nodeIP,
      cpus: machineCpus,
      memoryBytes: machineMemoryBytes,
    });
    this.kubelet = new Program(() => this.#startKubelet(world), world.onFailure);
  }

  /** Switched off for good. */
  get removed(): boolean {
    return this.#removed;
  }

  remove(): void {
    this.#removed = true;
    this.kubelet.retire();
    this.runtime.reboot();
  }

  /** The runtime is out of order and comes back as it was. */
  setRuntimeDown(down: boolean): void {
    this.#runtimeDown = down;
    this.runtime.setDown(down);
  }

  /** Ends one of the running containers, as a crash or the kernel's out-of-memory killer does. */
  async crashContainer(random: Random): Promise<string> {
    if (this.#runtimeDown) return 'nobody knows which';
    const running = await this.runtime.listContainers({ state: 'CONTAINER_RUNNING' });
    const container = running[Math.floor(random.next() * running.length)];
    if (container === undefined) return 'none runs';
    const outOfMemory = random.next() < 0.5;
    this.runtime.crash(container.id, outOfMemory ? 137 : 1, outOfMemory ? 'OOMKilled' : '');
    return `${container.id}${outOfMemory ? ' out of memory' : ''}`;
  }

  #startKubelet({ network, clock, random, log }: MachineWorld): Running {
    const user = { username: `system:node:${this.name}`, groups: ['system:nodes', 'system:authenticated'] };
    const client = new FaultyClient(network, this.name, user);
    const cache = new InformerCache({ client, clock, log });
    const events = new EventRecorder({ client, clock, log }, { component: 'kubelet', host: this.name });
    const config = kubeletConfig({
      nodeName: this.name,
      nodeIPs: [this.#nodeIP],
      clusterDns: { servers: ['10.96.0.10'], domain: usualConfig.clusterDomain },
    });
    const { runtime } = this;
    const host = this.#host;
    const kubelet = new Kubelet({ client, cache, events, runtime, host, clock, random, log, config });
    return {
      clients: [client],
      cache,
      started: kubelet.start(),
      stop: () => kubelet[Symbol.asyncDispose](),
    };
  }
}
