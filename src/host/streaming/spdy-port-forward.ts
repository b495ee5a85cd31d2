/**
 * port-forward over a SPDY connection. Each forwarded connection is a pair of streams, error and data, that carry the
 * same `requestID`; the pair's `port` says where it goes.
 */
import type { Duplex } from 'node:stream';
import type { ForwardedConnection, PortForwardConnection, PortForwardSession } from '../../base/mod.ts';
import { type PortForwardStream } from '../../base/mod.ts';
import { PullQueue } from './pull-queue.ts';
import { readText } from './remote-command.ts';
import { STREAM_CREATION_MS } from './spdy-command.ts';
import type { SpdyHeaders } from './spdy-frames.ts';
import { SpdyConnection, type SpdyStream } from './spdy.ts';

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  readonly timer: NodeJS.Timeout;
}

/** Serves forwarded connections on a socket that was upgraded to SPDY. */
export function serveSpdyPortForward(socket: Duplex): PortForwardSession {
  const pairs = new Map<string, Pair>();
  const ready = new PullQueue<PortForwardStream>({ cost: () => 1, costMax: Infinity, relieved: () => undefined });
  const connection = new SpdyConnection(socket, {
    role: 'server',
    accept: (headers, streamId) => {
      const port = portOf(headers);
      const type = headers.get('streamtype');
      if (port === undefined || (type !== 'error' && type !== 'data')) return undefined;
      const requestId = requestIdOf(headers, streamId);
      if (pairs.get(requestId)?.[type]) return undefined;
      return (stream) => {
        const pair = pairs.get(requestId) ?? { timer: pairTimer(pairs, requestId) };
        pair[type] = stream;
        pairs.set(requestId, pair);
        if (!pair.error || !pair.data) return;
        clearTimeout(pair.timer);
        pairs.delete(requestId);
        ready.push(forwardStream(port, pair.error, pair.data));
      };
    },
  });
  connection.signal.addEventListener(
    'abort',
    () => {
      for (const pair of pairs.values()) clearTimeout(pair.timer);
      pairs.clear();
      ready.end();
    },
    { once: true },
  );
  return {
    signal: connection.signal,
    close: () => connection.close(),
    [Symbol.asyncIterator]: () => ready,
  };
}

function portOf(headers: SpdyHeaders): number | undefined {
  const text = headers.get('port') ?? '';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** Old clients send no identifier, but open the error stream and at once the data stream, whose number is two higher. */
function requestIdOf(headers: SpdyHeaders, streamId: number): string {
  const given = headers.get('requestid');
  if (given) return given;
  return String(headers.get('streamtype') === 'data' ? streamId - 2 : streamId);
}

function pairTimer(pairs: Map<string, Pair>, requestId: string): NodeJS.Timeout {
  return setTimeout(() => {
    const pair = pairs.get(requestId);
    pairs.delete(requestId);
    pair?.data?.reset();
    if (!pair?.error) return;
    const { output } = pair.error;
    const text = `(request=${requestId}) timed out waiting for streams`;
    void Promise.all([output.write(Buffer.from(text)), output.end()]).catch(() => undefined);
  }, STREAM_CREATION_MS).unref();
}

function forwardStream(port: number, error: SpdyStream, data: SpdyStream): PortForwardStream {
  error.input.discard();
  return {
    port,
    input: data.input,
    output: data.output,
    finish: async (message) => {
      data.input.discard();
      if (message !== undefined) await error.output.write(Buffer.from(message));
      await Promise.all([data.output.end(), error.output.end()]);
    },
  };
}

/** Opens forwarded connections on a socket that was upgraded to SPDY. */
export function openSpdyPortForward(socket: Duplex): PortForwardConnection {
  const connection = new SpdyConnection(socket, { role: 'client' });
  let requests = 0;
  return {
    signal: connection.signal,
    close: () => connection.close(),
    open: async (port) => {
      const requestId = String(requests++);
      const headers = (type: string): SpdyHeaders =>
        new Map([
          ['streamtype', type],
          ['port', String(port)],
          ['requestid', requestId],
        ]);
      const [error, data] = await Promise.all([connection.open(headers('error')), connection.open(headers('data'))]);
      return forwardedConnection(error, data);
    },
  };
}

function forwardedConnection(error: SpdyStream, data: SpdyStream): ForwardedConnection {
  void error.output.end().catch(() => undefined);
  const complaint = readText(error.input).then((text) => (text === '' ? undefined : text));
  complaint.catch(() => undefined);
  return {
    input: data.input,
    output: data.output,
    error: complaint,
    reset: () => {
      data.reset();
      error.reset();
    },
  };
}
