/**
 * What a node may do: the node authorizer and NodeRestriction together, as golden cases. `cases/node/<name>.in.yaml` holds what
 * is in the cluster and what `system:node:n1` asks for, in order; the file beside it what came of each request. `$uid(…)` is
 * the uid of what is in the cluster. `UPDATE=1` rewrites the results, for a person to read in the diff.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { kinds as usual, podCertificateRequests } from '../../api/mod.ts';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import { seededRandom, silentLog, VirtualClock } from '../../base/mod.ts';
import { passingTokenKeys } from '../../host/pki/mod.ts';
import { ApiError, groupResource, objectKey, usualConfig, type Kind, type KubeObject } from '../../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { bootstrap } from '../bootstrap.ts';
import { composeServer, type ComposedServer } from '../compose.ts';
import type { Operation, PatchType, Verb } from '../operation.ts';
import { stamp } from '../stamp.ts';

interface Asked {
  readonly do: Verb;
  /** `pods/status`, `leases.coordination.k8s.io`. */
  readonly on: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly patchType?: PatchType;
  readonly body?: object;
}

interface Case {
  /** Who asks, when that is not `system:node:n1`. */
  readonly user?: string;
  readonly objects: readonly (KubeObject & { readonly kind: string; readonly status?: object })[];
  readonly requests: readonly Asked[];
}

const kinds: readonly Kind[] = [...usual, podCertificateRequests as unknown as Kind];
const admin = { username: 'admin', groups: ['system:masters'] };

async function composed(): Promise<ComposedServer> {
  const clock = new VirtualClock({ rest: async () => await setImmediate(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const world = {
    store,
    clock,
    random: seededRandom(1),
    log: silentLog,
    facts,
    config: usualConfig,
    tokenKeys: passingTokenKeys(),
    apis: { runtimeConfig: 'certificates.k8s.io/v1beta1/podcertificaterequests=true' },
  };
  const api = composeServer(world, { posts: [], admission: { disabled: ['StorageObjectInUseProtection'] } });
  await bootstrap(api);
  return api;
}

async function fill(api: ComposedServer, objects: Case['objects']): Promise<void> {
  const client = api.client(admin);
  for (const object of objects) {
    const kind = kinds.find((one) => one.kind === object.kind && one.storedAs === object.apiVersion);
    assert.ok(kind, object.kind);
    const { status, metadata = {} } = object;
    await client.create(kind, object);
    if (status === undefined) continue;
    const key = { namespace: metadata.namespace, name: metadata.name ?? '' };
    await client.patch(kind, key, { type: 'merge', body: { status } }, { subresource: 'status' });
  }
}

const kindOf = (resource: string): Kind => {
  const kind = kinds.find((one) => groupResource(one) === resource);
  assert.ok(kind, resource);
  return kind;
};

function withUids(api: ComposedServer, body: object | undefined): object | undefined {
  if (body === undefined) return undefined;
  const text = JSON.stringify(body).replace(/\$uid\(([^)]*)\)/g, (_, key: string) => {
    const [resource = '', ...name] = key.split('/');
    const found = api.server.world.objects.get(kindOf(resource), name.join('/'));
    return found?.metadata?.uid ?? assert.fail(`there is no ${key}`);
  });
  return JSON.parse(text) as object;
}

async function answerTo(api: ComposedServer, username: string, asked: Asked): Promise<string> {
  const [resource = '', subresource] = asked.on.split('/');
  const kind = kindOf(resource);
  const { namespace, name, fieldSelector, patchType = 'merge' } = asked;
  const operation: Operation = {
    verb: asked.do,
    group: kind.group,
    version: kind.version,
    resource: kind.plural,
    subresource,
    namespace,
    name,
    user: { username, groups: ['system:nodes', 'system:authenticated'] },
    options: fieldSelector === undefined ? {} : { fieldSelector },
    body: withUids(api, asked.body),
    patchType,
  };
  try {
    const { type } = await api.server.handle(operation);
    return type === 'list' || type === 'watch' ? type : 'done';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

for (const file of globSync('cases/node/*.in.yaml', { cwd: import.meta.dirname }).sort()) {
  void test(file, async () => {
    const path = join(import.meta.dirname, file);
    const { user = 'system:node:n1', objects, requests } = parse(readFileSync(path, 'utf8'), { merge: true }) as Case;
    const api = await composed();
    await fill(api, objects);
    const results: Record<string, string>[] = [];
    for (const asked of requests) {
      const selected = asked.fieldSelector === undefined ? '' : ` ${asked.fieldSelector}`;
      const what = `${asked.do} ${asked.on} ${objectKey(asked.namespace, asked.name ?? '')}${selected}`.trimEnd();
      const answer = await answerTo(api, user, asked);
      results.push({ [what]: answer.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID') });
    }
    const got = stringify(results, { lineWidth: 0 });
    const out = path.replace('.in.yaml', '.out.yaml');
    if (process.env['UPDATE'] === '1') writeFileSync(out, got);
    assert.equal(got, readFileSync(out, 'utf8'));
  });
}
