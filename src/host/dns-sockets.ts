/**
 * DNS over UDP and TCP. What always holds: a client that sends much, slowly, or never the rest costs a bounded amount of
 * memory and time; whatever it sends, the server goes on.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import { HostError } from '../base/mod.ts';
import type { AnswerFunction, DnsHost, DnsListener, SocketAddress, Transport } from '../dns/ports.ts';

const connectionsMax = 1000;
const idleMs = 10_000;
const queriesAtOnceMax = 100;
const receiveBytes = 1024 * 1024;

export class DnsSockets implements DnsHost {
  readonly #resolvConf: string;

  constructor(options: { readonly resolvConf?: string } = {}) {
    this.#resolvConf = options.resolvConf ?? '/etc/resolv.conf';
  }

  async listen(at: SocketAddress, answer: AnswerFunction): Promise<DnsListener> {
    const tcp = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => new Connection(socket, answer));
    tcp.maxConnections = connectionsMax;
    const udp = createSocket(isIPv6(at.address) ? 'udp6' : 'udp4');
    try {
      tcp.listen(at.port, at.address);
      await once(tcp, 'listening');
      const { port } = tcp.address() as AddressInfo;
      udp.bind(port, at.address);
      await once(udp, 'listening');
      return new Listener({ address: at.address, port }, udp, tcp, answer);
    } catch (cause) {
      tcp.close();
      udp.close();
      throw new HostError('LISTEN', `no DNS server at ${at.address} port ${at.port}`, { cause });
    }
  }

  exchange(
    to: SocketAddress,
    transport: Transport,
    query: Uint8Array,
    options: { readonly accept: (response: Uint8Array) => boolean; readonly timeoutMs: number },
  ): Promise<Uint8Array> {
    return transport === 'udp' ? exchangeUdp(to, query, options) : exchangeTcp(to, query, options);
  }

  async readResolvConf(): Promise<string> {
    try {
      return await readFile(this.#resolvConf, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
      throw new HostError('READ', `${this.#resolvConf} cannot be read`, { cause });
    }
  }
}

class Listener implements DnsListener {
  readonly address: SocketAddress;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();

  constructor(address: SocketAddress, udp: UdpSocket, tcp: Server, answer: AnswerFunction) {
    this.address = address;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.setRecvBufferSize(receiveBytes);
    // A client that is gone makes sending fail; the next one is none the worse.
    udp.on('error', () => undefined);
    udp.on('message', (query, from) => {
      void answer(query, 'udp').then((bytes) => {
        if (bytes !== undefined) udp.send(bytes, from.port, from.address, () => undefined);
      });
    });
    tcp.on('error', () => undefined);
    tcp.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [once(this.#tcp, 'close'), once(this.#udp, 'close')];
    this.#tcp.close();
    this.#udp.close();
    for (const socket of this.#connections) socket.destroy();
    await Promise.all(closed);
  }
}

/** One client's stream of queries, each with its length in front; answers go in the order in which they are found. */
class Connection {
  readonly #socket: Socket;
  readonly #answer: AnswerFunction;
  readonly #frames = new Frames();
  #underWay = 0;
  #ended = false;

  constructor(socket: Socket, answer: AnswerFunction) {
    this.#socket = socket;
    this.#answer = answer;
    socket.setTimeout(idleMs, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#frames.add(chunk);
      this.#pump();
    });
    socket.on('end', () => {
      this.#ended = true;
      if (this.#underWay === 0) socket.end();
    });
    socket.on('drain', () => this.#pump());
  }

  #pump(): void {
    while (this.#underWay < queriesAtOnceMax && !this.#socket.writableNeedDrain) {
      const query = this.#frames.next();
      if (query === undefined) return void this.#socket.resume();
      this.#underWay++;
      void this.#answer(query, 'tcp').then((bytes) => {
        this.#underWay--;
        if (bytes !== undefined && this.#socket.writable) this.#socket.write(framed(bytes));
        if (this.#ended && this.#underWay === 0) this.#socket.end();
        else this.#pump();
      });
    }
    this.#socket.pause();
  }
}

/** Cuts a stream into messages. */
class Frames {
  #rest: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  next(): Uint8Array | undefined {
    if (this.#rest.length < 2) return undefined;
    const end = 2 + this.#rest.readUInt16BE(0);
    if (this.#rest.length < end) return undefined;
    const message = this.#rest.subarray(2, end);
    this.#rest = this.#rest.subarray(end);
    return message;
  }
}

function framed(bytes: Uint8Array): Buffer {
  const out = Buffer.alloc(bytes.length + 2);
  out.writeUInt16BE(bytes.length);
  out.set(bytes, 2);
  return out;
}

interface ExchangeOptions {
  readonly accept: (response: Uint8Array) => boolean;
  readonly timeoutMs: number;
}

function exchangeUdp(
  to: SocketAddress,
  query: Uint8Array,
  { accept, timeoutMs }: ExchangeOptions,
): Promise<Uint8Array> {
  const socket = createSocket(isIPv6(to.address.split('%')[0] ?? '') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (act: () => void): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      socket.close();
      act();
    };
    const fail = (code: string, cause?: unknown): void =>
      finish(() => reject(new HostError(code, `no answer from ${to.address} port ${to.port}`, { cause })));
    const timer = setTimeout(() => fail('TIMEOUT'), timeoutMs);
    socket.on('error', (cause) => fail('SOCKET', cause));
    socket.on('message', (response) => {
      if (!over && accept(response)) finish(() => resolve(response));
    });
    // Connected: the kernel takes nothing from anybody else, and tells when nobody listens there.
    socket.once('connect', () => socket.send(query, (cause) => cause && fail('SOCKET', cause)));
    socket.connect(to.port, to.address);
  });
}

function exchangeTcp(
  to: SocketAddress,
  query: Uint8Array,
  { accept, timeoutMs }: ExchangeOptions,
): Promise<Uint8Array> {
  const socket = connect({ host: to.address, port: to.port });
  const frames = new Frames();
  return new Promise((resolve, reject) => {
    const fail = (code: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new HostError(code, `no answer from ${to.address} port ${to.port}`, { cause }));
    };
    const timer = setTimeout(() => fail('TIMEOUT'), timeoutMs);
    socket.on('error', (cause) => fail('SOCKET', cause));
    socket.on('end', () => fail('CLOSED'));
    socket.on('connect', () => socket.write(framed(query)));
    socket.on('data', (chunk: Buffer) => {
      frames.add(chunk);
      const response = frames.next();
      if (response === undefined) return;
      if (!accept(response)) return fail('MISMATCH');
      clearTimeout(timer);
      socket.destroy();
      resolve(response);
    });
  });
}
