/** Handlers of probes and lifecycle hooks, carried out: a command in the container, a request, a connection. */
import { errorText, HostError, sleep, type DeepReadonly } from '../base/mod.ts';
import type { HTTPGetAction, LifecycleHandler, Probe } from '../api/mod.ts';
import { goDuration, goQuote } from '../machinery/mod.ts';
import { expand } from './expansion.ts';
import type { ContainerView } from './pod.ts';
import type { KubeletWorld } from './world.ts';

export interface HandlerTarget {
  readonly container: ContainerView;
  readonly containerId: string;
  readonly podIP: string;
}

export interface ProbeOutcome {
  readonly result: 'success' | 'failure' | 'warning' | 'error';
  readonly output: string;
}

type Needs = Pick<KubeletWorld, 'runtime' | 'host' | 'clock' | 'config'>;

const outputBytesMax = 10 * 1024;

export async function runProbe(world: Needs, probe: DeepReadonly<Probe>, target: HandlerTarget): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.exec !== undefined) return await execProbe(world, probe.exec.command ?? [], target, timeoutMs);
    if (probe.httpGet !== undefined) return await httpProbe(world, probe.httpGet, target, timeoutMs);
    if (probe.tcpSocket !== undefined) {
      const port = portNumber(target.container, probe.tcpSocket.port);
      await world.host.dialer.tcp(hostOr(probe.tcpSocket.host, target.podIP), port, timeoutMs);
      return { result: 'success', output: '' };
    }
    if (probe.grpc !== undefined) {
      const status = await world.host.dialer.grpc(target.podIP, probe.grpc.port, probe.grpc.service ?? '', timeoutMs);
      if (status === 'SERVING') return { result: 'success', output: 'service healthy' };
      return { result: 'failure', output: `service unhealthy (responded with ${goQuote(status)})` };
    }
    return { result: 'error', output: 'missing probe handler' };
  } catch (error) {
    // A target that does not answer is what a probe is there to find; anything else is a failure of ours.
    const refused = probe.exec === undefined && !(error instanceof HostError && error.code === 'InvalidPort');
    return { result: refused ? 'failure' : 'error', output: errorText(error) };
  }
}

async function execProbe(
  { runtime }: Needs,
  command: readonly string[],
  target: HandlerTarget,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const expanded = withStaticEnv(command, target.container);
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(
      target.containerId,
      expanded,
      Math.ceil(timeoutMs / 1000),
    );
    const output = (textOf(stdout) + textOf(stderr)).slice(0, outputBytesMax);
    return { result: exitCode === 0 ? 'success' : 'failure', output };
  } catch (error) {
    if (!(error instanceof HostError) || error.code !== 'DeadlineExceeded') throw error;
    return {
      result: 'failure',
      output: `command timed out: ${goQuote(expanded.join(' '))} timed out after ${goDuration(timeoutMs)}`,
    };
  }
}

/** Only variables with a literal value: the others are not known outside of the container. */
function withStaticEnv(command: readonly string[], { env = [] }: ContainerView): string[] {
  const values = new Map(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])));
  return command.map((part) => expand(part, (name) => values.get(name)));
}

async function httpProbe(
  world: Needs,
  action: DeepReadonly<HTTPGetAction>,
  target: HandlerTarget,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const version = world.config.kubeletVersion.replace(/^v(\d+\.\d+).*$/, '$1');
  const { status, body } = await world.host.dialer.http(
    httpRequest(action, target, timeoutMs, `kube-probe/${version}`),
  );
  if (status >= 200 && status < 400) {
    // Redirects on the same host were followed: this one leads elsewhere, and the target answered.
    if (status >= 300) return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` };
    return { result: 'success', output: body };
  }
  return { result: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
}

function httpRequest(
  action: DeepReadonly<HTTPGetAction>,
  target: HandlerTarget,
  timeoutMs: number,
  agent: string,
): Parameters<Needs['host']['dialer']['http']>[0] {
  const { scheme = 'HTTP', path = '/', httpHeaders = [] } = action;
  const host = hostOr(action.host, target.podIP);
  const port = portNumber(target.container, action.port);
  const url = `${scheme.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port}${path.startsWith('/') ? path : `/${path}`}`;
  const given = httpHeaders.map(({ name, value }) => [name, value] as const);
  const has = (name: string): boolean => given.some(([key]) => key.toLowerCase() === name);
  const defaults = (
    [
      ['user-agent', agent],
      ['accept', '*/*'],
    ] as const
  ).filter(([name]) => !has(name));
  return { url, headers: [...given.filter(([, value]) => value !== ''), ...defaults], timeoutMs };
}

function hostOr(host: string | undefined, podIP: string): string {
  return host === undefined || host === '' ? podIP : host;
}

/** A port by number or by name. */
function portNumber({ ports = [] }: ContainerView, port: number | string): number {
  if (typeof port === 'number') return port;
  const named =
    ports.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined);
  if (named === undefined) throw new HostError('InvalidPort', `couldn't find port: ${goQuote(port)} in container`);
  return named;
}

/** Runs a hook to its end; rejects when it fails. */
export async function runHook(
  world: Needs,
  handler: DeepReadonly<LifecycleHandler>,
  target: HandlerTarget,
  signal: AbortSignal,
): Promise<void> {
  if (handler.exec !== undefined) {
    const { exitCode, stderr } = await world.runtime.execSync(target.containerId, handler.exec.command ?? [], 0, {
      signal,
    });
    if (exitCode !== 0)
      throw new HostError(
        'HookFailed',
        `command '${(handler.exec.command ?? []).join(' ')}' exited with ${exitCode}: ${textOf(stderr)}`,
      );
  } else if (handler.httpGet !== undefined) {
    const { status } = await world.host.dialer.http(
      httpRequest(handler.httpGet, target, 30_000, 'kube-lifecycle/1.36'),
    );
    if (status >= 400) throw new HostError('HookFailed', `HTTP hook failed with statuscode: ${status}`);
  } else if (handler.tcpSocket !== undefined) {
    await world.host.dialer.tcp(
      hostOr(handler.tcpSocket.host, target.podIP),
      portNumber(target.container, handler.tcpSocket.port),
      30_000,
    );
  } else if (handler.sleep !== undefined) {
    await sleep(world.clock, handler.sleep.seconds * 1000, signal);
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.length > outputBytesMax ? bytes.subarray(0, outputBytesMax) : bytes);
}
