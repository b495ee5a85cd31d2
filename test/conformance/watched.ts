/** What a watch over HTTPS has shown so far: list, then watch from there, as informers do. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient, WatchEventType } from '../../src/client/mod.ts';
import type { Resource } from '../../src/machinery/mod.ts';
import type { Body } from './requests.ts';

export interface Seen {
  readonly type: WatchEventType;
  readonly object: Body;
}

interface Scope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Where to begin; a list's when it is not said. */
  readonly resourceVersion?: string;
}

const patienceMs = 20_000;

export class Watched implements Disposable {
  readonly events: Seen[] = [];
  readonly #watch: Disposable;
  #end: unknown;

  private constructor(client: HttpClient, resource: Resource, scope: Scope & { readonly resourceVersion: string }) {
    this.#watch = client.watch(resource, scope, {
      onEvents: (events) => void this.events.push(...(events as readonly Seen[])),
      onEnd: (error) => void (this.#end = error),
    });
  }

  static async begin(client: HttpClient, resource: Resource, scope: Scope = {}): Promise<Watched> {
    const resourceVersion = scope.resourceVersion ?? (await client.list(resource, scope)).resourceVersion;
    return new Watched(client, resource, { ...scope, resourceVersion });
  }

  /** All events once there is one (or as many as said) that is as wanted. */
  async until(wanted: (event: Seen) => boolean, count = 1): Promise<readonly Seen[]> {
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 5) {
      if (this.events.filter(wanted).length >= count) return this.events;
      assert.equal(this.#end, undefined, `the watch has ended: ${String(this.#end)}`);
      await sleep(5);
    }
    return assert.fail(`the watch has shown only ${JSON.stringify(this.events)}`);
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}
