/**
 * Facts against the protobuf messages of `fields.json`: every field is there under its number (following inlined structs
 * into their messages) with the same type, markers and default, and no message has a field that the facts miss.
 */
import type { Facts, FieldFacts, TypeFacts } from '../../../src/machinery/mod.ts';

interface MessageField {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly repeated?: boolean;
  readonly listType?: string;
  readonly listMapKeys?: readonly string[];
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  readonly mapType?: string;
  readonly structType?: string;
  /** Go's text of it: JSON or `ref(Constant)`. */
  readonly default?: string;
}
export type Messages = Readonly<Record<string, { readonly fields: readonly MessageField[] }>>;

export type Report = (where: string, what: string, ours: unknown, theirs: unknown) => void;

/** `io.k8s.kube-aggregator.pkg…` is `k8s.io.kube_aggregator.pkg…` there. */
export function messageName(id: string): string {
  return id
    .replace(/\bio\.k8s\./, 'k8s.io.')
    .replace('-apiserver', '_apiserver')
    .replace('-aggregator', '_aggregator');
}

export const SPECIAL_MESSAGES: Readonly<Record<string, string>> = {
  'k8s.io.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'k8s.io.apimachinery.pkg.apis.meta.v1.MicroTime': 'microtime',
  'k8s.io.apimachinery.pkg.apis.meta.v1.Duration': 'duration',
  'k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
  'k8s.io.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'k8s.io.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'k8s.io.apimachinery.pkg.runtime.RawExtension': 'raw',
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON': 'any',
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1beta1.JSON': 'any',
};

interface Context {
  readonly messages: Messages;
  /** Names of messages that only carry a list of strings. */
  readonly lists: ReadonlySet<string>;
  readonly report: Report;
}

/** JSON names and protobuf names differ in case and in the characters that protobuf does not allow. */
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function listMessages(messages: Messages): Set<string> {
  const isList = ([only, ...others]: readonly MessageField[]): boolean =>
    others.length === 0 && only?.name === 'items' && only.type === 'string' && only.repeated === true;
  return new Set(Object.keys(messages).filter((name) => isList(messages[name]?.fields ?? [])));
}

/** A type's text may be absolute, with or without a leading dot, or relative to the message's package. */
function resolve(context: Context, type: string, message: string): string {
  const absolute = type.replace(/^\./, '');
  const relative = `${message.slice(0, message.lastIndexOf('.'))}.${absolute}`;
  return context.messages[absolute] === undefined && context.messages[relative] !== undefined ? relative : absolute;
}

interface Place {
  readonly where: string;
  readonly message: string;
}

function compareField(context: Context, { where, message }: Place, ours: FieldFacts, theirs: MessageField): void {
  const { report } = context;
  const map = /^map<string, (.*)>$/.exec(theirs.type);
  const leaf = resolve(context, map?.[1] ?? theirs.type, message);
  const isList = context.lists.has(leaf);
  const known = isList ? '[]string' : (SPECIAL_MESSAGES[leaf] ?? leaf.replace(/^uint(32|64)$/, 'int64'));
  const expected = `${map === null ? '' : '{}'}${theirs.repeated === true ? '[]' : ''}${known}`;
  report(where, 'type', messageName(ours.type), expected);
  report(where, 'wrapped', ours.wrapped, isList && map === null ? true : undefined);
  for (const key of ['listType', 'listMapKeys', 'patchStrategy', 'patchMergeKey'] as const) {
    report(where, key, ours[key], theirs[key]);
  }
  report(where, 'mapType', ours.mapType, theirs.mapType ?? theirs.structType);
  report(where, 'default', ours.default === undefined ? undefined : JSON.stringify(ours.default), theirs.default);
}

function compareMessage(context: Context, id: string, type: TypeFacts): void {
  const root = messageName(id);
  const seen = new Set<string>();
  const visited = new Set([root]);
  for (const [name, field] of Object.entries(type.fields)) {
    let message = root;
    for (const step of field.inside ?? []) {
      const through = context.messages[message]?.fields.find((f) => f.number === step);
      seen.add(`${message}/${step}`);
      message = resolve(context, through?.type ?? '', message);
    }
    visited.add(message);
    seen.add(`${message}/${field.number}`);
    const where = `${id}.${name}`;
    const theirs = context.messages[message]?.fields.find((f) => f.number === field.number);
    context.report(where, 'protobuf name', bare(name), theirs && bare(theirs.name));
    if (theirs !== undefined) compareField(context, { where, message }, field, theirs);
  }
  for (const message of visited) {
    for (const { name, number } of context.messages[message]?.fields ?? []) {
      if (!seen.has(`${message}/${number}`)) context.report(id, `field ${number} of ${message}`, undefined, name);
    }
  }
}

export function compareMessages(facts: Facts, messages: Messages, report: Report): void {
  const context: Context = { messages, lists: listMessages(messages), report };
  const ours = new Map(Object.entries(facts.types).map(([id, type]) => [messageName(id), { id, type }]));
  for (const name of Object.keys(messages)) {
    const found = ours.get(name);
    if (found !== undefined) compareMessage(context, found.id, found.type);
    else if (SPECIAL_MESSAGES[name] === undefined && !context.lists.has(name))
      report(name, 'message', 'unknown', 'known');
  }
}
