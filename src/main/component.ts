/** What the programs of single components have in common: they reach an API server over HTTPS and run until told to end. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errorText, HostError, uuid, type Clock, type Log, type Random } from '../base/mod.ts';
import { currentAccess, UsageError, type ClusterAccess, type Invocation } from '../cli/mod.ts';
import { EventRecorder, HttpClient, InformerCache, LeaderElection, type Client } from '../client/mod.ts';
import { HttpsTransport } from '../host/http/mod.ts';
import { jsonLog, stayAlive, systemClock, systemRandom, toldToEnd, type LogLevel } from '../host/system.ts';

export interface ComponentWorld {
  readonly client: Client;
  readonly cache: InformerCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly access: ClusterAccess;
}

/** Runs `start` with a client made from --kubeconfig; what it returns is disposed of at the end. */
export async function runComponent(
  name: string,
  invocation: Invocation,
  start: (world: ComponentWorld) => Promise<AsyncDisposable>,
): Promise<void> {
  const path = invocation.string('kubeconfig');
  if (path === undefined) throw new UsageError(`kutter ${name} needs --kubeconfig FILE`);
  const access = currentAccess(readText(path), readText);
  const { token, ...tls } = access;
  const log = componentLog(invocation).with({ component: name });
  await using stack = new AsyncDisposableStack();
  const transport = stack.use(new HttpsTransport({ ...tls, ...(token === undefined ? {} : { token: () => token }) }));
  const client = new HttpClient(transport, name === 'kubelet' ? name : `kube-${name}`);
  const cache = stack.use(new InformerCache({ client, clock: systemClock, log }));
  stack.use(
    await start({
      client,
      cache,
      clock: systemClock,
      random: systemRandom,
      log,
      access,
    }),
  );
  log.info('started', { server: access.server });
  await untilEnd();
}

/**
 * As `runComponent`, for what only one program of a cluster may do at a time: `start` is called once this one leads. A
 * program that loses the lease ends, and whoever keeps it running starts a new candidate.
 */
export function runLeading(
  name: string,
  invocation: Invocation,
  start: (world: ComponentWorld) => Promise<AsyncDisposable>,
): Promise<void> {
  return runComponent(name, invocation, async (world) => {
    const { client, clock, random, log } = world;
    const stack = new AsyncDisposableStack();
    const end = (message: string, error?: unknown): void => {
      log.error(message, error === undefined ? {} : { error: errorText(error) });
      process.exit(1);
    };
    const begin = async (): Promise<void> => void stack.use(await start(world));
    const election = new LeaderElection({
      client,
      clock,
      random,
      log,
      lease: { namespace: 'kube-system', name: `kube-${name}` },
      identity: `${hostname()}_${uuid(random)}`,
      events: new EventRecorder(world, { component: name }),
      onLeading: () => void begin().catch((error: unknown) => end('could not start', error)),
      onLost: () => end('lost the lease'),
    });
    stack.use(election.start());
    return stack;
  });
}

export function componentLog(invocation: Invocation): Log {
  return jsonLog((line) => void process.stderr.write(line), (invocation.string('log-level') ?? 'info') as LogLevel);
}

export async function untilEnd(): Promise<void> {
  using _alive = stayAlive();
  await toldToEnd();
}

/** Throws HostError `NotFound`. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HostError('NotFound', `cannot read ${path}`, { cause });
  }
}
