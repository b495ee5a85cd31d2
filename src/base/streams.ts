/**
 * The streams of exec, attach and port-forward as ports. Whoever runs a command (a container runtime, the simulator) or
 * carries it further (API server, kubelet) sees byte streams and an end, never the protocol they came in.
 *
 * What always holds: a source that is not read stops its sender and a write that is not awaited is a mistake, so no side
 * buffers without bound; the end of a source is its peer's half-close, and a peer that vanished is an error instead.
 */
import { errorText, HostError } from './errors.ts';

/** Bytes that arrive, for one reader. Leaving the loop early throws away what is still to come. */
export type ByteSource = AsyncIterable<Uint8Array>;

/** Where bytes go. */
export interface ByteSink {
  /** Resolves when there is room for more; rejects once the receiver is gone. The chunk may not be changed afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Half-close: the receiver sees the end, the other direction stays open. Doing it again has no effect. */
  end(): Promise<void>;
}

export interface ByteDuplex {
  readonly input: ByteSource;
  readonly output: ByteSink;
}

/** Columns and rows, spelled as they travel on the resize stream. */
export interface TerminalSize {
  readonly Width: number;
  readonly Height: number;
}

/** How a command ended: the part of `metav1.Status` that the error stream carries. */
export interface RemoteCommandStatus {
  readonly metadata?: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
  readonly code?: number;
}

/** Which streams a client asked for. With a terminal there is no stderr: the terminal has but one output. */
export interface RemoteCommandOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** One exec or attach as the side that runs the command sees it. Only the streams that were asked for are there. */
export interface RemoteCommandStreams {
  readonly stdin?: ByteSource;
  readonly stdout?: ByteSink;
  readonly stderr?: ByteSink;
  readonly resize?: AsyncIterable<TerminalSize>;
  /** Aborts when the client is gone, whether it said goodbye or was cut off. */
  readonly signal: AbortSignal;
  /** Tells the client how the command ended, after all output, and ends the session. Only the first call counts. */
  finish(status: RemoteCommandStatus): Promise<void>;
}

/** One exec or attach as the side that asked for it sees it. */
export interface RemoteCommandConnection {
  readonly stdin?: ByteSink;
  readonly stdout?: ByteSource;
  readonly stderr?: ByteSource;
  /** There with a terminal only. */
  resize?(size: TerminalSize): Promise<void>;
  /** How the command ended. Rejects when the session was cut before that was known. */
  readonly result: Promise<RemoteCommandStatus>;
  /** Ends the session from this side. */
  close(): void;
}

/** One forwarded connection as the side with the target port sees it. */
export interface PortForwardStream extends ByteDuplex {
  readonly port: number;
  /** Ends this connection; a text says what went wrong and is shown to the person at the other end. */
  finish(error?: string): Promise<void>;
}

/** A client's forwarded connections, in the order in which they are opened, until the client leaves. */
export interface PortForwardSession extends AsyncIterable<PortForwardStream> {
  readonly signal: AbortSignal;
  close(): void;
}

/** One forwarded connection as the side that opened it sees it. */
export interface ForwardedConnection extends ByteDuplex {
  /** The other side's complaint, or undefined when it had none. Settles at the end of the connection. */
  readonly error: Promise<string | undefined>;
  /** Gives the connection up in both directions. */
  reset(): void;
}

/** Opens forwarded connections to ports of one pod. */
export interface PortForwardConnection {
  open(port: number): Promise<ForwardedConnection>;
  /** Aborts when the session is over. */
  readonly signal: AbortSignal;
  close(): void;
}

/** Keys and certificates are PEM. */
export interface UpgradeTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly insecureSkipTlsVerify?: boolean;
}

/** Where a request is carried on to: a kubelet, or the streaming server of a container runtime. */
export interface UpgradeTarget {
  readonly url: string;
  /** Several values are several headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly tls?: UpgradeTls;
}

/**
 * A request to change to a streaming protocol, not answered yet. The server decides (authentication, authorization,
 * admission) and then calls exactly one of the methods.
 */
export interface StreamUpgrade {
  /** `tunnel` is SPDY inside a WebSocket; `other` can only be forwarded or refused. */
  readonly transport: 'spdy' | 'websocket' | 'tunnel' | 'other';
  /** Runs here. Rejects, after having answered the client, when there is no protocol both sides speak. */
  acceptRemoteCommand(options: RemoteCommandOptions): Promise<RemoteCommandStreams>;
  /** Runs here. `ports` are those of the query; only plain WebSocket clients name them there. */
  acceptPortForward(ports?: readonly number[]): Promise<PortForwardSession>;
  /** Carries the request on; resolves when the session is over. With equal protocols, byte for byte. */
  forward(target: UpgradeTarget, session: ForwardedSession): Promise<void>;
  /** Answers with an HTTP error instead. `status` is a `metav1.Status`; its code becomes the response's. */
  refuse(status: { readonly code?: number }, headers?: Readonly<Record<string, string>>): Promise<void>;
}

/** What a forwarded request is about; `raw` is any other upgrade and is never translated. */
export type ForwardedSession =
  | { readonly kind: 'remote-command'; readonly options: RemoteCommandOptions }
  | { readonly kind: 'port-forward'; readonly ports?: readonly number[] }
  | { readonly kind: 'raw' };

/** The status of a command that ended by itself. */
export function exitStatus(exitCode: number): RemoteCommandStatus {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The status of a command that could not be run, or whose end is not known. */
export function commandFailure(error: unknown): RemoteCommandStatus {
  const message = `Internal error occurred: ${errorText(error)}`;
  return {
    metadata: {},
    status: 'Failure',
    message,
    reason: 'InternalError',
    details: { causes: [{ message: errorText(error) }] },
    code: 500,
  };
}

/** The exit code that a status carries; undefined when the command did not get to end by itself. */
export function exitCodeOf(status: RemoteCommandStatus): number | undefined {
  if (status.status === 'Success') return 0;
  if (status.reason !== 'NonZeroExitCode') return undefined;
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  return /^\d{1,3}$/.test(cause?.message ?? '') ? Number(cause?.message) : undefined;
}

/** Copies until the source ends, then half-closes the sink. */
export async function pipeBytes(source: ByteSource, sink: ByteSink): Promise<void> {
  for await (const chunk of source) await sink.write(chunk);
  await sink.end();
}

/** Joins a client with the command it asked for. Resolves when the session is over; both sides are closed then. */
export async function relayRemoteCommand(
  client: RemoteCommandStreams,
  command: RemoteCommandConnection,
): Promise<void> {
  const close = (): void => command.close();
  if (client.signal.aborted) close();
  client.signal.addEventListener('abort', close, { once: true });
  const { stdin, stdout, stderr, resize } = client;
  // A command that no longer reads is not an error: it still has its output and its end to deliver.
  if (stdin && command.stdin) void pipeBytes(stdin, command.stdin).catch(() => undefined);
  if (resize) void relaySizes(resize, command).catch(() => undefined);
  let status: RemoteCommandStatus;
  try {
    const copies = [pipeOrDrop(command.stdout, stdout), pipeOrDrop(command.stderr, stderr)];
    [status] = await Promise.all([command.result, ...copies]);
  } catch (error) {
    status = commandFailure(error);
  }
  client.signal.removeEventListener('abort', close);
  await client.finish(status);
  command.close();
}

async function pipeOrDrop(source: ByteSource | undefined, sink: ByteSink | undefined): Promise<void> {
  if (source && sink) await pipeBytes(source, sink);
}

async function relaySizes(sizes: AsyncIterable<TerminalSize>, command: RemoteCommandConnection): Promise<void> {
  for await (const size of sizes) await command.resize?.(size);
}

/** Joins a client's forwarded connections with a target. Resolves when the client or the target has gone. */
export async function relayPortForward(client: PortForwardSession, target: PortForwardConnection): Promise<void> {
  const closeTarget = (): void => target.close();
  const closeClient = (): void => client.close();
  client.signal.addEventListener('abort', closeTarget, { once: true });
  target.signal.addEventListener('abort', closeClient, { once: true });
  try {
    if (target.signal.aborted) throw new HostError('Cut', 'the target of the port-forward is gone');
    for await (const stream of client) void relayForwarded(stream, target);
  } finally {
    client.signal.removeEventListener('abort', closeTarget);
    target.signal.removeEventListener('abort', closeClient);
    target.close();
    client.close();
  }
}

async function relayForwarded(stream: PortForwardStream, target: PortForwardConnection): Promise<void> {
  let failure: string | undefined;
  try {
    const forwarded = await target.open(stream.port);
    void pipeBytes(stream.input, forwarded.output).catch(() => forwarded.reset());
    await pipeBytes(forwarded.input, stream.output).catch((error: unknown) => {
      forwarded.reset();
      throw error;
    });
    failure = await forwarded.error;
    forwarded.reset();
  } catch (error) {
    failure = errorText(error);
  }
  await stream.finish(failure).catch(() => undefined);
}
