/**
 * What the kubelet answers, as plain records: the composition root serves it over HTTPS on the node's port, or the API
 * server in the same process calls it directly. Who may ask is decided before.
 */
import {
  errorText,
  HostError,
  relayPortForward,
  relayRemoteCommand,
  type RemoteCommandOptions,
  type StreamUpgrade,
} from '../base/mod.ts';
import { goQuote } from '../machinery/mod.ts';
import { readContainerLog, type LogOptions } from './container-logs.ts';
import { containerStatus } from './container-status.ts';
import type { Kubelet } from './kubelet.ts';
import { metricsText, resourceMetricsText } from './metrics.ts';
import { containerNamed } from './pod.ts';
import type { PodRecord } from './pod-record.ts';
import type { ContainerStatus, PortForwardEndpoint, RemoteCommandEndpoint } from './ports.ts';
import { statsSummary } from './stats.ts';

export interface KubeletAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What is sent when that is more than a GET. */
export interface KubeletRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

const get: KubeletRequest = { method: 'GET', headers: {}, body: undefined };
/** By the first part of the path; what is not here takes any method. */
const methods: Readonly<Record<string, readonly string[]>> = {
  containerLogs: ['GET'],
  pods: ['GET'],
  runningpods: ['GET'],
  stats: ['GET'],
  run: ['POST'],
  exec: ['GET', 'POST'],
  attach: ['GET', 'POST'],
  portForward: ['GET', 'POST'],
};
/** As Go reads forms. */
const formBytesMax = 10 * 1024 * 1024;

const plain = 'text/plain; charset=utf-8';

/** A request that is answered with an HTTP error. */
class Refusal extends HostError {
  readonly status: number;
  constructor(status: number, message: string) {
    super('Refused', message);
    this.status = status;
  }
}

export class KubeletServer {
  readonly #kubelet: Kubelet;

  constructor(kubelet: Kubelet) {
    this.#kubelet = kubelet;
  }

  /** `path` with its query. Never rejects: what goes wrong is an answer. */
  async request(path: string, signal: AbortSignal, sent = get): Promise<KubeletAnswer> {
    const { pathname, searchParams } = new URL(path, 'http://kubelet');
    const [what = '', ...rest] = parts(pathname);
    try {
      if (methods[what]?.includes(sent.method) === false) return text(405, '405: Method Not Allowed');
      if (what === 'run') return await this.#run(rest, await formOf(sent, searchParams));
      return await this.#answer([what, ...rest], searchParams, signal);
    } catch (error) {
      return text(error instanceof Refusal ? error.status : 500, `${errorText(error)}\n`);
    }
  }

  /** Resolves when the session is over, or refused. */
  async upgrade(path: string, upgrade: StreamUpgrade): Promise<void> {
    const { pathname, searchParams } = new URL(path, 'http://kubelet');
    let begin: () => Promise<void>;
    try {
      begin = await this.#session(parts(pathname), searchParams, upgrade);
    } catch (error) {
      const code = error instanceof Refusal ? error.status : 500;
      const message = `${errorText(error)}`;
      const status = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message,
        reason: code === 404 ? 'NotFound' : 'InternalError',
        code,
      };
      return await upgrade.refuse(status);
    }
    await begin();
  }

  async #answer(
    [what, ...rest]: readonly string[],
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<KubeletAnswer> {
    const { parts: running } = this.#kubelet;
    switch (what) {
      case 'containerLogs':
        return this.#logs(rest, query, signal);
      case 'healthz':
        return text(200, 'ok');
      case 'pods':
      case 'runningpods':
        return json({
          kind: 'PodList',
          apiVersion: 'v1',
          metadata: {},
          items: [...running.workers.records()]
            .filter(({ removed }) => !removed)
            .map((record) => ({ ...record.pod, status: record.status ?? record.pod.status })),
        });
      case 'stats':
        if (rest[0] === 'summary') return json(await statsSummary(this.#kubelet));
        break;
      case 'metrics':
        if (rest.length === 0) return text(200, metricsText(this.#kubelet));
        if (rest[0] === 'resource') return text(200, resourceMetricsText(await statsSummary(this.#kubelet)));
        if (rest[0] === 'cadvisor' || rest[0] === 'probes') return text(200, '');
        break;
      case 'exec':
      case 'attach':
      case 'portForward':
        throw new Refusal(500, 'Upgrade request required');
      default:
    }
    throw new Refusal(404, '404 page not found');
  }

  /** Runs a command to its end and says what it said. */
  async #run([namespace = '', name = '', ...rest]: readonly string[], form: URLSearchParams): Promise<KubeletAnswer> {
    const { containerId } = this.#running(this.#record(namespace, name), rest.at(-1) ?? '');
    const command = (form.get('cmd') ?? '').split(' ');
    const { stdout, stderr, exitCode } = await this.#kubelet.world.runtime.execSync(containerId, command, 0);
    const said = new TextDecoder().decode(stderr);
    if (exitCode !== 0) throw new Refusal(500, `command '${command.join(' ')}' exited with ${exitCode}: ${said}`);
    return { status: 200, contentType: 'application/json', body: pieces(stdout, stderr) };
  }

  /** Refuses in upstream's words when the container does not run. */
  #running(record: PodRecord, container: string, about = ''): { readonly containerId: string } {
    const run = this.#kubelet.parts.watch
      .get(record.uid)
      .containers.find(({ metadata, state }) => metadata.name === container && state === 'CONTAINER_RUNNING');
    if (run === undefined) throw new Refusal(500, `${about}container not found (${goQuote(container)})`);
    return { containerId: run.id };
  }

  #logs(
    [namespace = '', name = '', container = '']: readonly string[],
    query: URLSearchParams,
    signal: AbortSignal,
  ): KubeletAnswer {
    const { host, clock } = this.#kubelet.world;
    const record = this.#record(namespace, name);
    const run = this.#loggedRun(record, container, query.get('previous') === 'true');
    const { watch } = this.#kubelet.parts;
    const isRunning = (): boolean =>
      watch.get(record.uid).containers.some(({ id, state }) => id === run.id && state === 'CONTAINER_RUNNING');
    const source = { files: host.logs, clock, path: run.logPath, isRunning, signal };
    return { status: 200, contentType: plain, body: readContainerLog(source, logOptions(query, clock.now())) };
  }

  /** The run whose log is meant; refuses in upstream's words when there is none. */
  #loggedRun(record: PodRecord, container: string, previous: boolean): ContainerStatus {
    const target = containerNamed(record.pod, container);
    const name = record.pod.metadata.name ?? '';
    if (target === undefined)
      throw new Refusal(404, `container ${goQuote(container)} not found in pod ${goQuote(name)}`);
    const facts = this.#kubelet.parts.workers.facts(record);
    const runs = facts.runtime.containers.filter(
      ({ metadata, state }) => metadata.name === container && state !== 'CONTAINER_CREATED',
    );
    const [newest, before] = runs;
    const about = `container ${goQuote(container)} in pod ${goQuote(name)}`;
    const { state } = containerStatus(facts, target);
    // A container that waits for its next run has as its previous run the newest one that there is.
    const last = newest?.state === 'CONTAINER_RUNNING' || state?.terminated !== undefined ? before : newest;
    if (previous) {
      if (last === undefined) throw new Refusal(400, `previous terminated ${about} not found`);
      return last;
    }
    if (newest !== undefined) return newest;
    const reason = state?.waiting?.reason ?? 'ContainerCreating';
    const why: Readonly<Record<string, string>> = {
      ErrImagePull: "image can't be pulled",
      ImagePullBackOff: 'trying and failing to pull image',
    };
    throw new Refusal(400, `${about} is waiting to start: ${why[reason] ?? reason}`);
  }

  async #session(
    [what, namespace = '', name = '', ...rest]: readonly string[],
    query: URLSearchParams,
    upgrade: StreamUpgrade,
  ): Promise<() => Promise<void>> {
    const { runtime } = this.#kubelet.world;
    const record = this.#record(namespace, name);
    const { watch } = this.#kubelet.parts;
    if (what === 'portForward') {
      const sandbox = watch.get(record.uid).sandboxes.find(({ state }) => state === 'SANDBOX_READY');
      if (sandbox === undefined)
        throw new Refusal(500, `unable to upgrade connection: sandbox of pod ${goQuote(name)} is not running`);
      const ports = query.getAll('port').map(Number);
      const endpoint = await runtime.portForward(sandbox.id, ports);
      return () => carryPortForward(upgrade, endpoint, ports);
    }
    if (what !== 'exec' && what !== 'attach') throw new Refusal(404, '404 page not found');
    // The pod's uid may stand before the container's name.
    const options = commandOptions(query);
    const run = this.#running(record, rest.at(-1) ?? '', 'unable to upgrade connection: ');
    const request = { ...run, ...options };
    const endpoint =
      what === 'exec'
        ? await runtime.exec({ ...request, cmd: query.getAll('command') })
        : await runtime.attach(request);
    return () => carryCommand(upgrade, endpoint, options);
  }

  #record(namespace: string, name: string): PodRecord {
    const found = [...this.#kubelet.parts.workers.records()].filter(
      ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    );
    // One that is on its way out may still hold the name.
    const record = found.find(({ removed }) => !removed) ?? found[0];
    if (record === undefined) throw new Refusal(404, `pod ${goQuote(`${name}_${namespace}`)} not found`);
    return record;
  }
}

function parts(pathname: string): string[] {
  return pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
}

function commandOptions(query: URLSearchParams): RemoteCommandOptions {
  const has = (name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');
  const tty = has('tty');
  return { stdin: has('input'), stdout: has('output'), stderr: has('error') && !tty, tty };
}

async function carryCommand(
  upgrade: StreamUpgrade,
  endpoint: RemoteCommandEndpoint,
  options: RemoteCommandOptions,
): Promise<void> {
  if (endpoint.kind === 'url') return await upgrade.forward({ url: endpoint.url }, { kind: 'remote-command', options });
  const client = await upgrade.acceptRemoteCommand(options);
  await relayRemoteCommand(client, await endpoint.connect());
}

async function carryPortForward(
  upgrade: StreamUpgrade,
  endpoint: PortForwardEndpoint,
  ports: readonly number[],
): Promise<void> {
  const session = { kind: 'port-forward' as const, ...(ports.length === 0 ? {} : { ports }) };
  if (endpoint.kind === 'url') return await upgrade.forward({ url: endpoint.url }, session);
  const client = await upgrade.acceptPortForward(ports);
  await relayPortForward(client, await endpoint.connect());
}

function logOptions(query: URLSearchParams, now: number): LogOptions {
  const number = (name: string): number | undefined => {
    const value = query.get(name);
    return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const [tailLines, limitBytes, sinceSeconds] = [number('tailLines'), number('limitBytes'), number('sinceSeconds')];
  const sinceTime = query.get('sinceTime');
  const sinceMs =
    sinceSeconds === undefined ? (sinceTime === null ? undefined : Date.parse(sinceTime)) : now - sinceSeconds * 1000;
  const stream = query.get('stream')?.toLowerCase();
  return {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceMs === undefined || Number.isNaN(sinceMs) ? {} : { sinceMs }),
    ...(stream === 'stdout' || stream === 'stderr' ? { stream } : {}),
  };
}

function text(status: number, content: string): KubeletAnswer {
  return { status, contentType: plain, body: once(content) };
}

function json(value: unknown): KubeletAnswer {
  return { status: 200, contentType: 'application/json', body: once(JSON.stringify(value)) };
}

/** The fields of a form that was posted, then those of the query. */
async function formOf({ headers, body }: KubeletRequest, query: URLSearchParams): Promise<URLSearchParams> {
  const type = [headers['content-type'] ?? ''].flat()[0] ?? '';
  if (body === undefined || type.split(';')[0]?.trim() !== 'application/x-www-form-urlencoded') return query;
  const decoder = new TextDecoder();
  let posted = '';
  for await (const chunk of body) {
    posted += decoder.decode(chunk, { stream: true });
    if (posted.length > formBytesMax) throw new Refusal(400, 'http: request body too large');
  }
  return new URLSearchParams([...new URLSearchParams(posted), ...query]);
}

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const chunk of chunks) if (chunk.length > 0) yield chunk;
}

async function* once(content: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (content !== '') yield new TextEncoder().encode(content);
}
