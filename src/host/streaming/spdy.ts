/**
 * A SPDY/3.1 connection over any duplex, as server or as client, in the dialect that Kubernetes' peers speak: they never
 * send WINDOW_UPDATE and never wait for one, so the only back-pressure there is is the socket's. A stream whose reader is
 * slow therefore stops the reading of the whole connection, once its queue is full; a stream nobody reads is dropped
 * instead, so an abandoned one cannot block the rest.
 *
 * What always holds: a peer costs a bounded amount of memory; every stream's queue ends or fails; `signal` aborts once,
 * when the peer is gone.
 */
import type { Duplex } from 'node:stream';
import { type ByteSink, HostError } from '../../base/mod.ts';
import { ByteQueue } from './pull-queue.ts';
import {
  controlFrame,
  dataFrameHeader,
  FLAG_FIN,
  FrameReader,
  FrameType,
  HeaderDecoder,
  HeaderEncoder,
  ResetStatus,
  type SpdyHeaders,
  words,
} from './spdy-frames.ts';

const DATA_FRAME_BYTES_MAX = 32 * 1024;
const STREAMS_MAX = 4096;
/** Answers (pongs, resets) that a peer makes us write while it does not read them. */
const ANSWERS_BYTES_MAX = 1024 * 1024;
const PING_PERIOD_MS = 5_000;
/** How long a closed connection still swallows what the peer sends, so that a TCP reset does not destroy our output. */
const LINGER_MS = 5_000;

export interface SpdyOptions {
  readonly role: 'server' | 'client';
  /** Decides about a stream that the peer wants to open: undefined refuses it, a function receives it. */
  readonly accept?: (headers: SpdyHeaders, streamId: number) => ((stream: SpdyStream) => void) | undefined;
}

/** What a stream needs of its connection. */
interface StreamOwner {
  send(...parts: Uint8Array[]): Promise<void>;
  forget(streamId: number): void;
  resume(): void;
}

export class SpdyStream {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly input: ByteQueue;
  readonly output: ByteSink;
  readonly #owner: StreamOwner;
  #localOpen = true;
  #remoteOpen = true;
  #wasReset = false;

  constructor(id: number, headers: SpdyHeaders, owner: StreamOwner) {
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
    this.input = new ByteQueue(() => owner.resume());
    this.output = { write: (chunk) => this.#write(chunk), end: () => this.#end() };
  }

  /** Gives the stream up in both directions. */
  reset(status: number = ResetStatus.cancel): void {
    this.input.discard();
    if (!this.#localOpen && !this.#remoteOpen) return;
    void this.#owner.send(controlFrame(FrameType.rstStream, 0, words(this.id, status))).catch(() => undefined);
    this.#close(true, true);
  }

  /** For the connection: the peer sent something or is gone. */
  received(piece: Buffer, end: boolean): void {
    if (this.#remoteOpen) this.input.push(piece);
    if (end) this.#close(false, true);
  }

  /** For the connection. A reset after the last byte is how Go's servers close, so it reads as an end. */
  wasReset(): void {
    this.#wasReset = true;
    this.#close(true, true);
  }

  wasCut(error: HostError): void {
    this.input.fail(error);
    this.#close(true, true);
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.byteLength; offset += DATA_FRAME_BYTES_MAX) {
      if (!this.#localOpen) throw new HostError('Cut', `stream ${this.id} is ${this.#wasReset ? 'reset' : 'closed'}`);
      const piece = chunk.subarray(offset, offset + DATA_FRAME_BYTES_MAX);
      await this.#owner.send(dataFrameHeader(this.id, 0, piece.byteLength), piece);
    }
  }

  async #end(): Promise<void> {
    if (!this.#localOpen) return;
    const sent = this.#owner.send(dataFrameHeader(this.id, FLAG_FIN, 0));
    this.#close(true, false);
    await sent;
  }

  #close(local: boolean, remote: boolean): void {
    if (local) this.#localOpen = false;
    if (remote) {
      this.#remoteOpen = false;
      this.input.end();
    }
    if (!this.#localOpen && !this.#remoteOpen) this.#owner.forget(this.id);
  }
}

type Opening = { stream: SpdyStream; resolve(stream: SpdyStream): void; reject(error: unknown): void };

export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #opening = new Map<number, Opening>();
  readonly #encoder = new HeaderEncoder();
  readonly #decoder = new HeaderDecoder();
  readonly #reader: FrameReader;
  readonly #abort = new AbortController();
  readonly #pings: NodeJS.Timeout;
  #nextStreamId: number;
  #nextPingId: number;
  #lastPeerStreamId = 0;
  #goingAway = false;
  #closing = false;
  #gone: HostError | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  readonly #owner: StreamOwner = {
    send: (...parts) => this.#send(...parts),
    forget: (streamId) => void this.#streams.delete(streamId),
    resume: () => this.#regulate(),
  };

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextStreamId = this.#nextPingId = options.role === 'client' ? 1 : 2;
    this.#reader = new FrameReader({
      control: (type, flags, payload) => this.#control(type, flags, payload),
      data: (streamId, piece, end) => this.#data(streamId, piece, end),
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onGone(new HostError('Cut', 'the connection was closed by the other side')));
    socket.on('error', (error) => this.#onGone(new HostError('Cut', 'the connection broke', { cause: error })));
    socket.on('close', () => this.#onGone(new HostError('Cut', 'the connection was closed')));
    // A client's pings keep idle connections open on the way; a server pings only when it does not read, to find out
    // that a client has died which it would otherwise read from the socket.
    this.#pings = setInterval(() => {
      if (options.role === 'client' || socket.isPaused()) this.#ping();
    }, PING_PERIOD_MS).unref();
  }

  /** Aborts when the connection is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Opens a stream; resolves once the peer has accepted it. */
  open(headers: SpdyHeaders): Promise<SpdyStream> {
    if (this.#gone || this.#goingAway || this.#closing) {
      return Promise.reject(this.#gone ?? new HostError('Cut', 'the connection is closing'));
    }
    if (this.#streams.size >= STREAMS_MAX) return Promise.reject(new HostError('Limit', 'too many open streams'));
    const stream = new SpdyStream(this.#nextStreamId, headers, this.#owner);
    this.#nextStreamId += 2;
    this.#streams.set(stream.id, stream);
    const opened = Promise.withResolvers<SpdyStream>();
    this.#opening.set(stream.id, { stream, ...opened });
    const payload = Buffer.concat([words(stream.id, 0), Buffer.alloc(2), this.#encoder.encode(headers)]);
    this.#send(controlFrame(FrameType.synStream, 0, payload)).catch(opened.reject);
    return opened.promise;
  }

  /** Says goodbye: what was written is still delivered, what the peer sends is dropped. */
  close(): void {
    if (this.#closing || this.#gone) return;
    this.#closing = true;
    for (const stream of this.#streams.values()) stream.reset();
    void this.#send(controlFrame(FrameType.goAway, 0, words(this.#lastPeerStreamId, 0))).catch(() => undefined);
    this.#socket.end();
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once('close', () => clearTimeout(linger));
  }

  #receive(chunk: Buffer): void {
    if (this.#closing || this.#gone) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#onGone(new HostError('Protocol', 'the other side broke the SPDY protocol', { cause: error }));
      this.#socket.destroy();
      return;
    }
    if (this.#socket.writableLength > ANSWERS_BYTES_MAX) this.#socket.pause();
  }

  #data(streamId: number, piece: Buffer, end: boolean): void {
    const stream = this.#streams.get(streamId);
    stream?.received(piece, end);
    if (stream?.input.full) this.#socket.pause();
  }

  /** After something that held up the reading has given way. */
  #regulate(): void {
    if (this.#closing || this.#gone) return;
    if (this.#socket.writableLength > ANSWERS_BYTES_MAX) return;
    for (const stream of this.#streams.values()) if (stream.input.full) return;
    this.#socket.resume();
  }

  #control(type: number, flags: number, payload: Buffer): void {
    const id = (): number => payload.readUInt32BE(0) & 0x7fffffff;
    switch (type) {
      case FrameType.synStream:
        return this.#onSynStream(id(), flags, this.#decoder.decode(payload.subarray(10)));
      case FrameType.synReply:
        this.#decoder.decode(payload.subarray(4));
        return this.#onSynReply(id(), flags);
      case FrameType.headers:
        // Not used by anyone, but the compression window has to move.
        this.#decoder.decode(payload.subarray(4));
        return;
      case FrameType.rstStream:
        return this.#onReset(id(), payload.readUInt32BE(4));
      case FrameType.ping:
        // Identifiers of our own parity are answers to our pings.
        if (payload.readUInt32BE(0) % 2 === this.#nextPingId % 2) return;
        void this.#send(controlFrame(FrameType.ping, 0, payload.subarray(0, 4))).catch(() => undefined);
        return;
      case FrameType.goAway:
        this.#goingAway = true;
        return;
      default:
      // SETTINGS and WINDOW_UPDATE do not concern us; the draft wants unknown frames ignored.
    }
  }

  #onSynStream(streamId: number, flags: number, headers: SpdyHeaders): void {
    if (streamId % 2 === this.#nextStreamId % 2 || streamId <= this.#lastPeerStreamId) {
      throw new HostError('Protocol', `stream ${streamId} cannot be opened`);
    }
    this.#lastPeerStreamId = streamId;
    const room = this.#streams.size < STREAMS_MAX && !this.#goingAway;
    const receive = room ? this.#options.accept?.(headers, streamId) : undefined;
    const stream = new SpdyStream(streamId, headers, this.#owner);
    if (!receive) return stream.reset(ResetStatus.refusedStream);
    this.#streams.set(streamId, stream);
    const reply = Buffer.concat([words(streamId), this.#encoder.encode(new Map())]);
    void this.#send(controlFrame(FrameType.synReply, 0, reply)).catch(() => undefined);
    receive(stream);
    if (flags & FLAG_FIN) stream.received(Buffer.alloc(0), true);
  }

  #onSynReply(streamId: number, flags: number): void {
    const opening = this.#opening.get(streamId);
    this.#opening.delete(streamId);
    if (flags & FLAG_FIN) opening?.stream.received(Buffer.alloc(0), true);
    opening?.resolve(opening.stream);
  }

  #onReset(streamId: number, status: number): void {
    this.#opening.get(streamId)?.reject(new HostError('Refused', `the stream was refused (status ${status})`));
    this.#opening.delete(streamId);
    this.#streams.get(streamId)?.wasReset();
  }

  #ping(): void {
    void this.#send(controlFrame(FrameType.ping, 0, words(this.#nextPingId))).catch(() => undefined);
    this.#nextPingId = (this.#nextPingId + 2) % 0x7ffffffe;
  }

  /** Resolves when the socket has room again, so that a writer that awaits keeps at most one frame in flight. */
  #send(...parts: Uint8Array[]): Promise<void> {
    if (this.#gone) return Promise.reject(this.#gone);
    if (this.#socket.writableEnded) return Promise.reject(new HostError('Cut', 'the connection is closed'));
    this.#socket.cork();
    let room = true;
    for (const part of parts) room = this.#socket.write(part);
    this.#socket.uncork();
    if (room) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  #onDrain(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
    this.#regulate();
  }

  #onGone(error: HostError): void {
    if (this.#gone) return;
    this.#gone = error;
    clearInterval(this.#pings);
    for (const opening of this.#opening.values()) opening.reject(error);
    this.#opening.clear();
    for (const stream of this.#streams.values()) stream.wasCut(error);
    this.#drained?.reject(error);
    this.#drained = undefined;
    if (!this.#socket.writableEnded) this.#socket.end();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once('close', () => clearTimeout(linger));
    this.#abort.abort(error);
  }
}
