import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Server, ServerCredentials, status, type sendUnaryData, type ServerWritableStream } from '@grpc/grpc-js';
import { decode, encode, silentLog } from '../../base/mod.ts';
import type { RuntimeEvent } from '../../kubelet/ports.ts';
import type { GrpcMethod } from '../grpc.ts';
import { methods } from './methods.ts';
import { CriRuntime } from './runtime.ts';

function definition<Q, A>(method: GrpcMethod<Q, A>, responseStream: boolean): object {
  return {
    path: method.path,
    requestStream: false,
    responseStream,
    requestDeserialize: (bytes: Buffer) => decode(method.request, bytes),
    responseSerialize: (value: A) => Buffer.from(encode(method.response, value)),
    requestSerialize: (value: Q) => Buffer.from(encode(method.request, value)),
    responseDeserialize: (bytes: Buffer) => decode(method.response, bytes),
  };
}

test("a runtime's own event stream is followed, and opened again when it breaks", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'events-'));
  const endpoint = `unix://${join(folder, 's.sock')}`;
  const server = new Server();
  let streams = 0;
  const service = { Version: definition(methods.version, false), Events: definition(methods.containerEvents, true) };
  server.addService(service as Parameters<typeof server.addService>[0], {
    Version: (_call: unknown, answer: sendUnaryData<unknown>) =>
      answer(null, { runtimeName: 'fake', runtimeVersion: '1', runtimeApiVersion: 'v1' }),
    Events: (call: ServerWritableStream<unknown, unknown>) => {
      streams++;
      call.write({ containerId: `c${streams}`, containerEventType: 'Stopped', createdAt: 1_700_000_000_000_000_000 });
      if (streams === 1) call.emit('error', { code: status.UNAVAILABLE, details: 'going away' });
    },
  });
  await new Promise((resolve) => server.bindAsync(endpoint, ServerCredentials.createInsecure(), resolve));
  const runtime = new CriRuntime({ endpoint, log: silentLog });
  const seen: RuntimeEvent[] = [];
  try {
    await new Promise<void>((resolve) => {
      const watch = runtime.events((event) => {
        seen.push(event);
        const resyncs = seen.filter(({ type }) => type === 'Resync').length;
        if (resyncs >= 2 && seen.some((item) => item.type === 'Stopped' && item.id === 'c2')) {
          watch[Symbol.dispose]();
          resolve();
        }
      });
    });
    const second = seen.find((event) => event.type === 'Stopped' && event.id === 'c2');
    assert.deepEqual(second, { type: 'Stopped', id: 'c2', atMs: 1_700_000_000_000 });
  } finally {
    runtime.close();
    server.forceShutdown();
    await rm(folder, { recursive: true });
  }
});
