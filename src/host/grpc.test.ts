import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import { decode, encode, proto3 } from '../base/mod.ts';
import { GrpcChannel, type GrpcMethod } from './grpc.ts';

interface Text {
  readonly text: string;
}
const Text = proto3<Text>('Text', { text: [1, 'string'] });
const method = (name: string): GrpcMethod<Text, Text> => ({
  path: `/test.Echo/${name}`,
  request: Text,
  response: Text,
});

/** What the requests ask of the server. */
function unary(call: ServerUnaryCall<Text, Text>, answer: sendUnaryData<Text>): void {
  const { text } = call.request;
  if (text === 'never') return;
  if (text === 'missing') return answer({ code: status.NOT_FOUND, details: 'no such thing' });
  if (text === 'large') return answer(null, { text: 'x'.repeat(17 * 1024 * 1024) });
  if (text === 'header') return answer(null, { text: String(call.metadata.get('x-name')[0]) });
  answer(null, { text: `echo ${text}` });
}

function stream(call: ServerWritableStream<Text, Text>): void {
  for (let i = 0; i < 3; i++) call.write({ text: `${call.request.text} ${i}` });
  if (call.request.text === 'ends') call.end();
  if (call.request.text === 'fails') call.emit('error', { code: status.ABORTED, details: 'enough' });
}

function duplex(call: ServerDuplexStream<Text, Text>): void {
  call.on('data', ({ text }: Text) => {
    if (text === 'refuse') call.emit('error', { code: status.ALREADY_EXISTS, details: 'there' });
    else call.write({ text: text.toUpperCase() });
  });
  call.on('end', () => call.end());
}

async function serve(address: string): Promise<Server> {
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  const definition = (name: string, requestStream: boolean, responseStream: boolean) => ({
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: (value: Text) => Buffer.from(encode(Text, value)),
    requestDeserialize: (bytes: Buffer) => decode(Text, bytes),
    responseSerialize: (value: Text) => Buffer.from(encode(Text, value)),
    responseDeserialize: (bytes: Buffer) => decode(Text, bytes),
  });
  server.addService(
    {
      Unary: definition('Unary', false, false),
      Stream: definition('Stream', false, true),
      Duplex: definition('Duplex', true, true),
    },
    { Unary: unary, Stream: stream, Duplex: duplex },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  return server;
}

let folder: string;
let address: string;
let server: Server;
let channel: GrpcChannel;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grpc-'));
  address = `unix://${join(folder, 's.sock')}`;
  server = await serve(address);
  channel = new GrpcChannel({ address, headers: { 'x-name': 'kutter' } });
});

after(async () => {
  channel.close();
  server.forceShutdown();
  await rm(folder, { recursive: true });
});

test('a call has its answer, its headers and its errors', async () => {
  assert.deepEqual(await channel.unary(method('Unary'), { text: 'a' }), { text: 'echo a' });
  assert.deepEqual(await channel.unary(method('Unary'), { text: 'header' }), { text: 'kutter' });
  await assert.rejects(channel.unary(method('Unary'), { text: 'missing' }), {
    name: 'HostError',
    code: 'NotFound',
    message: 'rpc error: code = NotFound desc = no such thing',
  });
  await assert.rejects(channel.unary(method('Nothing'), { text: 'a' }), { code: 'Unimplemented' });
  await assert.rejects(channel.unary(method('Unary'), { text: 'large' }), { code: 'ResourceExhausted' });
});

test('a call ends at its time limit and by its signal', async () => {
  await assert.rejects(channel.unary(method('Unary'), { text: 'never' }, { timeoutMs: 30 }), {
    code: 'DeadlineExceeded',
    message: 'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
  });
  const controller = new AbortController();
  const call = channel.unary(method('Unary'), { text: 'never' }, { signal: controller.signal });
  setImmediate(() => controller.abort());
  await assert.rejects(call, { code: 'Canceled' });
  await assert.rejects(channel.unary(method('Unary'), { text: 'a' }, { signal: AbortSignal.abort() }), {
    code: 'Canceled',
  });
});

test('a stream ends with its server, with an error, or with its signal', async () => {
  const received = async (text: string, signal?: AbortSignal): Promise<string[]> => {
    const texts: string[] = [];
    for await (const response of channel.serverStream(method('Stream'), { text }, { signal }))
      texts.push(response.text);
    return texts;
  };
  assert.deepEqual(await received('ends'), ['ends 0', 'ends 1', 'ends 2']);
  await assert.rejects(received('fails'), { code: 'Aborted' });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 30);
  await assert.rejects(received('open', controller.signal), { code: 'Canceled' });
});

test('a duplex call carries answers one by one, and its refusal', async () => {
  const call = channel.duplex(method('Duplex'));
  const responses = call.responses[Symbol.asyncIterator]();
  for (const text of ['a', 'b']) {
    await call.write({ text });
    assert.deepEqual(await responses.next(), { done: false, value: { text: text.toUpperCase() } });
  }
  call.end();
  assert.equal((await responses.next()).done, true);
  const refused = channel.duplex(method('Duplex'));
  await refused.write({ text: 'refuse' });
  await assert.rejects(refused.responses[Symbol.asyncIterator]().next(), { code: 'AlreadyExists' });
});

test('a call fails at once while the server is away, and works when it is back', async () => {
  server.forceShutdown();
  await rm(join(folder, 's.sock'), { force: true });
  await assert.rejects(channel.unary(method('Unary'), { text: 'a' }, { timeoutMs: 5000 }), { code: 'Unavailable' });
  server = await serve(address);
  const giveUpAt = performance.now() + 5000;
  for (;;) {
    try {
      assert.deepEqual(await channel.unary(method('Unary'), { text: 'b' }), { text: 'echo b' });
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
});
