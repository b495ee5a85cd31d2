import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HostError, seededRandom, silentLog, type Clock } from '../base/mod.ts';
import { failure, Forwarder, nameServers, type ForwardedAnswer } from './forwarder.ts';
import { classIn, rcode, replyTo, recordType, type Message, type Question, type ResourceRecord } from './message.ts';
import type { DnsHost, SocketAddress } from './ports.ts';
import { Responder } from './server.ts';
import { decodeMessage, encodeMessage } from './wire.ts';
import type { ClusterView } from './zone.ts';

const names = Array.from({ length: 200 }, (_, i) => ({ addresses: [`10.244.${i >> 7}.${i & 127}`] }));
const view: ClusterView = {
  hasNamespace: (name) => name === 'default',
  service: (_, name) => {
    if (name === 'out') return { metadata: {}, spec: { type: 'ExternalName', externalName: 'www.example.com' } };
    if (name === 'broken') return { metadata: {}, spec: { type: 'ExternalName', externalName: 'a..b' } };
    return name === 'big' ? { metadata: {}, spec: { clusterIP: 'None' } } : undefined;
  },
  slices: () => [{ metadata: {}, addressType: 'IPv4', endpoints: names, ports: [] }],
  serviceAt: () => undefined,
  slicesAt: () => [],
  revision: 1,
};

const www: ResourceRecord = {
  name: 'www.example.com',
  class: classIn,
  ttlSeconds: 100,
  type: recordType.A,
  address: '192.0.2.80',
};

function responder(over: { ready?: boolean; asked?: Question[] } = {}): Responder {
  return new Responder({
    view,
    ready: () => over.ready ?? true,
    forwarder: {
      ask: async (question): Promise<ForwardedAnswer> => {
        over.asked?.push(question);
        return { ...failure(rcode.noError), answers: [www] };
      },
    },
    random: seededRandom(1),
    domain: 'cluster.local',
    serverAddresses: ['10.96.0.10'],
  });
}

function query(name: string, more: Partial<Message> = {}, type: number = recordType.A): Message {
  return {
    ...replyTo(
      { ...({} as Message), id: 0x1234, opcode: 0, recursionDesired: true, checkingDisabled: false, questions: [] },
      0,
    ),
    response: false,
    recursionAvailable: false,
    questions: [{ name, type, class: classIn }],
    ...more,
  };
}

async function ask(
  message: Message,
  transport: 'udp' | 'tcp' = 'udp',
  over: Parameters<typeof responder>[0] = {},
): Promise<Message> {
  const bytes = await responder(over).respond(encodeMessage(message, 65_535), transport);
  assert.ok(bytes);
  return decodeMessage(bytes);
}

const edns = { version: 0, udpBytesMax: 1232, dnssecOk: false };

describe('the DNS server', () => {
  test('repeats the question as it came and answers with authority', async () => {
    const answer = await ask(query('BIG.default.svc.Cluster.Local', { edns: { ...edns, udpBytesMax: 65_535 } }), 'tcp');
    assert.deepEqual(answer.questions, [{ name: 'BIG.default.svc.Cluster.Local', type: 1, class: 1 }]);
    assert.equal(answer.id, 0x1234);
    assert.equal(answer.answers.length, 200);
    assert.ok(answer.response && answer.authoritative && answer.recursionAvailable && answer.recursionDesired);
    assert.equal(answer.edns?.udpBytesMax, 1232);
  });

  test('addresses come in another order each time', async () => {
    const r = responder();
    const bytes = encodeMessage(query('big.default.svc.cluster.local'), 512);
    const orders = new Set<string>();
    for (let i = 0; i < 5; i++) {
      const answer = decodeMessage((await r.respond(bytes, 'tcp')) ?? new Uint8Array());
      orders.add(JSON.stringify(answer.answers));
    }
    assert.equal(orders.size, 5);
  });

  test('over UDP no more than the asker takes, and it learns that there is more', async () => {
    for (const [size, most] of [
      [undefined, 512],
      [100, 512],
      [1232, 1232],
      [65_535, 4096],
    ] as const) {
      const message = query(
        'big.default.svc.cluster.local',
        size === undefined ? {} : { edns: { ...edns, udpBytesMax: size } },
      );
      const bytes = await responder().respond(encodeMessage(message, 512), 'udp');
      assert.ok(bytes !== undefined && bytes.length <= most, `${bytes?.length} of ${most}`);
      assert.equal(decodeMessage(bytes).truncated, size !== 65_535);
    }
  });

  test('refuses transfers and other classes, knows no other operations and versions', async () => {
    assert.equal((await ask(query('cluster.local', {}, recordType.AXFR), 'tcp')).rcode, rcode.refused);
    assert.equal((await ask(query('cluster.local', {}, recordType.IXFR))).rcode, rcode.refused);
    assert.equal(
      (await ask(query('x', { questions: [{ name: 'version.bind', type: 16, class: 3 }] }))).rcode,
      rcode.refused,
    );
    assert.equal((await ask(query('cluster.local', { opcode: 5 }))).rcode, rcode.notImp);
    assert.equal((await ask(query('cluster.local', { questions: [] }))).rcode, rcode.formErr);
    assert.equal((await ask(query('cluster.local', { edns: { ...edns, version: 1 } }))).rcode, rcode.badVersion);
  });

  test('external names go on outside', async () => {
    const asked: Question[] = [];
    const answer = await ask(query('out.default.svc.cluster.local'), 'udp', { asked });
    assert.deepEqual(asked, [{ name: 'www.example.com', type: 1, class: 1 }]);
    assert.deepEqual(
      answer.answers.map(({ type }) => type),
      [recordType.CNAME, recordType.A],
    );
    assert.equal((await ask(query('broken.default.svc.cluster.local'))).rcode, rcode.servFail);
  });

  test('denies nothing before it knows the cluster; the world outside works already', async () => {
    for (const name of ['gone.default.svc.cluster.local', '1.0.244.10.in-addr.arpa']) {
      assert.equal((await ask(query(name), 'udp', { ready: false })).rcode, rcode.servFail, name);
    }
    const answer = await ask(query('www.example.com'), 'udp', { ready: false });
    assert.deepEqual([answer.rcode, answer.authoritative, answer.answers.length], [0, false, 1]);
  });

  test('survives any bytes: silence or an answer, never a failure', async () => {
    const random = seededRandom(7);
    const r = responder();
    const good = encodeMessage(query('big.default.svc.cluster.local', { edns }), 512);
    let answered = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes =
        i % 3 === 0
          ? random.bytes(Math.floor(random.next() * 60))
          : good.slice(0, i % 3 === 1 ? good.length : Math.floor(random.next() * good.length));
      for (let n = 0; n < i % 4; n++) bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
      const answer = await r.respond(bytes, 'udp');
      if (answer === undefined) continue;
      answered++;
      assert.deepEqual(answer.slice(0, 2), bytes.slice(0, 2));
      assert.ok(((answer[2] ?? 0) & 0x80) !== 0 && answer.length <= 4096);
    }
    assert.ok(answered > 5000, String(answered));
    assert.equal(
      await r.respond(encodeMessage({ ...query('x'), response: true }, 512), 'udp'),
      undefined,
      'an answer is not answered',
    );
  });
});

describe('forwarding', () => {
  /** Name servers by address, and a clock that is turned by hand. */
  function lab(servers: Record<string, (question: Question) => Partial<Message> | 'silent'>, resolvConf?: string) {
    let now = 0;
    const asked: string[] = [];
    const clock: Clock = { now: () => now, monotonic: () => now, after: () => ({ [Symbol.dispose]: () => undefined }) };
    const host: DnsHost = {
      listen: () => Promise.reject(new HostError('LISTEN', 'not here')),
      readResolvConf: async () =>
        resolvConf ??
        Object.keys(servers)
          .map((s) => `nameserver ${s}\n`)
          .join(''),
      exchange: async (to: SocketAddress, _, bytes, { accept, timeoutMs }) => {
        const message = decodeMessage(bytes);
        asked.push(`${to.address} ${message.questions[0]?.name}`);
        const reply = servers[to.address]?.(message.questions[0] as Question) ?? 'silent';
        const response = reply === 'silent' ? undefined : encodeMessage({ ...replyTo(message, 0), ...reply }, 65_535);
        if (response !== undefined && accept(response)) return response;
        now += timeoutMs;
        throw new HostError('TIMEOUT', 'silence');
      },
    };
    const forwarder = new Forwarder({ host, clock, random: seededRandom(3), log: silentLog }, { own: ['10.244.0.1'] });
    return { forwarder, asked, advance: (ms: number) => void (now += ms) };
  }
  const question: Question = { name: 'www.example.com', type: recordType.A, class: classIn };
  const head: ResourceRecord = {
    name: 'example.com',
    class: classIn,
    ttlSeconds: 600,
    type: recordType.SOA,
    primary: 'a',
    mailbox: 'b',
    serial: 1,
    refreshSeconds: 1,
    retrySeconds: 1,
    expireSeconds: 1,
    minimumSeconds: 10,
  };

  test('answers are kept as long as they say, at most thirty seconds, and grow old', async () => {
    const { forwarder, asked, advance } = lab({ '192.0.2.1': () => ({ answers: [www] }) });
    assert.equal((await forwarder.ask(question, undefined, 'udp')).answers[0]?.ttlSeconds, 100);
    advance(20_000);
    assert.equal(
      (await forwarder.ask({ ...question, name: 'WWW.example.com' }, undefined, 'udp')).answers[0]?.ttlSeconds,
      10,
    );
    assert.equal(asked.length, 1);
    advance(10_001);
    await forwarder.ask(question, undefined, 'udp');
    assert.equal(asked.length, 2);
  });

  test('that there is nothing is kept as the head of the zone says, failure a while, a truncated answer never', async () => {
    for (const [reply, seconds] of [
      [{ rcode: rcode.nxDomain, authorities: [head] }, 10],
      [{ rcode: rcode.nxDomain }, 0],
      [{ rcode: rcode.servFail }, 5],
      [{ truncated: true, answers: [www] }, 0],
    ] as const) {
      const { forwarder, asked, advance } = lab({ '192.0.2.1': () => reply });
      await forwarder.ask(question, undefined, 'udp');
      advance(seconds * 1000 - 1);
      await forwarder.ask(question, undefined, 'udp');
      assert.equal(asked.length, seconds === 0 ? 2 : 1, JSON.stringify(reply));
      advance(2);
      await forwarder.ask(question, undefined, 'udp');
      assert.equal(asked.length, seconds === 0 ? 3 : 2, JSON.stringify(reply));
    }
  });

  test('goes on to the next server; when none answers, that is a failure and not for ever', async () => {
    const one = lab({
      '192.0.2.1': () => 'silent',
      '192.0.2.2': () => ({ rcode: rcode.refused }),
      '192.0.2.3': () => ({ answers: [www] }),
    });
    assert.equal((await one.forwarder.ask(question, undefined, 'udp')).answers.length, 1);
    const none = lab(
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`192.0.2.${i}`, () => 'silent' as const])),
    );
    assert.equal((await none.forwarder.ask(question, undefined, 'udp')).rcode, rcode.servFail);
    assert.equal(none.asked.length, 3, 'within five seconds');
    assert.equal((await lab({}, '').forwarder.ask(question, undefined, 'udp')).rcode, rcode.servFail);
  });

  test('takes only the answer to its question', async () => {
    for (const wrong of [
      { id: 1 },
      { questions: [{ ...question, name: 'other.example' }] },
      { questions: [] },
      { response: false },
    ]) {
      const { forwarder } = lab({ '192.0.2.1': () => ({ answers: [www], ...wrong }) });
      assert.equal((await forwarder.ask(question, undefined, 'udp')).rcode, rcode.servFail, JSON.stringify(wrong));
    }
  });

  test('the same question is asked once at a time', async () => {
    const { forwarder, asked } = lab({ '192.0.2.1': () => ({ answers: [www] }) });
    await Promise.all(Array.from({ length: 50 }, () => forwarder.ask(question, undefined, 'udp')));
    assert.equal(asked.length, 1);
  });

  test('more than a thousand questions at once are refused', async () => {
    const { forwarder } = lab({ '192.0.2.1': () => ({ answers: [www] }) });
    const answers = await Promise.all(
      Array.from({ length: 1100 }, (_, i) => forwarder.ask({ ...question, name: `${i}.example` }, undefined, 'udp')),
    );
    assert.equal(answers.filter((answer) => answer.rcode === rcode.refused).length, 100);
  });

  test('resolv.conf: its name servers, without ourselves', () => {
    const text =
      '# nameserver 1.1.1.1\nnameserver 10.244.0.1\n nameserver\t192.0.2.53 # here\nnameserver fe80::1%eth0\nnameserver bad\nsearch x\nnameserver 2001:DB8::1';
    assert.deepEqual(nameServers(text, ['10.244.0.1']), [
      { address: '192.0.2.53', port: 53 },
      { address: 'fe80::1%eth0', port: 53 },
      { address: '2001:db8::1', port: 53 },
    ]);
  });
});
