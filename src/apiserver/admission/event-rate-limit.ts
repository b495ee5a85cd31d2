/**
 * EventRateLimit: so many events a second and no more, of the whole server, of a namespace, of a user, or of one source about
 * one object. Events of the newer group pass, as upstream's do.
 */
import type { Event } from '../../api/mod.ts';
import { HostError, isJsonObject, type Clock, type JsonObject } from '../../base/mod.ts';
import { ApiError, field, fieldErrorsText, invalid, notSupported, type FieldError } from '../../machinery/mod.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { RecentlyUsed } from './recently-used.ts';

type LimitType = 'Server' | 'Namespace' | 'User' | 'SourceAndObject';

interface Limit {
  readonly type: LimitType;
  readonly qps: number;
  readonly burst: number;
  /** How many buckets are kept; there is one for the server. */
  readonly cacheSize: number;
}

/** Fills up steadily; every event takes one token. */
interface Bucket {
  tokens: number;
  filledMs: number;
}

const bucketsUsual = 4096;

/** Of what there is one bucket. */
const keys: Readonly<Record<LimitType, (request: AdmissionRequest) => string>> = {
  Server: () => '',
  Namespace: ({ namespace = '' }) => namespace,
  User: ({ context }) => context.user.username,
  SourceAndObject: ({ draft }) => {
    const { source = {}, involvedObject: object = {} } = draft as Partial<Event>;
    const { kind, namespace, name, uid, apiVersion } = object;
    return [source.component, source.host, kind, namespace, name, uid, apiVersion].join('');
  },
};

const unconfigured: AdmissionPlugin = {
  name: 'EventRateLimit',
  off: true,
  on: ['events'],
  mustBeConfigured: true,
  configured: (configuration) => {
    const limiters = limitsOf(configuration).map((limit) => new Limiter(limit));
    return {
      ...unconfigured,
      validate(request) {
        if ((request.operation !== 'CREATE' && request.operation !== 'UPDATE') || request.dryRun) return;
        const reached = limiters.flatMap((limiter) => limiter.reached(request) ?? []);
        if (reached.length > 0)
          throw new ApiError('TooManyRequests', reached.length === 1 ? reached.join() : `[${reached.join(', ')}]`);
      },
    };
  },
};

export const eventRateLimit = unconfigured;

class Limiter {
  readonly #limit: Limit;
  readonly #buckets: RecentlyUsed<Bucket>;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#buckets = new RecentlyUsed(limit.type === 'Server' ? 1 : limit.cacheSize);
  }

  /** Takes a token, or says that there is none. */
  reached(request: AdmissionRequest): string | undefined {
    const { type } = this.#limit;
    const key = keys[type](request);
    const bucket = this.#filled(key, request.clock);
    if (bucket.tokens < 1) return `limit reached on type ${type} for key ${key}`;
    bucket.tokens -= 1;
    return undefined;
  }

  #filled(key: string, clock: Clock): Bucket {
    const { qps, burst } = this.#limit;
    const now = clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledMs: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledMs) / 1000) * qps);
    bucket.filledMs = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

/** `eventratelimit.admission.k8s.io`: limits. Throws HostError with all that is wrong. */
function limitsOf({ limits }: JsonObject): Limit[] {
  const path = field('limits');
  const errors: FieldError[] = [];
  const given = Array.isArray(limits) ? limits.filter(isJsonObject) : [];
  if (given.length === 0) errors.push(invalid(path, limits ?? null, 'must not be empty'));
  const found = given.map((one, i): Limit => {
    const at = path.index(i);
    const whole = (name: string): number => (Number.isInteger(one[name]) ? (one[name] as number) : 0);
    const [type, qps, burst, cacheSize] = [one['type'] ?? '', whole('qps'), whole('burst'), whole('cacheSize')];
    if (typeof type !== 'string' || !Object.hasOwn(keys, type))
      errors.push(notSupported(at.child('type'), type, Object.keys(keys)));
    if (burst <= 0) errors.push(invalid(at.child('burst'), burst, 'must be positive'));
    if (qps <= 0) errors.push(invalid(at.child('qps'), qps, 'must be positive'));
    if (type !== 'Server' && cacheSize < 0)
      errors.push(invalid(at.child('cacheSize'), cacheSize, 'must not be negative'));
    return { type: type as LimitType, qps, burst, cacheSize: cacheSize === 0 ? bucketsUsual : cacheSize };
  });
  if (errors.length > 0) throw new HostError('Configuration', fieldErrorsText(errors));
  return found;
}
