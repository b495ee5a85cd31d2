/** A node without containers: the real kubelet over the simulated runtime. For tests, and for thousands of hollow nodes. */
import type { Clock, Log, Random } from '../base/mod.ts';
import { EventRecorder, InformerCache, type Client } from '../client/mod.ts';
import {
  Kubelet,
  kubeletConfig,
  KubeletServer,
  simulatedHost,
  SimulatedRuntime,
  type Behaviour,
  type SimulatedHost,
} from '../kubelet/mod.ts';
import { clusterAddresses, usualNetworks } from './networks.ts';

export interface SimulatedNodeOptions {
  readonly name: string;
  /** Counts the nodes of a cluster from 0; addresses follow from it. */
  readonly index: number;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly clusterDomain: string;
  /** How containers behave unless an annotation of their pod says otherwise. */
  readonly behaviour?: Partial<Behaviour>;
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

export class SimulatedNode implements AsyncDisposable {
  readonly name: string;
  readonly runtime: SimulatedRuntime;
  readonly host: SimulatedHost;
  readonly #cache: InformerCache;
  readonly server: KubeletServer;
  readonly #kubelet: Kubelet;

  constructor(options: SimulatedNodeOptions) {
    const { name, index, client, clock, random, log, clusterDomain, behaviour, cpus, memoryBytes } = options;
    this.name = name;
    const nodeIP = `172.${16 + Math.floor(index / 65_536)}.${Math.floor(index / 256) % 256}.${index % 256}`;
    this.runtime = new SimulatedRuntime({
      clock,
      nodeName: name,
      network: `10.244.${index % 256}`,
      ...(behaviour === undefined ? {} : { behaviour }),
    });
    this.host = simulatedHost({
      runtime: this.runtime,
      clock,
      nodeName: name,
      nodeIP,
      ...(cpus === undefined ? {} : { cpus }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
    });
    this.#cache = new InformerCache({ client, clock, log });
    const events = new EventRecorder({ client, clock, log }, { component: 'kubelet', host: name });
    const config = kubeletConfig({
      nodeName: name,
      nodeIPs: [nodeIP],
      clusterDns: { servers: [clusterAddresses(usualNetworks).dnsIp], domain: clusterDomain },
    });
    this.#kubelet = new Kubelet({
      client,
      cache: this.#cache,
      events,
      runtime: this.runtime,
      host: this.host,
      clock,
      random,
      log,
      config,
    });
    this.server = new KubeletServer(this.#kubelet);
  }

  async start(): Promise<this> {
    await this.#kubelet.start();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubelet[Symbol.asyncDispose]();
    this.#cache[Symbol.dispose]();
  }
}
