/** Requests for what extension API servers serve, carried on to them when this server has authorized them. */
import { errorText, type Clock, type StreamUpgrade } from '../../base/mod.ts';
import { ApiError, isApiError } from '../../machinery/mod.ts';
import { isLongRunning } from '../audit/trail.ts';
import { failure, type Asked, type Delegate, type UpgradeRequest } from '../http/front.ts';
import { isStream, type HttpRequest, type HttpResponse } from '../http/message.ts';
import { text } from '../http/paths.ts';
import { ending } from '../http/stream-of.ts';
import {
  escapedPath,
  forward,
  forwardedHeaders,
  returned,
  type Destination,
  type NamesUser,
} from '../proxying/forward.ts';
import { isAvailable, type Service } from './api-services.ts';
import type { ExtensionServers } from './extension-servers.ts';

/** Whoever asks what there is does not wait for a server that hangs. */
const discoveryMs = 5_000;
/** Upstream's `--request-timeout`. */
const requestMs = 60_000;

export interface DelegateParts {
  readonly servers: ExtensionServers;
  readonly clock: Clock;
  readonly namesUser: NamesUser;
}

export class ExtensionDelegate implements Delegate {
  readonly #parts: DelegateParts;
  readonly #service: Service;

  constructor(parts: DelegateParts, service: Service) {
    this.#parts = parts;
    this.#service = service;
  }

  async respond(request: HttpRequest, asked: Asked): Promise<HttpResponse> {
    const { clock, namesUser, servers } = this.#parts;
    const { backends } = servers;
    const destination = this.#destination(asked);
    if (destination === undefined || backends === undefined) return text(503, 'service unavailable\n');
    const limitMs = limitOf(asked);
    const late = new AbortController();
    const timer = limitMs === undefined ? undefined : clock.after(limitMs, () => late.abort());
    try {
      const answer = await forward(request, destination, { backends, namesUser, deadline: late.signal });
      const response = returned(answer);
      if (answer.status >= 300 && answer.status < 400 && response.headers['location'] !== undefined) {
        stop(response);
        return text(502, 'the backend attempted to redirect this request, which is not permitted');
      }
      const { body } = response;
      if (timer === undefined || !isStream(body)) return response;
      return { ...response, body: ending(body, () => timer[Symbol.dispose]()) };
    } catch (error) {
      timer?.[Symbol.dispose]();
      if (!isApiError(error)) throw error;
      if (late.signal.aborted && limitMs === requestMs)
        return failure(
          new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} }),
        );
      return text(503, `${error.message}\n`);
    }
  }

  async upgrade(upgrade: StreamUpgrade, request: UpgradeRequest, asked: Asked): Promise<void> {
    const destination = this.#destination(asked);
    const { backends } = this.#parts.servers;
    if (destination === undefined || backends === undefined)
      throw new ApiError('ServiceUnavailable', 'service unavailable');
    const { origin, path, query, host, headers = {}, tls } = destination;
    const { 'x-forwarded-for': clients = '' } = forwardedHeaders(request, this.#parts.namesUser);
    const url = `${origin}${escapedPath(path)}${query === '' ? '' : `?${query}`}`;
    const target = {
      url,
      headers: { ...headers, host, 'x-forwarded-for': clients },
      ...(tls === undefined ? {} : { tls }),
    };
    await backends.upgrade(upgrade, target).catch((error: unknown) => {
      throw new ApiError('ServiceUnavailable', errorText(error));
    });
  }

  /** Undefined: nobody is there. */
  #destination({ info, user, auditId }: Asked): Destination | undefined {
    if (!isAvailable(this.#service)) return undefined;
    // As upstream sends it on: read and written again, in the order of the names.
    const query = new URLSearchParams([...info.query]);
    query.sort();
    try {
      const path = decodeURIComponent(info.path);
      const destination = this.#parts.servers.destination(this.#service, path, user);
      const headers = { ...destination.headers, 'audit-id': auditId };
      return { ...destination, query: query.toString(), headers };
    } catch (error) {
      if (isApiError(error)) return undefined;
      throw error;
    }
  }
}

/** How long the server may take, in milliseconds; undefined: as long as it likes. */
function limitOf({ info }: Asked): number | undefined {
  if (info.resource === undefined && info.path.split('/').filter((part) => part !== '').length === 3)
    return discoveryMs;
  return isLongRunning(info) ? undefined : requestMs;
}

function stop({ body }: HttpResponse): void {
  if (isStream(body)) body.stop();
}
