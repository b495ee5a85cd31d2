/**
 * Tokens of pods' service accounts. What always holds: a token is bound to its pod, asked for once and kept until four
 * fifths of its time are over (or a day, whichever is sooner).
 */
import { serviceAccounts, type TokenRequest } from '../api/mod.ts';
import { HostError } from '../base/mod.ts';
import { uidOf, type PodView } from './pod.ts';
import type { TokenAsk } from './volumes/plugin.ts';
import type { KubeletWorld } from './world.ts';

interface Kept {
  readonly token: string;
  readonly renewAtMs: number;
}

const keptMs = 24 * 3_600_000;
const jitterMs = 10_000;
/** Even a token of a very short life is not asked for more often. */
const renewMinMs = 1_000;

export class Tokens {
  readonly #world: Pick<KubeletWorld, 'client' | 'clock' | 'random'>;
  readonly #kept = new Map<string, Kept>();

  constructor(world: Pick<KubeletWorld, 'client' | 'clock' | 'random'>) {
    this.#world = world;
  }

  async get(pod: PodView, { audiences, expirationSeconds }: TokenAsk): Promise<Kept> {
    const { clock, client, random } = this.#world;
    const key = `${uidOf(pod)}/${audiences.join(',')}/${expirationSeconds}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && clock.now() < kept.renewAtMs) return kept;
    const { namespace = '', name: podName = '' } = pod.metadata;
    const name = pod.spec?.serviceAccountName ?? 'default';
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name, namespace },
      spec: {
        audiences: [...audiences],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: podName, uid: uidOf(pod) },
      },
    };
    const answer: TokenRequest = (await client.create(serviceAccounts, request, {
      subresource: 'token',
    })) as TokenRequest;
    const { token, expirationTimestamp } = answer.status ?? {};
    if (token === undefined || expirationTimestamp === undefined)
      throw new HostError('NoToken', `failed to fetch token: no token for service account ${namespace}/${name}`);
    const now = clock.now();
    const life = Date.parse(expirationTimestamp) - now;
    const renewAtMs = now + Math.max(renewMinMs, Math.min(life * 0.8, keptMs) - random.next() * jitterMs);
    const fresh = { token, renewAtMs };
    this.#kept.set(key, fresh);
    return fresh;
  }

  forgetPod(uid: string): void {
    for (const key of this.#kept.keys()) if (key.startsWith(`${uid}/`)) this.#kept.delete(key);
  }
}
