/**
 * Which versions a server serves: the current ones, those that upstream has dropped where they are asked for, and what
 * upstream's `--runtime-config` says of single ones: it switches exactly what upstream's would, and what upstream has dropped
 * only where that is served at all.
 */
import { kinds, legacyKinds, optionalKinds, withLegacyTypes } from '../api/mod.ts';
import { HostError } from '../base/mod.ts';
import { apiVersionOf, type Facts, type Kind } from '../machinery/mod.ts';

export interface ServedApis {
  /** All versions that upstream has dropped too. */
  readonly legacy?: boolean;
  /** `apps/v1beta1=true,api/beta=false`: the more special a key, the more it counts. */
  readonly runtimeConfig?: string;
}

/** Keys for many versions, the most general one first. */
const wide: readonly (readonly [key: string, matches: RegExp])[] = [
  ['api/all', /^/],
  ['api/ga', /^v\d+$/],
  ['api/beta', /^v\d+beta\d+$/],
  ['api/alpha', /^v\d+alpha\d+$/],
];

/** Versions that upstream can be told of although it answers for nothing in them. */
const empty = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1', 'imagepolicy.k8s.io/v1alpha1'];

/** Versions that upstream does not even know by name any more; of the others that it has dropped it still has the types. */
const forgotten = new Set([
  'authentication.k8s.io/v1alpha1',
  'autoscaling/v2beta1',
  'autoscaling/v2beta2',
  'batch/v2alpha1',
  'scheduling.k8s.io/v1alpha1',
]);

/** The facts of the types of these kinds. */
export function factsOf(served: readonly Kind[], facts: Facts): Facts {
  const isKnown = served.every((kind) => kind.versions.every(({ schema }) => facts.types[schema] !== undefined));
  return isKnown ? facts : withLegacyTypes(facts);
}

/** Throws HostError, in upstream's words, for a `runtimeConfig` that makes no sense. */
export function servedKinds({ legacy = false, runtimeConfig = '' }: ServedApis = {}): readonly Kind[] {
  const config = parseRuntimeConfig(runtimeConfig, registeredVersions(legacy));
  const optional = new Set(optionalKinds);
  return [...kinds, ...optionalKinds, ...(legacy ? legacyKinds : [])].flatMap((kind) => {
    const versions = kind.versions.filter(({ version }) => {
      const apiVersion = keyOf(kind.group, version);
      const keys = wide.flatMap(([key, matches]) => (matches.test(version) ? [key] : []));
      return [...keys, apiVersion, `${apiVersion}/${kind.plural}`].reduce(
        (on, key) => config.get(key) ?? on,
        !optional.has(kind),
      );
    });
    if (versions.length === kind.versions.length) return [kind];
    return versions.length === 0 ? [] : [{ ...kind, versions }];
  });
}

/** The core group has no name, and its slash all the same. */
function keyOf(group: string, version: string): string {
  return `${group}/${version}`;
}

function registeredVersions(legacy: boolean): ReadonlySet<string> {
  const named = (some: readonly Kind[]): string[] =>
    some.flatMap(({ group, versions }) => versions.map(({ version }) => keyOf(group, version)));
  const dropped = named(legacyKinds).filter((key) => legacy || !forgotten.has(key));
  return new Set([...named(kinds), ...named(optionalKinds), ...dropped, ...empty]);
}

/** Keys with whether they are on; one that says nothing is. */
function parseRuntimeConfig(text: string, registered: ReadonlySet<string>): ReadonlyMap<string, boolean> {
  const parts = text.split(',').filter((part) => part !== '');
  const values = new Map(
    parts.map((part) => {
      const [key = '', value = ''] = part.split(/=(.*)/s);
      return [key.trim(), value.trim()];
    }),
  );
  if (values.size === 1 && values.get('api/all') === 'false') throw refused('invalid key with only api/all=false');
  const named = [...values.keys()].filter((key) => !wide.some(([one]) => one === key));
  checkGroups(named, registered);
  for (const [key] of wide) {
    const value = values.get(key) ?? 'true';
    if (value !== 'true' && value !== 'false') throw refused(`invalid value ${key}=${value}`);
  }
  for (const key of named) checkKey(key, values.get(key) ?? '', registered);
  return new Map([...values].map(([key, value]) => [key, isTrue.has(value)]));
}

const isTrue = new Set(['', '1', 't', 'T', 'TRUE', 'true', 'True']);
const isFalse = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function checkGroups(named: readonly string[], registered: ReadonlySet<string>): void {
  for (const key of named) if (!/^[^/]*(\/[^/]*){1,2}$/.test(key)) throw refused(`runtime-config invalid key ${key}`);
  const groups = new Set([...registered].map((key) => key.split('/')[0]));
  const unknown = named.map((key) => key.split('/')[0] ?? '').filter((group) => !groups.has(group));
  if (unknown.length > 0) throw refused(`unknown api groups ${unknown.join(',')}`);
}

function checkKey(key: string, value: string, registered: ReadonlySet<string>): void {
  const [group = '', version = '', resource = ''] = key.split('/');
  if (!registered.has(keyOf(group, version)))
    throw refused(`group version ${apiVersionOf(group, version)} that has not been registered`);
  if (!isTrue.has(value) && !isFalse.has(value))
    throw refused(
      `invalid value of ${key}: ${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
    );
  if (resource !== resource.toLowerCase())
    throw refused(
      `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`,
    );
}

function refused(message: string): HostError {
  return new HostError('RuntimeConfig', message);
}
