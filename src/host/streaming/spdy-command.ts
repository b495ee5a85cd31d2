/**
 * exec and attach over a SPDY connection. The client opens one stream for each of error, stdin, stdout, stderr and
 * resize, told apart by the header `streamType`; the server answers once all that the request announced are there.
 */
import type { Duplex } from 'node:stream';
import { HostError, type RemoteCommandConnection, type RemoteCommandOptions } from '../../base/mod.ts';
import type { RemoteCommandStreams } from '../../base/mod.ts';
import { effectiveOptions, protocolVersion, readStatus, terminalSizes, writeStatus } from './remote-command.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

export const STREAM_CREATION_MS = 30_000;

type StreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

function expectedStreams(options: RemoteCommandOptions, version: number): StreamType[] {
  const expected: StreamType[] = ['error'];
  if (options.stdin) expected.push('stdin');
  if (options.stdout) expected.push('stdout');
  if (options.stderr) expected.push('stderr');
  if (options.tty && version >= 3) expected.push('resize');
  return expected;
}

/** Serves one command on a socket that was upgraded to SPDY. */
export async function serveSpdyCommand(
  socket: Duplex,
  protocol: string,
  requested: RemoteCommandOptions,
): Promise<RemoteCommandStreams> {
  const version = protocolVersion(protocol);
  const expected = expectedStreams(effectiveOptions(requested), version);
  const streams = new Map<StreamType, SpdyStream>();
  const complete = Promise.withResolvers<void>();
  const connection = new SpdyConnection(socket, {
    role: 'server',
    accept: (headers) => {
      const type = expected.find((name) => name === headers.get('streamtype'));
      if (!type || streams.has(type)) return undefined;
      return (stream) => {
        streams.set(type, stream);
        if (streams.size === expected.length) complete.resolve();
      };
    },
  });
  const cut = (): void => complete.reject(connection.signal.reason);
  connection.signal.addEventListener('abort', cut, { once: true });
  const timer = setTimeout(() => {
    complete.reject(new HostError('Timeout', 'timed out waiting for client to create streams'));
    connection.close();
  }, STREAM_CREATION_MS);
  try {
    await complete.promise;
  } finally {
    clearTimeout(timer);
    connection.signal.removeEventListener('abort', cut);
  }
  return commandStreams(connection, streams, version);
}

function commandStreams(
  connection: SpdyConnection,
  streams: ReadonlyMap<StreamType, SpdyStream>,
  version: number,
): RemoteCommandStreams {
  const [error, stdin, stdout, stderr, resize] = (['error', 'stdin', 'stdout', 'stderr', 'resize'] as const).map(
    (type) => streams.get(type),
  );
  if (!error) throw new HostError('Protocol', 'there is no error stream');
  // Nothing is expected there, and what comes must not stop the rest.
  for (const stream of [error, stdout, stderr]) stream?.input.discard();
  let finished: Promise<void> | undefined;
  return {
    ...(stdin ? { stdin: stdin.input } : {}),
    ...(stdout ? { stdout: stdout.output } : {}),
    ...(stderr ? { stderr: stderr.output } : {}),
    ...(resize ? { resize: terminalSizes(resize.input) } : {}),
    signal: connection.signal,
    finish: (status) =>
      (finished ??= (async () => {
        stdin?.input.discard();
        resize?.input.discard();
        try {
          await Promise.all([stdout?.output.end(), stderr?.output.end()]);
          await writeStatus(error.output, status, version);
          await error.output.end();
        } catch {
          // The client is gone; it cannot be told anything.
        }
        connection.close();
      })()),
  };
}

/** Asks for one command on a socket that was upgraded to SPDY. */
export async function openSpdyCommand(
  socket: Duplex,
  protocol: string,
  requested: RemoteCommandOptions,
): Promise<RemoteCommandConnection> {
  const version = protocolVersion(protocol);
  const connection = new SpdyConnection(socket, { role: 'client' });
  const opened = expectedStreams(effectiveOptions(requested), version).map(async (type) => {
    return [type, await connection.open(new Map([['streamtype', type]]))] as const;
  });
  const streams = await Promise.all(opened)
    .then((pairs) => new Map<StreamType, SpdyStream>(pairs))
    .catch((error: unknown) => {
      connection.close();
      throw error;
    });
  const [error, stdin, stdout, stderr, resize] = (['error', 'stdin', 'stdout', 'stderr', 'resize'] as const).map(
    (type) => streams.get(type),
  );
  if (!error) throw new HostError('Protocol', 'there is no error stream');
  for (const stream of [stdin, resize]) stream?.input.discard();
  const result = readStatus(error.input, version);
  result.catch(() => undefined);
  return {
    ...(stdin ? { stdin: stdin.output } : {}),
    ...(stdout ? { stdout: stdout.input } : {}),
    ...(stderr ? { stderr: stderr.input } : {}),
    ...(resize ? { resize: (size) => resize.output.write(Buffer.from(JSON.stringify(size))) } : {}),
    result,
    close: () => connection.close(),
  };
}
