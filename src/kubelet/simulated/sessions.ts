/** Sessions with containers that only pretend: they say what they are told to say, and give back what they get. */
import {
  commandFailure,
  exitStatus,
  pipeBytes,
  type PortForwardStream,
  type RemoteCommandStreams,
} from '../../base/mod.ts';

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** Negative: it cannot be run. */
  readonly exitCode: number;
}

export async function speak(
  { stdin, stdout, stderr, finish }: RemoteCommandStreams,
  { stdout: out, stderr: err, exitCode }: Said,
): Promise<void> {
  const encoder = new TextEncoder();
  if (out !== '') await stdout?.write(encoder.encode(out));
  if (err !== '') await stderr?.write(encoder.encode(err));
  if (stdin !== undefined && stdout !== undefined) await pipeBytes(stdin, stdout);
  await finish(exitCode < 0 ? commandFailure('cannot run') : exitStatus(exitCode));
}

export async function giveBack({ input, output, finish }: PortForwardStream): Promise<void> {
  await pipeBytes(input, output);
  await finish();
}
