/** Requests that are carried on to other servers: extension API servers, pods, services, nodes. Implemented in `host/`. */
import type { StreamUpgrade, UpgradeTarget, UpgradeTls } from '../../base/mod.ts';

/** Names in lower case; several values are several headers. */
export type BackendHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface BackendRequest {
  readonly method: string;
  /** Says where to connect. */
  readonly url: string;
  readonly headers: BackendHeaders;
  readonly tls?: UpgradeTls;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Ends the request, and the answer wherever it is. */
  readonly signal: AbortSignal;
}

export interface BackendAnswer {
  readonly status: number;
  readonly headers: BackendHeaders;
  /** Rejects when the connection breaks before the end. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Backends {
  /** Rejects with HostError in the words that Go has for it: `dial tcp 10.0.0.1:443: connect: connection refused`. */
  send(request: BackendRequest): Promise<BackendAnswer>;
  /** Carries a session on, byte for byte; resolves when it is over. Rejects before it has begun when nobody is there. */
  upgrade(upgrade: StreamUpgrade, target: UpgradeTarget): Promise<void>;
}
