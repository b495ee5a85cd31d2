/**
 * A webhook: an object is posted, the same object comes back with its status. What may pass is tried again a few times, with
 * growing pauses; what is refused is not.
 */
import { HostError, isJsonObject, sleep, type Clock, type JsonObject, type Random } from '../../base/mod.ts';
import { ApiError, durationText, JsonSyntaxError, parseJson } from '../../machinery/mod.ts';
import type { WebAnswer, WebClient } from './web.ts';

export interface WebhookTarget {
  readonly client: WebClient;
  readonly url: string;
  /** Who the API server is for it, where a certificate does not say so. */
  readonly token?: string;
}

export interface WebhookOptions extends WebhookTarget {
  readonly clock: Clock;
  readonly random: Random;
  readonly timeoutMs: number;
  /** Before the second try; half a second unless said otherwise. */
  readonly pauseMs?: number;
}

const attemptsMax = 5;
const pauseMsUsual = 500;
const pauseFactor = 1.5;
const pauseJitter = 0.2;
const decoder = new TextDecoder();

export class Webhook {
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** The object as it came back. Rejects with ApiError or HostError. */
  async post(object: JsonObject): Promise<JsonObject> {
    const { clock, random, pauseMs = pauseMsUsual } = this.#options;
    let pause = pauseMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(object);
      } catch (error) {
        if (attempt === attemptsMax || !mayPass(error)) throw error;
      }
      await sleep(clock, pause * (1 + pauseJitter * random.next()));
      pause *= pauseFactor;
    }
  }

  async #once(object: JsonObject): Promise<JsonObject> {
    const { client, url, token, timeoutMs } = this.#options;
    const answer = await client.send({
      method: 'POST',
      // As client-go tells it.
      url: `${url}?timeout=${durationText(timeoutMs * 1e6)}`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: new TextEncoder().encode(JSON.stringify(object)),
      timeoutMs,
    });
    if (answer.status < 200 || answer.status > 206) throw failureOf(answer);
    const body = objectIn(answer);
    if (body['apiVersion'] !== object['apiVersion'] || body['kind'] !== object['kind'])
      throw new HostError('Webhook', `expected webhook response of ${kindText(object)}, got ${kindText(body)}`);
    return body;
  }
}

function kindText({ apiVersion, kind }: JsonObject): string {
  const word = (value: unknown): string => (typeof value === 'string' ? value : '');
  return `${word(apiVersion)}, Kind=${word(kind)}`;
}

/** The object in an answer. Throws HostError. */
export function objectIn({ body }: WebAnswer): JsonObject {
  try {
    const value = parseJson(body);
    if (isJsonObject(value)) return value;
    throw new HostError('Webhook', "couldn't get version/kind; json parse error: the answer is no object");
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new HostError('Webhook', `couldn't get version/kind; json parse error: ${error.message}`);
  }
}

/** The Status in an answer, or what client libraries make of one that has none. */
export function failureOf({ status, headers, body }: WebAnswer): ApiError {
  const text = decoder.decode(body).trim();
  const seconds = Number.parseInt(headers['retry-after'] ?? '', 10);
  const details = Number.isNaN(seconds) ? {} : { retryAfterSeconds: seconds };
  try {
    const value = parseJson(body);
    if (isJsonObject(value) && value['kind'] === 'Status') return ApiError.from(value);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
  }
  if (status === 401) return ApiError.unauthorized();
  if (status === 404)
    return new ApiError('NotFound', 'the server could not find the requested resource', { details, code: status });
  const why =
    status >= 500
      ? `an error on the server (${JSON.stringify(text === '' ? 'unknown' : text)}) has prevented the request from succeeding`
      : `the server responded with the status code ${status} but did not return more information`;
  return ApiError.from({ code: status, message: why, details });
}

function mayPass(error: unknown): boolean {
  if (error instanceof HostError) return error.code === 'ConnectionReset';
  if (!(error instanceof ApiError)) return false;
  return passing.includes(error.reason) || (error.details?.retryAfterSeconds ?? 0) > 0;
}

const passing: readonly string[] = ['InternalError', 'Timeout', 'TooManyRequests'];
