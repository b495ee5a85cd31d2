/**
 * The kubelet: brings the pods that the API gives this node to run in the container runtime, and tells the API how they
 * and the node are. A restarted one finds its pods by their labels and goes on.
 */
import { errorText, HostError, sleep, TerminalError } from '../base/mod.ts';
import { pods, services, type Pod } from '../api/mod.ts';
import { isApiError } from '../machinery/mod.ts';
import type { Informer } from '../client/mod.ts';
import { admit } from './admission.ts';
import { ConfigObjects } from './config-objects.ts';
import { ContainerStarter } from './container-start.ts';
import { Gate } from './gate.ts';
import { Housekeeping } from './housekeeping.ts';
import { Images } from './images.ts';
import { terminationMessage } from './last-words.ts';
import { NodeAgent } from './node-agent.ts';
import { addresses } from './node-status.ts';
import { memoryDirectory, podsDirectory } from './paths.ts';
import { PodVolumes } from './pod-volumes.ts';
import { PodWorkers } from './pod-workers.ts';
import type { ContainerStatus, MachineFacts } from './ports.ts';
import { Prober } from './prober.ts';
import { RuntimeWatch } from './runtime-watch.ts';
import { Sandboxes } from './sandboxes.ts';
import { StatusWriter } from './status-writer.ts';
import { Tokens } from './tokens.ts';
import type { KubeletWorld } from './world.ts';

const startRetryMinMs = 100;
const startRetryMaxMs = 5_000;

export class Kubelet implements AsyncDisposable {
  readonly world: KubeletWorld;
  readonly #stopping = new AbortController();
  readonly #stack = new AsyncDisposableStack();
  readonly #messages = new Map<string, string>();
  #parts: Parts | undefined;

  constructor(world: KubeletWorld) {
    this.world = world;
  }

  /** Resolves when the node is registered and its pods are being worked on. */
  async start(): Promise<this> {
    const { host, config, cache } = this.world;
    const machine = await host.node.machine();
    await Promise.all([
      host.files.makeDirectory(podsDirectory(config), { mode: 0o750 }),
      host.files.mountTmpfs(memoryDirectory(config), { mode: 0o750 }),
      host.files.makeDirectory(config.podLogsDirectory, { mode: 0o755 }),
    ]);
    const parts = this.#assemble(machine);
    this.#parts = parts;
    const informer = cache.informer(pods, { fieldSelector: `spec.nodeName=${config.nodeName}` });
    cache.informer(services);
    await this.#untilItWorks('register the node', () => parts.node.start());
    await this.#untilItWorks('list what the runtime has', () => parts.watch.start());
    await informer.reached(0);
    parts.ready = true;
    this.#follow(informer, parts);
    parts.housekeeping.start();
    return this;
  }

  /** The parts of a started kubelet, for its server. */
  get parts(): Parts {
    if (this.#parts === undefined) throw new TerminalError('the kubelet has not been started');
    return this.#parts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new TerminalError('the kubelet is being stopped'));
    await this.#stack.disposeAsync();
  }

  #assemble(machine: MachineFacts): Parts {
    const { world } = this;
    const stack = this.#stack;
    const hostIPs = addresses({ config: world.config, machine }).flatMap(({ type, address }) =>
      type === 'InternalIP' ? [address] : [],
    );
    const starts = new Gate(world.config.startsMax);
    const objects = stack.use(new ConfigObjects(world, (uid) => parts.workers.volumesChanged(uid)));
    const tokens = new Tokens(world);
    const volumes = new PodVolumes(world, { objects, tokens });
    const watch = stack.use(
      new RuntimeWatch(world, {
        changed: (uid) => parts.workers.wake(uid),
        ended: (_, container) => this.#ended(container),
      }),
    );
    const prober = stack.use(new Prober(world, (uid) => parts.workers.wake(uid)));
    const writer = stack.use(new StatusWriter(world));
    const node = stack.use(
      new NodeAgent(world, machine, { problem: () => watch.problem, onNetworkReady: () => parts.workers.wakeAll() }),
    );
    const allocatable = (): Readonly<Record<string, string>> => node.node?.status?.allocatable ?? {};
    const starter = new ContainerStarter(world, {
      watch,
      volumes,
      objects,
      gate: starts,
      machine,
      allocatable,
      hostIPs: () => hostIPs,
    });
    const workers = stack.use(
      new PodWorkers(world, {
        watch,
        prober,
        writer,
        volumes,
        images: new Images(world),
        sandboxes: new Sandboxes(world, watch, starts),
        starter,
        messages: this.#messages,
        synced: () => parts.ready,
        admit: (pod, others) => (node.node === undefined ? undefined : admit({ pod, others, node: node.node })),
        networkProblem: () => node.networkProblem(),
        hostIPs: () => hostIPs,
        runtimeName: () => node.runtimeName,
        allocatable,
      }),
    );
    const housekeeping = stack.use(new Housekeeping(world, { workers, watch, volumes, node }));
    const parts: Parts = { workers, watch, node, housekeeping, machine, ready: false };
    return parts;
  }

  #follow(informer: Informer<Pod>, { workers, watch }: Parts): void {
    const subscription = informer.subscribe((changes) => {
      for (const { object, previous } of changes) {
        // A pod that was deleted and made again under its name is another pod.
        if (previous !== undefined && previous.metadata.uid !== object?.metadata.uid) workers.remove(previous);
        if (object !== undefined) workers.update(object);
      }
    });
    this.#stack.use(subscription);
    for (const uid of watch.uids()) workers.adoptOrphan(uid);
  }

  /** Fetches the last words of a container before anybody hears that it ended. */
  async #ended(container: ContainerStatus): Promise<void> {
    try {
      const message = await terminationMessage(this.world.host, container);
      if (message !== undefined) this.#messages.set(container.id, message);
    } catch (error) {
      this.world.log.info('could not read the last words of a container', {
        container: container.id,
        error: errorText(error),
      });
    }
  }

  async #untilItWorks(what: string, work: () => Promise<void>): Promise<void> {
    for (let delayMs = startRetryMinMs; ; delayMs = Math.min(startRetryMaxMs, delayMs * 2)) {
      try {
        return await work();
      } catch (error) {
        if (!isApiError(error) && !(error instanceof HostError)) throw error;
        this.world.log.warn(`could not ${what} yet`, { error: errorText(error) });
      }
      await sleep(this.world.clock, delayMs, this.#stopping.signal);
    }
  }
}

export interface Parts {
  readonly workers: PodWorkers;
  readonly watch: RuntimeWatch;
  readonly node: NodeAgent;
  readonly housekeeping: Housekeeping;
  readonly machine: MachineFacts;
  /** Both the API's pods and the runtime's containers are known. */
  ready: boolean;
}
