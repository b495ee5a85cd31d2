/**
 * Programs that nobody here wrote, run against a cluster's HTTPS endpoint with a home of their own. What they print is
 * compared; what they leave behind goes with the home.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestCluster } from '../src/main/testing.ts';
import { until } from './until.ts';

export interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export type Command = string | readonly string[];

const patienceMs = 60_000;

export class Program implements Disposable {
  readonly path: string;
  readonly home = mkdtempSync(join(tmpdir(), 'kutter-tour-'));
  readonly environment: NodeJS.ProcessEnv;

  constructor(path: string, cluster: TestCluster) {
    this.path = path;
    const kubeconfig = this.file('config', cluster.kubeconfig());
    this.environment = { PATH: process.env['PATH'], HOME: this.home, KUBECONFIG: kubeconfig, NO_COLOR: '1' };
  }

  /** A file in its home; returns the path. */
  file(name: string, text: string): string {
    const path = join(this.home, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /**
   * A command line, or its words; what stands between single quotes is one word. Files of its home may be named without their
   * path.
   */
  run(command: Command, input = ''): Promise<Said> {
    const options = { env: this.environment, cwd: this.home, timeout: patienceMs, maxBuffer: 64 << 20 };
    return new Promise((resolve) => {
      const child = execFile(this.path, wordsOf(command), options, (error, out, err) => {
        resolve({ out, err, code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1 });
      });
      child.stdin?.on('error', () => undefined).end(input);
    });
  }

  /** What a command that must succeed prints. */
  async does(command: Command, input?: string): Promise<string> {
    const { out, err, code } = await this.run(command, input);
    assert.equal(code, 0, `${wordsOf(command).join(' ')}: ${out}${err}`);
    return out;
  }

  async prints(command: string, expected: string, input?: string): Promise<void> {
    assert.equal((await this.does(command, input)).trim(), expected, command);
  }

  async matches(command: string, expected: RegExp, input?: string): Promise<void> {
    assert.match(await this.does(command, input), expected, command);
  }

  /** What a command that must fail says. */
  async fails(command: Command, expected = /(?:)/, input?: string): Promise<string> {
    const { out, err, code } = await this.run(command, input);
    const line = wordsOf(command).join(' ');
    assert.notEqual(code, 0, `${line} succeeds: ${out}`);
    assert.match(err, expected, line);
    return err;
  }

  /** Runs a command until it prints what is wanted; others in the cluster are still at work. */
  async comesTo(command: string, expected: RegExp): Promise<string> {
    let last = '';
    await until(
      async () => {
        const { out, err } = await this.run(command);
        last = out + err;
        return expected.test(out);
      },
      () => `${command} never prints ${expected}, but: ${last}`,
    );
    return last;
  }

  /** A command that goes on: its lines so far, and its end. */
  follow(command: string): { readonly lines: () => string[]; readonly stop: () => void } {
    const options = { env: this.environment, cwd: this.home, stdio: ['ignore', 'pipe', 'ignore'] as const };
    const child = spawn(this.path, wordsOf(command), { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    return { lines: () => text.split('\n').filter((line) => line !== ''), stop: () => void child.kill() };
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

function wordsOf(command: Command): readonly string[] {
  if (typeof command !== 'string') return command;
  const words = command.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
  return words.map((word) => word.replaceAll("'", ''));
}
