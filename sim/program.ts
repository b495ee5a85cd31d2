/** A program of the cluster that can be killed at any moment and started anew. */
import { HostError, TerminalError } from '../src/base/mod.ts';
import type { InformerCache } from '../src/client/mod.ts';
import type { FaultyClient } from './faulty-client.ts';

export interface Running {
  readonly clients: readonly FaultyClient[];
  readonly cache: InformerCache;
  /** Resolves once it works, unless it is killed before. */
  readonly started: Promise<unknown>;
  stop(): Promise<void>;
}

export class Program {
  readonly #begin: () => Running;
  readonly #onFailure: (error: unknown) => void;
  #running: Running | undefined;
  #retired = false;

  constructor(begin: () => Running, onFailure: (error: unknown) => void) {
    this.#begin = begin;
    this.#onFailure = onFailure;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** The views of the running one. */
  get cache(): InformerCache | undefined {
    return this.#running?.cache;
  }

  /** From now on it cannot be started any more. */
  retire(): void {
    this.#retired = true;
    this.kill();
  }

  start(): void {
    if (this.#running !== undefined || this.#retired) return;
    const running = this.#begin();
    this.#running = running;
    running.started.catch((error: unknown) => {
      if (this.#running === running) this.#onFailure(error);
    });
  }

  /** Its requests that are on their way are lost with it; nothing that it holds in memory survives. */
  kill(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    for (const client of running.clients) client.close();
    running.cache[Symbol.dispose]();
    running.stop().catch((error: unknown) => {
      if (!(error instanceof HostError) && !(error instanceof TerminalError)) this.#onFailure(error);
    });
  }
}
