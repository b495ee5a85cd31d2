/** What the programs of single components have in common: they reach an API server over HTTPS and run until told to end. */
import { readFileSync } from 'node:fs';
import { HostError, type Clock, type Log, type Random } from '../base/mod.ts';
import { currentAccess, UsageError, type Invocation } from '../cli/mod.ts';
import { HttpClient, InformerCache, type Client } from '../client/mod.ts';
import { HttpsTransport } from '../host/http/mod.ts';
import { jsonLog, systemClock, systemRandom, type LogLevel } from '../host/system.ts';

export interface ComponentWorld {
  readonly client: Client;
  readonly cache: InformerCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** PEM of the CA that signed the API server's certificate. */
  readonly certificateAuthority: string;
}

/** Runs `start` with a client made from --kubeconfig; what it returns is disposed of at the end. */
export async function runComponent(
  name: string,
  invocation: Invocation,
  start: (world: ComponentWorld) => Promise<AsyncDisposable>,
): Promise<void> {
  const path = invocation.string('kubeconfig');
  if (path === undefined) throw new UsageError(`kutter ${name} needs --kubeconfig FILE`);
  const { token, ...access } = currentAccess(read(path), read);
  const log = componentLog(invocation).with({ component: name });
  await using stack = new AsyncDisposableStack();
  const transport = stack.use(
    new HttpsTransport({ ...access, ...(token === undefined ? {} : { token: () => token }) }),
  );
  const client = new HttpClient(transport);
  const cache = stack.use(new InformerCache({ client, clock: systemClock, log }));
  stack.use(
    await start({
      client,
      cache,
      clock: systemClock,
      random: systemRandom,
      log,
      certificateAuthority: access.certificateAuthority,
    }),
  );
  log.info('started', { server: access.server });
  await untilEnd();
}

export function componentLog(invocation: Invocation): Log {
  return jsonLog((line) => void process.stderr.write(line), (invocation.string('log-level') ?? 'info') as LogLevel);
}

/** Resolves when the process is told to end. A second signal ends it at once. */
export function untilEnd(): Promise<void> {
  // Timers and idle connections do not keep a process alive.
  const alive = setInterval(() => undefined, 1 << 30);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        clearInterval(alive);
        resolve();
      });
    }
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HostError('NotFound', `cannot read ${path}`, { cause });
  }
}
