/** The real kubectl against a cluster in this process, with a home of its own. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';

const printedMax = 64 << 20;

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export class Kubectl implements Disposable {
  readonly program: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #home = mkdtempSync(join(tmpdir(), 'kutter-kubectl-'));

  constructor(cluster: TestCluster, program = 'kubectl-1.35') {
    this.program = programPath(program);
    const kubeconfig = this.file('config', cluster.kubeconfig());
    this.environment = { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: kubeconfig };
  }

  path(name: string): string {
    return join(this.#home, name);
  }

  file(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text);
    return path;
  }

  run(...words: readonly string[]): Promise<Said> {
    return new Promise((resolve) => {
      const options = { env: this.environment, timeout: 60_000, maxBuffer: printedMax };
      execFile(this.program, words, options, (error, out, err) => {
        resolve({ out, err, code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1 });
      });
    });
  }

  /** What a command that must succeed prints. */
  async does(...words: readonly string[]): Promise<string> {
    const { out, err, code } = await this.run(...words);
    assert.equal(code, 0, `kubectl ${words.join(' ')}: ${err}`);
    return out;
  }

  /** What a command that must fail says. */
  async fails(...words: readonly string[]): Promise<string> {
    const { err, code } = await this.run(...words);
    assert.notEqual(code, 0, `kubectl ${words.join(' ')}`);
    return err;
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true });
  }
}
