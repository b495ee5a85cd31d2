/**
 * Golden cases of plans: `cases/<controller>/<name>.in.yaml` holds what to plan and the objects that the view has, the file
 * beside it the plan. `UPDATE=1` rewrites the results, for a person to read in the diff.
 *
 * The first document says `key` and what else the planning depends on: `now`, `remembered`, `options`. Objects are shortened:
 * `owner: ReplicaSet/web` is a controller reference, `copies: 3` makes three of one; uid, namespace and revision are made up
 * where they are not given. Objects after a document `kind: Server` are known to the API server only. Updates are shown as
 * what they change; what would follow from success or from a refusal is shown with the action.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { kinds, optionalKinds } from '../api/mod.ts';
import { deepFreeze, HostError, isJsonObject, jsonEqual, rfc3339 } from '../base/mod.ts';
import {
  fixedResources,
  type Action,
  type Controller,
  type Reads,
  type ResourceView,
  type View,
} from '../client/mod.ts';
import {
  ApiError,
  controllerReference,
  groupResource,
  keyOf,
  objectKey,
  type Kind,
  type KubeObject,
  type Resource,
} from '../machinery/mod.ts';
import { controllers } from './all.ts';
import { defaultControllerOptions, type ControllerOptions } from './unit.ts';

interface Head {
  readonly key: string;
  readonly now?: string;
  readonly remembered?: unknown;
  readonly options?: Partial<ControllerOptions>;
}

type Short = KubeObject & { owner?: string; copies?: number };

const defaultNow = '2026-01-01T01:00:00Z';
const allKinds: readonly Kind[] = [...kinds, ...optionalKinds];
const inputs = globSync('cases/*/*.in.yaml', { cwd: import.meta.dirname }).toSorted();
const kindOf = (name: string): Kind => {
  const found = allKinds.find(({ kind }) => kind === name);
  assert.ok(found, `no kind ${name}`);
  return found;
};
const file = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const uidOf = (kind: string, name: string): string => `uid-${kind.toLowerCase()}-${name}`;

function expand(short: Short): KubeObject[] {
  const { owner, copies = 1, ...given } = short;
  const kind = kindOf(given.kind ?? '');
  return Array.from({ length: copies }, (_, i): KubeObject => {
    const object = structuredClone(given);
    const metadata = (object.metadata ??= {});
    metadata.name = `${metadata.name ?? ''}${copies > 1 ? `-${i}` : ''}`;
    if (kind.namespaced) metadata.namespace ??= 'default';
    metadata.uid ??= uidOf(kind.kind, metadata.name);
    metadata.resourceVersion ??= '1';
    metadata.creationTimestamp ??= '2026-01-01T00:00:00Z';
    if (owner !== undefined) {
      const [ownerKind = '', name = ''] = owner.split('/');
      const { group, version } = kindOf(ownerKind);
      const apiVersion = group === '' ? version : `${group}/${version}`;
      metadata.ownerReferences = [
        controllerReference({ kind: ownerKind, apiVersion, metadata: { name, uid: uidOf(ownerKind, name) } }),
      ];
    }
    object.apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    kind.strategy.defaults?.(object);
    return deepFreeze(object);
  });
}

class CaseView implements ResourceView<KubeObject> {
  readonly revision = 1;
  readonly resource: Resource;
  readonly #objects: readonly KubeObject[];
  readonly #indexes: NonNullable<Reads[string]['indexes']>;

  constructor({ resource, indexes = {} }: Reads[string], objects: readonly KubeObject[]) {
    this.resource = resource;
    this.#objects = objects;
    this.#indexes = indexes;
  }
  get size(): number {
    return this.#objects.length;
  }
  get(key: string): KubeObject | undefined {
    return this.#objects.find((object) => keyOf(object) === key);
  }
  list(namespace?: string): readonly KubeObject[] {
    return namespace === undefined
      ? this.#objects
      : this.#objects.filter(({ metadata }) => metadata?.namespace === namespace);
  }
  index(name: string, value: string): readonly KubeObject[] {
    const values = this.#indexes[name];
    assert.ok(values, `no index ${name}`);
    return this.#objects.filter((object) => values(object).includes(value));
  }
}

/** What `after` changes, as a merge patch. */
function difference(before: unknown, after: unknown): unknown {
  if (!isJsonObject(before) || !isJsonObject(after)) return after;
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(after))
    if (!jsonEqual(before[name], after[name])) out[name] = difference(before[name], after[name]);
  for (const name of Object.keys(before)) if (after[name] === undefined) out[name] = null;
  return out;
}

class Printer {
  readonly #known: readonly KubeObject[];

  constructor(known: readonly KubeObject[]) {
    this.#known = known;
  }

  actions(actions: readonly Action[]): unknown[] {
    const out: { times: number; action: unknown }[] = [];
    for (const action of actions.map((each) => this.#action(each))) {
      const last = out.at(-1);
      if (last !== undefined && jsonEqual(last.action, action)) last.times += 1;
      else out.push({ times: 1, action });
    }
    return out.map(({ times, action }) => (times === 1 ? action : { times, ...(action as object) }));
  }

  #action(action: Action): unknown {
    if (action.do === 'event') {
      const { regarding, type, reason, message } = action.event;
      return { event: `${type} ${reason} on ${regarding.kind ?? ''} ${regarding.metadata?.name ?? ''}: ${message}` };
    }
    const refusal = ApiError.forbidden({ group: '', plural: 'things' }, 'x', 'refused');
    const done = this.actions(action.onDone?.({ metadata: { name: 'made-up' } }) ?? []);
    const failed = action.tolerates?.(refusal) === true ? [] : this.actions(action.onError?.(refusal) ?? []);
    return {
      ...this.#what(action),
      ...(done.length === 0 ? {} : { done }),
      ...(failed.length === 0 ? {} : { failed }),
    };
  }

  #what(action: Exclude<Action, { do: 'event' }>): object {
    if (action.do === 'look')
      return {
        look: action.at.map(
          ({ resource, key, namespace }) =>
            `${resource.plural} ${key === undefined ? `in ${namespace ?? ''}` : objectKey(key.namespace, key.name)}`,
        ),
        seen: this.actions(action.onSeen(action.at.map((at) => this.#find(at)))),
      };
    if (action.do === 'work') return { work: action.what };
    const { plural } = action.resource;
    const to = 'subresource' in action && action.subresource !== undefined ? `${plural}/${action.subresource}` : plural;
    switch (action.do) {
      case 'create':
        return { create: to, object: action.object };
      case 'update':
        return {
          update: `${to} ${keyOf(action.object)}`,
          changes: difference(this.#current(action.resource, keyOf(action.object)), action.object),
        };
      case 'patch':
        return {
          patch: `${to} ${objectKey(action.key.namespace, action.key.name)}`,
          [action.patch.type]: action.patch.body,
        };
      case 'delete':
        return {
          delete: `${to} ${objectKey(action.key.namespace, action.key.name)}`,
          ...(action.options === undefined ? {} : { options: action.options }),
        };
      case 'deleteCollection':
        return { deleteCollection: `${to} in ${action.namespace ?? ''}` };
    }
  }

  #current({ kind }: Resource, key: string): KubeObject | undefined {
    return this.#known.find((object) => object.kind === kind && keyOf(object) === key);
  }

  #find({
    resource,
    key,
    namespace,
  }: {
    readonly resource: Resource;
    readonly key?: { readonly namespace?: string | undefined; readonly name: string };
    readonly namespace?: string;
  }): KubeObject[] {
    return this.#known.filter(
      (object) =>
        object.kind === resource.kind &&
        (key === undefined
          ? namespace === undefined || object.metadata?.namespace === namespace
          : keyOf(object) === objectKey(key.namespace, key.name)),
    );
  }
}

function controllerNamed(
  name: string,
  options: Partial<ControllerOptions> | undefined,
  served: readonly Kind[],
): Controller {
  const unit = controllers.find((candidate) => candidate.name === name);
  assert.ok(unit, `no controller ${name}`);
  const settings = {
    ...defaultControllerOptions,
    rootCa: 'the CA',
    signKeptToken: () => 'a token',
    // What is signed is in the tests of whole clusters; here nothing is.
    certificates: {
      read: () => Promise.reject(new HostError('Pki', 'no request is read in a plan')),
      sign: () => Promise.reject(new HostError('Pki', 'no request is signed in a plan')),
      expiresMs: () => Infinity,
    },
    ...options,
  };
  const [controller] = unit.controllers(settings, fixedResources(served));
  assert.ok(controller);
  return controller;
}

function planned(name: string): unknown {
  const [head, ...documents] = parseAllDocuments(file(name), { merge: true }).map(
    (document) => document.toJS({ maxAliasCount: -1 }) as Head & Short,
  );
  assert.ok(head);
  const at = documents.findIndex(({ kind }) => kind === 'Server');
  const seen = documents.slice(0, at < 0 ? documents.length : at).flatMap(expand);
  const onServer = at < 0 ? [] : documents.slice(at + 1).flatMap(expand);
  // What is served is what the case is about, so that a new kind does not change the cases of others.
  const objects = [...seen, ...onServer];
  const owners = objects.flatMap(({ metadata }) => metadata?.ownerReferences ?? []);
  const named = new Set(['ConfigMap', 'Pod', ...[...objects, ...owners].map(({ kind }) => kind)]);
  const served = allKinds.filter(({ kind, collection }) => collection !== undefined && named.has(kind));
  const controller = controllerNamed(dirname(name).replace('cases/', ''), head.options, served);
  const reads = [
    ...Object.entries(controller.reads),
    ...served.map((kind) => [groupResource(kind), controller.readsOf?.(kind)] as const),
  ];
  const view: View = Object.fromEntries(
    reads.flatMap(([name, one]) =>
      one === undefined
        ? []
        : [
            [
              name,
              new CaseView(
                one,
                seen.filter(({ kind }) => kind === one.resource.kind),
              ),
            ],
          ],
    ),
  );
  const now = Date.parse(head.now ?? defaultNow);
  const plan = controller.plan(view, head.key, now, head.remembered);
  assert.deepEqual(
    JSON.stringify(controller.plan(view, head.key, now, head.remembered)),
    JSON.stringify(plan),
    'the same view gives the same plan',
  );
  const printer = new Printer([...seen, ...onServer]);
  const after = printer.actions(plan.after ?? []);
  const otherwise = printer.actions(
    plan.actions.length === 0
      ? []
      : (plan.otherwise?.(ApiError.forbidden({ group: '', plural: 'things' }, 'x', 'refused')) ?? []),
  );
  return {
    actions: printer.actions(plan.actions),
    ...(plan.slowStart === true && plan.actions.length > 0 ? { slowStart: true } : {}),
    ...(after.length === 0 ? {} : { after }),
    ...(otherwise.length === 0 || jsonEqual(otherwise, after) ? {} : { otherwise }),
    ...(plan.wakeAtMs === undefined ? {} : { wakeAt: rfc3339(plan.wakeAtMs) }),
    ...(plan.remember === undefined ? {} : { remember: plan.remember }),
  };
}

for (const name of inputs) {
  void test(name, () => {
    const got = stringify(JSON.parse(JSON.stringify(planned(name))), { lineWidth: 0, aliasDuplicateObjects: false });
    const out = name.replace('.in.yaml', '.out.yaml');
    if (process.env['UPDATE'] === '1') writeFileSync(join(import.meta.dirname, out), got);
    assert.equal(got, file(out));
  });
}

void test('every controller has cases', () => {
  const withCases = new Set(inputs.map((name) => dirname(name).replace('cases/', '')));
  assert.deepEqual(
    controllers.map(({ name }) => name).filter((name) => !withCases.has(name)),
    [],
  );
});
