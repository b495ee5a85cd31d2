/**
 * Facts → the text of `types.ts`: one TypeScript interface per type. A pure function, so that a test can hold the checked-in
 * file against the checked-in facts.
 *
 * Names are Go's. Where several groups or versions have the same name, the one that a reader would mean gets it plain: the
 * newest stable version of a group, a kind before a part of a kind, then the groups in the order of `PRECEDENCE`. The others
 * are prefixed: `EventsV1Event`, `AppsV1beta1Deployment`.
 */
import type { Facts, FieldFacts, TypeFacts } from '../../src/machinery/mod.ts';

const PRECEDENCE = [
  'meta',
  'core',
  'apps',
  'batch',
  'autoscaling',
  'networking',
  'policy',
  'rbac',
  'storage',
  'discovery',
  'coordination',
  'admissionregistration',
  'authentication',
];

/** Groups whose types never get a plain name. */
const ALWAYS_PREFIXED = new Set(['extensions', 'imagepolicy']);

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  bytes: 'string',
  int32: 'number',
  int64: 'number',
  double: 'number',
  bool: 'boolean',
  time: 'Time',
  microtime: 'MicroTime',
  duration: 'Duration',
  quantity: 'Quantity',
  'int-or-string': 'IntOrString',
  any: 'unknown',
  raw: 'RawExtension',
};

const HEADER = `/**
 * The types of the Kubernetes API. Generated from facts.json by tools/schema; do not edit.
 *
 * A name without a group and version is the one that is stored or preferred; others carry them (\`EventsV1Event\`). Fields
 * without \`?\` are those that a valid object always has, and \`metadata\`, which every stored object has.
 */

/** RFC 3339 in seconds: "2006-01-02T15:04:05Z". Other servers may write null for an unset time: test for truth. */
export type Time = string;
/** RFC 3339 with six digits of a second's fraction. */
export type MicroTime = string;
/** Go's form: "1h2m3s". */
export type Duration = string;
/** In canonical form: "500m", "128Mi". */
export type Quantity = string;
export type IntOrString = number | string;
/** An object of any kind. */
export type RawExtension = unknown;
`;

interface Named {
  readonly id: string;
  readonly group: string;
  readonly version: string;
  readonly short: string;
  readonly isKind: boolean;
}

/** A watch event is registered as a kind but says neither its version nor its kind. */
function isKind(id: string, type: TypeFacts): boolean {
  return type.gvks !== undefined && !id.endsWith('.WatchEvent');
}

/** `io.k8s.api.core.v1.Pod` → group `core`, version `v1`, short name `Pod`. */
function splitName(id: string, type: TypeFacts): Named {
  const parts = id.split('.');
  const short = parts.at(-1) ?? id;
  const version = parts.at(-2) ?? '';
  const group = version === 'version' ? 'version' : (parts.at(-3) ?? '');
  return { id, group, version, short, isKind: isKind(id, type) };
}

/** v2 > v1 > v1beta2 > v1beta1 > v1alpha1 */
function versionRank(version: string): number {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return 0;
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return stage * 10_000 + Number(match[1]) * 100 + Number(match[3] ?? 0);
}

function groupRank(group: string): number {
  const at = PRECEDENCE.indexOf(group);
  return at < 0 ? PRECEDENCE.length : at;
}

/** Negative when `a` has the better claim to the plain name that both have. */
function compareClaims(a: Named, b: Named): number {
  if (a.group === b.group) return versionRank(b.version) - versionRank(a.version);
  if (a.isKind !== b.isKind) return a.isKind ? -1 : 1;
  const stableA = versionRank(a.version) >= 20_000;
  if (stableA !== versionRank(b.version) >= 20_000) return stableA ? -1 : 1;
  return groupRank(a.group) - groupRank(b.group) || (a.group < b.group ? -1 : 1);
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The TypeScript name of every type, by its OpenAPI name. No name is given twice. */
export function typeNames(facts: Facts): Map<string, string> {
  const groups = Map.groupBy(
    Object.entries(facts.types).map(([id, type]) => splitName(id, type)),
    (named) => named.short,
  );
  const names = new Map<string, string>();
  for (const [short, claims] of groups) {
    const contenders = claims.filter((named) => !ALWAYS_PREFIXED.has(named.group)).toSorted(compareClaims);
    for (const named of claims) {
      const plain = named === contenders[0];
      names.set(named.id, plain ? short : `${capital(named.group)}${capital(named.version)}${short}`);
    }
  }
  return names;
}

function typeScript(type: string, names: ReadonlyMap<string, string>): string {
  if (type.startsWith('[]')) return `${typeScript(type.slice(2), names)}[]`;
  if (type.startsWith('{}')) return `Record<string, ${typeScript(type.slice(2), names)}>`;
  return SCALARS[type] ?? names.get(type) ?? 'never';
}

function emitField(name: string, field: FieldFacts, ofKind: boolean, names: ReadonlyMap<string, string>): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
  const present = field.required === true || (ofKind && name === 'metadata');
  return `  ${key}${present ? '' : '?'}: ${typeScript(field.type, names)};\n`;
}

function emitType(id: string, type: TypeFacts, names: ReadonlyMap<string, string>): string {
  const name = names.get(id) ?? id;
  const fields = Object.entries(type.fields);
  if (type.untagged === true) {
    return `/** ${id} */\nexport type ${name} = ${fields.map(([, field]) => typeScript(field.type, names)).join(' | ')};\n`;
  }
  const kind = isKind(id, type);
  const head = kind ? '  apiVersion?: string;\n  kind?: string;\n' : '';
  const body = fields.map(([key, field]) => emitField(key, field, kind, names)).join('');
  const open = `/** ${id} */\nexport interface ${name} {`;
  return head === '' && body === '' ? `${open}}\n` : `${open}\n${head}${body}}\n`;
}

export function emitTypes(facts: Facts): string {
  const names = typeNames(facts);
  return [HEADER, ...Object.entries(facts.types).map(([id, type]) => emitType(id, type, names))].join('\n');
}
