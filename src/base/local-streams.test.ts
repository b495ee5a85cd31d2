import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { forwardLocalPorts, Pipe, runLocalCommand } from './local-streams.ts';
import {
  type ByteSource,
  commandFailure,
  exitCodeOf,
  exitStatus,
  pipeBytes,
  type PortForwardSession,
  type PortForwardStream,
  relayPortForward,
  relayRemoteCommand,
  type RemoteCommandOptions,
  type RemoteCommandStreams,
} from './streams.ts';

const ALL: RemoteCommandOptions = { stdin: true, stdout: true, stderr: true, tty: false };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function readAll(source: ByteSource | undefined): Promise<string> {
  let text = '';
  for await (const chunk of source ?? []) text += new TextDecoder().decode(chunk);
  return text;
}

test('a write waits for its reader, and the end comes after what was written', async () => {
  const pipe = new Pipe<number>();
  let taken = false;
  const first = pipe.write(1).then(() => (taken = true));
  void pipe.write(2);
  await pipe.end();
  await Promise.resolve();
  assert.equal(taken, false);
  assert.deepEqual(await pipe.next(), { value: 1, done: false });
  await first;
  assert.deepEqual(await pipe.next(), { value: 2, done: false });
  assert.deepEqual(await pipe.next(), { value: undefined, done: true });
  await assert.rejects(pipe.write(3), /closed/);
});

test('a reader that leaves releases the writer', async () => {
  const pipe = new Pipe<number>();
  const writing = pipe.write(1);
  await pipe.return();
  await assert.rejects(writing, /nobody reads/);
  await assert.rejects(pipe.write(2));
});

test('a command in this process has streams, a half-close and an exit code', async () => {
  const command = runLocalCommand(ALL, async ({ stdin, stdout, stderr, finish }) => {
    assert.ok(stdin && stdout && stderr);
    await stderr.write(bytes('err'));
    await pipeBytes(stdin, stdout);
    await finish(exitStatus(9));
  });
  const err = command.stderr?.[Symbol.asyncIterator]().next();
  const out = readAll(command.stdout);
  await command.stdin?.write(bytes('in'));
  await command.stdin?.end();
  assert.equal(new TextDecoder().decode((await err)?.value), 'err');
  assert.equal(await out, 'in');
  assert.equal(exitCodeOf(await command.result), 9);
});

test('a command that throws is an internal error to its client', async () => {
  const command = runLocalCommand(ALL, () => Promise.reject(new TypeError('oh')));
  assert.deepEqual(await command.result, commandFailure(new TypeError('oh')));
  assert.equal(exitCodeOf(await command.result), undefined);
});

test('closing the session aborts the command and everything that waits for it', async () => {
  let reading: Promise<string> | undefined;
  const aborted = Promise.withResolvers<void>();
  const command = runLocalCommand(ALL, async ({ stdin, signal }) => {
    reading = readAll(stdin);
    reading.catch(() => undefined);
    await once(signal as EventTarget, 'abort');
    aborted.resolve();
  });
  command.close();
  await aborted.promise;
  await assert.rejects(async () => reading, /closed/);
  await assert.rejects(command.result, /closed/);
  await assert.rejects(readAll(command.stdout), /closed/);
});

test('a relay carries sizes, output and the end of a command from one session to another', async () => {
  const tty = { stdin: true, stdout: true, stderr: true, tty: true };
  const inner = runLocalCommand(tty, async ({ stdin, stdout, stderr, resize, finish }) => {
    assert.equal(stderr, undefined);
    for await (const { Width, Height } of resize ?? []) {
      await stdout?.write(bytes(`${Width}x${Height} `));
      break;
    }
    if (stdin && stdout) await pipeBytes(stdin, stdout);
    await finish(exitStatus(2));
  });
  const outer = runLocalCommand(tty, (streams: RemoteCommandStreams) => relayRemoteCommand(streams, inner));
  const out = readAll(outer.stdout);
  await outer.resize?.({ Width: 80, Height: 24 });
  await outer.stdin?.write(bytes('typed'));
  await outer.stdin?.end();
  assert.equal(await out, '80x24 typed');
  assert.equal(exitCodeOf(await outer.result), 2);
});

test('a relay tells the client when the command was cut, and the command when the client left', async () => {
  for (const side of ['command', 'client']) {
    let innerSignal: AbortSignal | undefined;
    const inner = runLocalCommand(ALL, async ({ signal }) => {
      innerSignal = signal;
      if (!signal.aborted) await once(signal as EventTarget, 'abort');
    });
    const outer = runLocalCommand(ALL, (streams) => relayRemoteCommand(streams, inner));
    if (side === 'command') {
      inner.close();
      const status = await outer.result;
      assert.match(status.message ?? '', /Internal error occurred: the session is closed/);
    } else {
      outer.close();
      await assert.rejects(outer.result, /closed/);
    }
    assert.equal(innerSignal?.aborted, true);
  }
});

test('forwarded connections in this process: echo, complaint, and the relay between two sessions', async () => {
  const target = forwardLocalPorts(async ({ port, input, output, finish }) => {
    if (port !== 80) return finish(`nothing listens on ${port}`);
    await pipeBytes(input, output);
    await finish();
  });
  const streams = new Pipe<PortForwardStream>();
  const front = forwardLocalPorts((stream) => streams.write(stream));
  const session: PortForwardSession = {
    signal: front.signal,
    close: () => void streams.end(),
    [Symbol.asyncIterator]: () => streams,
  };
  const relaying = relayPortForward(session, target);
  const connection = await front.open(80);
  const echo = readAll(connection.input);
  await connection.output.write(bytes('hello'));
  await connection.output.end();
  assert.equal(await echo, 'hello');
  assert.equal(await connection.error, undefined);
  const refused = await front.open(81);
  assert.equal(await readAll(refused.input), '');
  assert.equal(await refused.error, 'nothing listens on 81');
  await streams.end();
  await relaying;
  assert.equal(target.signal.aborted, true);
});

test('the exit code is read only from what says that the command ended by itself', () => {
  for (const code of [0, 1, 137, 255]) assert.equal(exitCodeOf(exitStatus(code)), code);
  assert.equal(exitCodeOf({ status: 'Failure', reason: 'NonZeroExitCode' }), undefined);
  assert.equal(exitCodeOf({ status: 'Failure', reason: 'InternalError', code: 500 }), undefined);
});
