/** Small parts of answers that are the same for every sort of request. */
import { HostError } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import { AuthorizationFailure } from '../authz/authorizer.ts';
import { FlowRejection } from '../flow-control/fair-queues.ts';
import { isStream, type HttpResponse } from './message.ts';
import { text } from './paths.ts';

/** As upstream: this one is plain text. */
export function tooManyRequests(): HttpResponse {
  const { headers, ...response } = text(429, 'Too many requests, please try again later.\n');
  return { ...response, headers: { ...headers, 'retry-after': '1' } };
}

/** A failure that no request should be able to bring about. */
export function isBug(error: unknown): boolean {
  return !(
    error instanceof ApiError ||
    error instanceof HostError ||
    error instanceof URIError ||
    error instanceof AuthorizationFailure ||
    error instanceof FlowRejection
  );
}

/** What a JSON body says. */
export function valueOf({ body }: HttpResponse): unknown {
  if (isStream(body)) return undefined;
  const decoder = new TextDecoder();
  const pieces = body instanceof Uint8Array ? [body] : body;
  return JSON.parse(pieces.map((piece) => decoder.decode(piece, { stream: true })).join(''));
}
