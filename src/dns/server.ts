/**
 * The cluster DNS server: bytes in, bytes out. What always holds: a message that is no query gets no answer, a query
 * always gets one; nothing of the cluster is denied before the first lists are complete; over UDP no answer is larger
 * than the asker takes.
 */
import { errorText, TerminalError, type Clock, type Log, type Random } from '../base/mod.ts';
import type { EndpointSlice, Namespace, Service } from '../api/mod.ts';
import type { Informer } from '../client/mod.ts';
import { failure, Forwarder, type ForwardedAnswer } from './forwarder.ts';
import {
  classIn,
  foldName,
  rcode,
  replyTo,
  recordType,
  typeOf,
  type Edns,
  type Message,
  type Question,
  type ResourceRecord,
} from './message.ts';
import type { DnsHost, DnsListener, SocketAddress, Transport } from './ports.ts';
import { InformerView } from './view.ts';
import { decodeMessage, encodeMessage } from './wire.ts';
import { answerFromZone, type ClusterView, type ZoneAnswer } from './zone.ts';

export interface DnsServerWorld {
  readonly namespaces: Informer<Namespace>;
  readonly services: Informer<Service>;
  readonly endpointSlices: Informer<EndpointSlice>;
  readonly host: DnsHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface DnsServerOptions {
  readonly listen: readonly SocketAddress[];
  /** `cluster.local` unless said otherwise. */
  readonly domain?: string;
  /** The cluster IP under which pods know this server. */
  readonly clusterIp?: string;
}

const udpBytesDefault = 512;
const udpBytesMax = 4096;
const tcpBytesMax = 65_535;

export class DnsServer implements AsyncDisposable {
  readonly #world: DnsServerWorld;
  readonly #options: DnsServerOptions;
  readonly #view: InformerView;
  readonly #responder: Responder;
  readonly #listeners: DnsListener[] = [];

  constructor(world: DnsServerWorld, options: DnsServerOptions) {
    this.#world = world;
    this.#options = options;
    this.#view = new InformerView(world);
    const addresses = options.listen.map(({ address }) => address);
    const own = options.clusterIp === undefined ? addresses : [...addresses, options.clusterIp];
    this.#responder = new Responder({
      view: this.#view,
      ready: () => this.#view.synced,
      forwarder: new Forwarder(world, { own }),
      random: world.random,
      domain: foldName(options.domain ?? 'cluster.local'),
      serverAddresses: options.clusterIp === undefined ? addresses : [options.clusterIp],
    });
  }

  /** Resolves when it listens; questions about the cluster wait for `ready`. */
  async start(): Promise<this> {
    for (const at of this.#options.listen) {
      this.#listeners.push(await this.#world.host.listen(at, (query, transport) => this.respond(query, transport)));
    }
    return this;
  }

  /** Resolves when the cluster's names can be answered. */
  ready(): Promise<void> {
    return this.#view.reached();
  }

  get addresses(): readonly SocketAddress[] {
    return this.#listeners.map(({ address }) => address);
  }

  async respond(query: Uint8Array, transport: Transport): Promise<Uint8Array | undefined> {
    try {
      return await this.#responder.respond(query, transport);
    } catch (error) {
      this.#world.log.error('a DNS query could not be answered', { error: errorText(error) });
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener[Symbol.asyncDispose]()));
  }
}

export interface ResponderWorld {
  readonly view: ClusterView;
  readonly ready: () => boolean;
  readonly forwarder: {
    ask(question: Question, edns: Edns | undefined, transport: Transport): Promise<ForwardedAnswer>;
  };
  readonly random: Random;
  readonly domain: string;
  readonly serverAddresses: readonly string[];
}

export class Responder {
  readonly #world: ResponderWorld;

  constructor(world: ResponderWorld) {
    this.#world = world;
  }

  async respond(bytes: Uint8Array, transport: Transport): Promise<Uint8Array | undefined> {
    // Too short for a header, or an answer itself: whoever answers those can be made to answer for ever.
    if (bytes.length < 12 || ((bytes[2] ?? 0) & 0x80) !== 0) return undefined;
    let query: Message;
    try {
      query = decodeMessage(bytes);
    } catch (error) {
      if (error instanceof TerminalError) return malformed(bytes);
      throw error;
    }
    const limit = transport === 'tcp' ? tcpBytesMax : udpLimit(query.edns);
    const answer = await this.#answer(query, transport);
    try {
      return encodeMessage(answer, limit);
    } catch (error) {
      // An object holds what no message can: an external name with an empty label.
      if (error instanceof TerminalError) return encodeMessage(replyTo(query, rcode.servFail), limit);
      throw error;
    }
  }

  async #answer(query: Message, transport: Transport): Promise<Message> {
    const [question, ...more] = query.questions;
    if (query.opcode !== 0) return replyTo(query, rcode.notImp);
    if (question === undefined || more.length > 0) return replyTo(query, rcode.formErr);
    if ((query.edns?.version ?? 0) > 0) return replyTo(query, rcode.badVersion);
    if (question.type === recordType.AXFR || question.type === recordType.IXFR) return replyTo(query, rcode.refused);
    if (question.class !== classIn) return replyTo(query, rcode.refused);
    const { view, domain, serverAddresses, forwarder } = this.#world;
    const found = answerFromZone(question, view, { domain, serverAddresses });
    if (found === undefined) {
      if (!this.#world.ready() && isReverse(question.name)) return replyTo(query, rcode.servFail);
      return { ...replyTo(query, 0), ...(await forwarder.ask(question, query.edns, transport)) };
    }
    if (!this.#world.ready()) return replyTo(query, rcode.servFail);
    const rest =
      found.goOnAt === undefined ? failure(rcode.noError) : await this.#goOn(query, question, found.goOnAt, transport);
    return {
      ...replyTo(query, found.rcode),
      authoritative: true,
      truncated: rest.truncated,
      answers: this.#shuffled([...found.answers, ...rest.answers]),
      authorities: found.authorities,
      additionals: found.additionals,
    };
  }

  #goOn(query: Message, question: Question, name: string, transport: Transport): Promise<ForwardedAnswer> {
    return this.#world.forwarder.ask({ ...question, name }, query.edns, transport);
  }

  /** Clients take the first address, so each gets another one first; what leads there stays in front. */
  #shuffled(answers: ZoneAnswer['answers']): readonly ResourceRecord[] {
    const isAddress = (record: ResourceRecord): boolean =>
      typeOf(record) === recordType.A || typeOf(record) === recordType.AAAA;
    const addresses = answers.filter(isAddress);
    if (addresses.length < 2) return answers;
    for (let i = addresses.length - 1; i > 0; i--) {
      const j = Math.floor(this.#world.random.next() * (i + 1));
      const [a, b] = [addresses[i], addresses[j]];
      if (a !== undefined && b !== undefined) [addresses[i], addresses[j]] = [b, a];
    }
    return [...answers.filter((record) => !isAddress(record)), ...addresses];
  }
}

function isReverse(name: string): boolean {
  return /\.(in-addr|ip6)\.arpa$/.test(foldName(name));
}

function udpLimit(edns: Edns | undefined): number {
  return edns === undefined ? udpBytesDefault : Math.min(udpBytesMax, Math.max(udpBytesDefault, edns.udpBytesMax));
}

/** A header alone: there is no telling what the question was. */
function malformed(bytes: Uint8Array): Uint8Array {
  const answer = new Uint8Array(12);
  answer.set(bytes.subarray(0, 2));
  answer[2] = 0x80 | ((bytes[2] ?? 0) & 0x79);
  answer[3] = rcode.formErr;
  return answer;
}
