/** What the server answers besides resources: discovery, health, version. Each handler serves some paths. */
import { rfc3339, type JsonObject } from '../../base/mod.ts';
import { ApiError } from '../../machinery/mod.ts';
import type { Discovery } from '../discovery.ts';
import { encode } from './encode.ts';
import { documentAnswer, keptDocument, type KeptDocument } from './etag.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { negotiate, type Representation } from './negotiate.ts';
import type { RequestInfo } from './request-info.ts';

export interface PathHandler {
  serves(path: string): boolean;
  /** What `/` says is there. */
  list?(): readonly string[];
  /** Undefined: not served after all. */
  respond(request: HttpRequest, info: RequestInfo): HttpResponse | undefined | Promise<HttpResponse | undefined>;
}

export function json(value: unknown, mediaType = 'application/json'): HttpResponse {
  return {
    status: 200,
    headers: { 'content-type': mediaType, 'cache-control': 'no-cache, private' },
    body: encode(value),
  };
}

export function text(status: number, value: string): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: new TextEncoder().encode(value),
  };
}

/** `/`: where one can go from here. */
export function rootPath(handlers: readonly PathHandler[]): PathHandler {
  return {
    serves: (path) => path === '/' || path === '',
    respond: () => json({ paths: handlers.flatMap((handler) => handler.list?.() ?? []).toSorted() }),
  };
}

const discoveryGroup = 'apidiscovery.k8s.io';

export function discoveryPaths(discovery: Discovery, address: () => string): PathHandler {
  const kept = new WeakMap<JsonObject, KeptDocument>();
  const encoded = (value: JsonObject): KeptDocument => {
    let document = kept.get(value);
    if (document === undefined) kept.set(value, (document = keptDocument(encode(value))));
    return document;
  };
  return {
    serves: (path) => path === '/api' || path === '/apis' || path.startsWith('/api/') || path.startsWith('/apis/'),
    list: () => [
      '/api',
      '/apis',
      ...discovery.groups().flatMap(({ name, versions }) => {
        const root = name === '' ? '/api' : `/apis/${name}`;
        return [...(name === '' ? [] : [root]), ...versions.map(({ version }) => `${root}/${version}`)];
      }),
    ],
    respond(request, { path }) {
      const [, root, ...rest] = path.replace(/\/$/, '').split('/');
      const core = root === 'api';
      if (rest.length === 0) {
        const wanted = negotiate(request.headers['accept'], servesDiscovery);
        if (wanted.as !== undefined)
          return documentAnswer(
            request,
            encoded(discovery.aggregated(core, `${discoveryGroup}/${wanted.version ?? 'v2'}`)),
            `application/json;g=${discoveryGroup};v=${wanted.version ?? 'v2'};as=APIGroupDiscoveryList`,
          );
        return json(core ? discovery.apiVersions(address()) : discovery.apiGroupList());
      }
      const [first = '', second] = rest;
      const found = core
        ? discovery.resourceList('', first)
        : second === undefined
          ? discovery.apiGroup(first)
          : discovery.resourceList(first, second);
      return found === undefined || rest.length > (core ? 1 : 2) ? undefined : json(found);
    },
  };
}

function servesDiscovery({ mediaType, as, group, version }: Representation): boolean {
  if (mediaType !== 'application/json') return false;
  return (
    as === undefined ||
    (as === 'APIGroupDiscoveryList' && group === discoveryGroup && (version === 'v2' || version === 'v2beta1'))
  );
}

/** One thing that health depends on; rejects when it is not well. */
export interface HealthCheck {
  readonly name: string;
  readonly check: () => void | Promise<void>;
}

/** Is told how each check went, of all that were asked together. */
export type HealthTold = (name: string, type: string, isWell: boolean) => void;

/** `/healthz`, `/livez`, `/readyz`, each with single checks below it and `?verbose`, `?exclude`. */
export function healthPaths(
  checks: readonly HealthCheck[],
  shuttingDown: () => boolean,
  told: HealthTold,
): PathHandler {
  const roots = ['/healthz', '/livez', '/readyz'];
  return {
    serves: (path) => roots.some((root) => path === root || path.startsWith(`${root}/`)),
    list: () => roots.flatMap((root) => [root, ...checks.map(({ name }) => `${root}/${name}`)]),
    async respond(_request, { path, query }) {
      const root = roots.find((candidate) => path.startsWith(candidate)) ?? '';
      const only = path.slice(root.length + 1);
      const all =
        root === '/readyz' ? [...checks, { name: 'shutdown', check: () => refuseIf(shuttingDown()) }] : checks;
      const chosen =
        only === ''
          ? all.filter(({ name }) => !query.getAll('exclude').includes(name))
          : all.filter(({ name }) => name === only);
      if (only !== '' && chosen.length === 0) return undefined;
      const lines: string[] = [];
      let well = true;
      for (const { name, check } of chosen) {
        const failed = await failing(check);
        well &&= !failed;
        if (only === '') told(name, root.slice(1), !failed);
        lines.push(failed ? `[-]${name} failed: reason withheld` : `[+]${name} ok`);
      }
      const name = root.slice(1);
      if (!well) return text(500, `${lines.join('\n')}\n${name} check failed\n`);
      return text(200, query.has('verbose') ? `${lines.join('\n')}\n${name} check passed\n` : 'ok');
    },
  };
}

function refuseIf(condition: boolean): void {
  if (condition) throw new ApiError('ServiceUnavailable', 'process is shutting down');
}

async function failing(check: () => void | Promise<void>): Promise<boolean> {
  try {
    await check();
    return false;
  } catch {
    return true;
  }
}

export interface VersionInfo {
  /** `1.36`. */
  readonly kubernetes: string;
  /** kutter's own version. */
  readonly build: string;
  readonly platform: string;
  readonly builtAtMs: number;
}

export function versionPath({ kubernetes, build, platform, builtAtMs }: VersionInfo): PathHandler {
  const [major = '', minor = ''] = kubernetes.split('.');
  const body = {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${kubernetes}.0+kutter-${build}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: rfc3339(builtAtMs),
    goVersion: '',
    compiler: 'node',
    platform,
  };
  return { serves: (path) => path === '/version', list: () => ['/version'], respond: () => json(body) };
}
