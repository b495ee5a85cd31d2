/**
 * The streams of exec, attach and port-forward without any wire: the two ends of a session in one process, for a runtime
 * that is simulated. Nothing is buffered: a write resolves when its chunk has been taken.
 */
import { errorText, HostError } from './errors.ts';
import {
  type ByteSink,
  type ByteSource,
  commandFailure,
  type ForwardedConnection,
  type PortForwardConnection,
  type PortForwardStream,
  type RemoteCommandConnection,
  type RemoteCommandOptions,
  type RemoteCommandStatus,
  type RemoteCommandStreams,
  type TerminalSize,
} from './streams.ts';

/** One direction between two parties that take turns. */
export class Pipe<T> implements AsyncIterableIterator<T, undefined> {
  #state: 'open' | 'ended' | 'abandoned' = 'open';
  #error: HostError | undefined;
  #offered: { readonly item: T; readonly taken: PromiseWithResolvers<void> }[] = [];
  #reader: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;

  /** Resolves once the reader has taken the item; rejects when it will not. */
  write(item: T): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(this.#error ?? new HostError('Cut', 'the stream is closed'));
    if (this.#reader) {
      this.#reader.resolve({ value: item, done: false });
      this.#reader = undefined;
      return Promise.resolve();
    }
    const taken = Promise.withResolvers<void>();
    this.#offered.push({ item, taken });
    return taken.promise;
  }

  /** What was offered before can still be taken. */
  end(): Promise<void> {
    if (this.#state === 'open') this.#state = 'ended';
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = undefined;
    return Promise.resolve();
  }

  /** Both parties get the error; a pipe that has ended stays as it is. */
  cut(error: HostError): void {
    if (this.#state === 'open') this.#error = error;
    this.#abandon(error);
    if (this.#error) this.#reader?.reject(error);
    this.#reader = undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const offer = this.#offered.shift();
    if (offer) {
      offer.taken.resolve();
      return Promise.resolve({ value: offer.item, done: false });
    }
    if (this.#error) return Promise.reject(this.#error);
    if (this.#state !== 'open') return Promise.resolve({ value: undefined, done: true });
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#abandon(new HostError('Cut', 'nobody reads the stream any more'));
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #abandon(error: HostError): void {
    if (this.#state === 'open') this.#state = 'abandoned';
    for (const { taken } of this.#offered.splice(0)) taken.reject(error);
  }
}

/**
 * Runs a command in this process and answers the session as its client sees it. The command ends the session with
 * `finish`; when it throws, the client gets an internal error instead.
 */
export function runLocalCommand(
  options: RemoteCommandOptions,
  command: (streams: RemoteCommandStreams) => Promise<void>,
): RemoteCommandConnection {
  const stdin = options.stdin ? new Pipe<Uint8Array>() : undefined;
  const stdout = options.stdout ? new Pipe<Uint8Array>() : undefined;
  const stderr = options.stderr && !options.tty ? new Pipe<Uint8Array>() : undefined;
  const resize = options.tty ? new Pipe<TerminalSize>() : undefined;
  const pipes = [stdin, stdout, stderr, resize];
  const result = Promise.withResolvers<RemoteCommandStatus>();
  result.promise.catch(() => undefined);
  const abort = new AbortController();
  const close = (): void => {
    if (abort.signal.aborted) return;
    const error = new HostError('Cut', 'the session is closed');
    for (const pipe of pipes) pipe?.cut(error);
    result.reject(error);
    abort.abort(error);
  };
  let finished = false;
  const finish = async (status: RemoteCommandStatus): Promise<void> => {
    if (finished) return;
    finished = true;
    await Promise.all([stdin?.return(), resize?.return(), stdout?.end(), stderr?.end()]);
    result.resolve(status);
  };
  const ends = { ...(stdin ? { stdin } : {}), ...(stdout ? { stdout } : {}), ...(stderr ? { stderr } : {}) };
  const running = command({ ...ends, ...(resize ? { resize } : {}), signal: abort.signal, finish });
  void running.catch((error: unknown) => finish(commandFailure(error)));
  return {
    ...ends,
    ...(resize ? { resize: (size) => resize.write(size) } : {}),
    result: result.promise,
    close,
  };
}

/** Answers a session whose connections are handed to `connect` in this process. */
export function forwardLocalPorts(connect: (stream: PortForwardStream) => Promise<void>): PortForwardConnection {
  const abort = new AbortController();
  const open = new Set<ForwardedConnection>();
  return {
    signal: abort.signal,
    open: (port) => {
      if (abort.signal.aborted) return Promise.reject(new HostError('Cut', 'the session is closed'));
      const connection = localConnection(port, connect);
      open.add(connection);
      void connection.error.catch(() => undefined).then(() => open.delete(connection));
      return Promise.resolve(connection);
    },
    close: () => {
      for (const connection of open) connection.reset();
      abort.abort(new HostError('Cut', 'the session is closed'));
    },
  };
}

function localConnection(port: number, connect: (stream: PortForwardStream) => Promise<void>): ForwardedConnection {
  const inward = new Pipe<Uint8Array>();
  const outward = new Pipe<Uint8Array>();
  const complaint = Promise.withResolvers<string | undefined>();
  const finish = async (error?: string): Promise<void> => {
    await Promise.all([inward.return(), outward.end()]);
    complaint.resolve(error);
  };
  const input: ByteSource = inward;
  const output: ByteSink = outward;
  void connect({ port, input, output, finish }).catch((error: unknown) => finish(errorText(error)));
  return {
    input: outward,
    output: inward,
    error: complaint.promise,
    reset: () => {
      const error = new HostError('Cut', 'the connection was given up');
      inward.cut(error);
      outward.cut(error);
      complaint.resolve(undefined);
    },
  };
}
