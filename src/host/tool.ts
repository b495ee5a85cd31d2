/**
 * Runs a program of the operating system to its end and gives what it said. What always holds: output is bounded, a
 * program that hangs is killed, and failure is a HostError that carries the program's own words.
 */
import { spawn } from 'node:child_process';
import { HostError } from '../base/mod.ts';

export interface ToolOptions {
  readonly input?: string;
  /** Path of the network namespace to run in; absent: this process's own. */
  readonly netns?: string | undefined;
  readonly timeoutMs?: number;
}

const outputBytesMax = 64 * 1024 * 1024;
const errorBytesMax = 64 * 1024;
const timeoutDefaultMs = 30_000;

/** Rejects with the code `ENOENT` when there is no such program, `EXIT` when it fails, `TIMEOUT`, `TOOLONG`. */
export function runTool(name: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const command = options.netns === undefined ? [name, ...args] : ['nsenter', `--net=${options.netns}`, name, ...args];
  const child = spawn(command[0] ?? name, command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? timeoutDefaultMs,
    killSignal: 'SIGKILL',
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' },
  });
  const output = collect(child.stdout, outputBytesMax, () => child.kill('SIGKILL'));
  const complaint = collect(child.stderr, errorBytesMax, () => undefined);
  // A program that ends without reading its input breaks the pipe; its exit says what was wrong.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const code = 'code' in cause && cause.code === 'ENOENT' ? 'ENOENT' : 'SPAWN';
      reject(new HostError(code, `${name} cannot be run`, { cause }));
    });
    child.on('close', (status, signal) => {
      if (output.overflow) return reject(new HostError('TOOLONG', `${name} says more than ${outputBytesMax} bytes`));
      if (status === 0) return resolve(output.text());
      if (signal === 'SIGKILL') return reject(new HostError('TIMEOUT', `${name} did not end in time and was killed`));
      const missing = status === 127 && options.netns !== undefined;
      reject(
        new HostError(missing ? 'ENOENT' : 'EXIT', `${name}: ${complaint.text().trim() || `exit status ${status}`}`),
      );
    });
  });
}

interface Collected {
  overflow: boolean;
  text(): string;
}

function collect(stream: NodeJS.ReadableStream, bytesMax: number, onOverflow: () => void): Collected {
  const chunks: Buffer[] = [];
  let size = 0;
  const collected: Collected = { overflow: false, text: () => Buffer.concat(chunks).toString('utf8') };
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= bytesMax) return void chunks.push(chunk);
    collected.overflow = true;
    onOverflow();
  });
  return collected;
}
