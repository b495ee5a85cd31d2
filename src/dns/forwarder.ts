/**
 * Everything that is not the cluster's, asked of the node's own name servers, as `forward . /etc/resolv.conf` and
 * `cache 30` do in kubeadm's CoreDNS. What always holds: the same question is under way once at a time; at most so many
 * are under way at all, and one more is refused; the cache is bounded in number and in time; only an answer to the very
 * question that was asked is taken.
 */
import { errorText, HostError, TerminalError, type Clock, type Log, type Random } from '../base/mod.ts';
import { canonicalAddress } from './address.ts';
import {
  ednsBytes,
  foldName,
  rcode,
  recordType,
  type Edns,
  type Message,
  type Question,
  type ResourceRecord,
} from './message.ts';
import type { DnsHost, SocketAddress, Transport } from './ports.ts';
import { decodeMessage, encodeMessage } from './wire.ts';

export interface ForwarderWorld {
  readonly host: DnsHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const underWayMax = 1000;
const cachedMax = 10_000;
const cachedSecondsMax = 30;
const failureSeconds = 5;
const serversMax = 15;
const exchangeMs = 2000;
const totalMs = 5000;
const serversForMs = 5000;

/** What other servers say to a question. */
export interface ForwardedAnswer {
  readonly rcode: number;
  readonly truncated: boolean;
  readonly authenticData: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

interface Cached {
  readonly answer: ForwardedAnswer;
  readonly storedAtMs: number;
  readonly untilMs: number;
}

export class Forwarder {
  readonly #world: ForwarderWorld;
  /** Our own addresses: a resolv.conf that names them would send every question in a circle. */
  readonly #own: readonly string[];
  readonly #cache = new Map<string, Cached>();
  readonly #underWay = new Map<string, Promise<ForwardedAnswer>>();
  #servers: { readonly at: number; readonly list: Promise<readonly SocketAddress[]> } | undefined;

  constructor(world: ForwarderWorld, options: { readonly own: readonly string[] }) {
    this.#world = world;
    this.#own = options.own.flatMap((text) => canonicalAddress(text) ?? []);
  }

  /** Never rejects: what cannot be found out is a server failure. */
  async ask(question: Question, edns: Edns | undefined, transport: Transport): Promise<ForwardedAnswer> {
    const key = `${foldName(question.name)} ${question.type} ${question.class} ${edns?.dnssecOk ?? ''}`;
    const cached = this.#cached(key);
    if (cached !== undefined) return cached;
    const same = `${transport} ${key}`;
    const pending = this.#underWay.get(same);
    if (pending !== undefined) return pending;
    if (this.#underWay.size >= underWayMax) return failure(rcode.refused);
    const answer = this.#askAll(question, edns, transport).finally(() => this.#underWay.delete(same));
    this.#underWay.set(same, answer);
    const found = await answer;
    this.#store(key, found);
    return found;
  }

  async #askAll(question: Question, edns: Edns | undefined, transport: Transport): Promise<ForwardedAnswer> {
    const { clock, random, log } = this.#world;
    const deadline = clock.monotonic() + totalMs;
    let worst = failure(rcode.servFail);
    try {
      const servers = await this.#upstreams();
      const first = Math.floor(random.next() * servers.length);
      for (const server of [...servers.slice(first), ...servers.slice(0, first)]) {
        const left = deadline - clock.monotonic();
        if (left <= 0) break;
        try {
          const answer = await this.#askOne(server, question, {
            edns,
            transport,
            timeoutMs: Math.min(exchangeMs, left),
          });
          if (answer.rcode !== rcode.servFail && answer.rcode !== rcode.refused) return answer;
          worst = answer;
        } catch (error) {
          if (!(error instanceof HostError || error instanceof TerminalError)) throw error;
          log.debug('a name server does not answer', { server: server.address, error: errorText(error) });
        }
      }
    } catch (error) {
      log.warn('forwarding a DNS query failed', { error: errorText(error) });
    }
    return worst;
  }

  async #askOne(
    server: SocketAddress,
    question: Question,
    how: { readonly edns: Edns | undefined; readonly transport: Transport; readonly timeoutMs: number },
  ): Promise<ForwardedAnswer> {
    const [high = 0, low = 0] = this.#world.random.bytes(2);
    const query: Message = {
      ...emptyQuery,
      id: (high << 8) | low,
      questions: [question],
      edns: how.edns && { version: 0, udpBytesMax: ednsBytes, dnssecOk: how.edns.dnssecOk },
    };
    let response: Message | undefined;
    const accept = (bytes: Uint8Array): boolean => {
      response = responseTo(query, question, bytes);
      return response !== undefined;
    };
    await this.#world.host.exchange(server, how.transport, encodeMessage(query, 0xffff), {
      accept,
      timeoutMs: how.timeoutMs,
    });
    if (response === undefined) throw new TerminalError('an answer was accepted and is not there');
    const { rcode: code, truncated, authenticData, answers, authorities, additionals } = response;
    return { rcode: code, truncated, authenticData, answers, authorities, additionals };
  }

  #cached(key: string): ForwardedAnswer | undefined {
    const cached = this.#cache.get(key);
    if (cached === undefined) return undefined;
    const now = this.#world.clock.monotonic();
    if (now >= cached.untilMs) {
      this.#cache.delete(key);
      return undefined;
    }
    const age = Math.floor((now - cached.storedAtMs) / 1000);
    const aged = (records: readonly ResourceRecord[]): ResourceRecord[] =>
      records.map((record) => ({
        ...record,
        ttlSeconds: Math.max(0, Math.min(record.ttlSeconds, cachedSecondsMax) - age),
      }));
    const { answers, authorities, additionals } = cached.answer;
    return { ...cached.answer, answers: aged(answers), authorities: aged(authorities), additionals: aged(additionals) };
  }

  #store(key: string, answer: ForwardedAnswer): void {
    const seconds = secondsToKeep(answer);
    if (seconds <= 0) return;
    const now = this.#world.clock.monotonic();
    this.#cache.delete(key);
    this.#cache.set(key, { answer, storedAtMs: now, untilMs: now + seconds * 1000 });
    if (this.#cache.size <= cachedMax) return;
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined) this.#cache.delete(oldest);
  }

  /** Read again every few seconds: a laptop changes its network. */
  #upstreams(): Promise<readonly SocketAddress[]> {
    const now = this.#world.clock.monotonic();
    if (this.#servers === undefined || now - this.#servers.at > serversForMs) {
      const list = this.#world.host.readResolvConf().then((text) => nameServers(text, this.#own));
      this.#servers = { at: now, list };
    }
    return this.#servers.list;
  }
}

const emptyQuery = {
  id: 0,
  response: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  authenticData: false,
  checkingDisabled: false,
  rcode: rcode.noError,
  answers: [],
  authorities: [],
  additionals: [],
} as const;

export function failure(code: number): ForwardedAnswer {
  return { rcode: code, truncated: false, authenticData: false, answers: [], authorities: [], additionals: [] };
}

/** The message, if it is the answer to this query and not somebody's guess at one. */
function responseTo(query: Message, question: Question, bytes: Uint8Array): Message | undefined {
  try {
    const message = decodeMessage(bytes);
    const asked = message.questions[0];
    const same =
      message.response &&
      message.id === query.id &&
      asked?.type === question.type &&
      asked.class === question.class &&
      foldName(asked.name) === foldName(question.name);
    return same ? message : undefined;
  } catch (error) {
    if (error instanceof TerminalError) return undefined;
    throw error;
  }
}

function secondsToKeep({ rcode: code, truncated, answers, authorities }: ForwardedAnswer): number {
  if (truncated) return 0;
  if (code === rcode.servFail) return failureSeconds;
  if (code !== rcode.noError && code !== rcode.nxDomain) return 0;
  if (code === rcode.noError && answers.length > 0)
    return Math.min(cachedSecondsMax, ...answers.map((record) => record.ttlSeconds));
  // That there is nothing may be believed for as long as the zone's head says (RFC 2308); without one, not at all.
  const head = authorities.find((record) => record.type === recordType.SOA);
  if (head?.type !== recordType.SOA) return 0;
  return Math.min(cachedSecondsMax, head.ttlSeconds, head.minimumSeconds);
}

/** The `nameserver` lines of a resolv.conf, without those that are ourselves. */
export function nameServers(resolvConf: string, own: readonly string[]): SocketAddress[] {
  const servers: SocketAddress[] = [];
  for (const line of resolvConf.split('\n')) {
    const text = /^\s*nameserver\s+([^\s#;]+)/.exec(line)?.[1];
    if (text === undefined) continue;
    const [bare = '', zone] = text.split('%');
    const address = canonicalAddress(bare);
    if (address === undefined || own.includes(address)) continue;
    servers.push({ address: zone === undefined ? address : `${address}%${zone}`, port: 53 });
  }
  return servers.slice(0, serversMax);
}
