/**
 * Which versions a server serves: the current ones, those that upstream has dropped where they are asked for, and what
 * upstream's `--runtime-config` says of single ones, those among them that upstream leaves off.
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

/** The facts of the types of these kinds. */
export function factsOf(served: readonly Kind[], facts: Facts): Facts {
  const isKnown = served.every((kind) => kind.versions.every(({ schema }) => facts.types[schema] !== undefined));
  return isKnown ? facts : withLegacyTypes(facts);
}

/** Throws HostError, in upstream's words, for a `runtimeConfig` that makes no sense. */
export function servedKinds({ legacy = false, runtimeConfig = '' }: ServedApis = {}): readonly Kind[] {
  const config = parseRuntimeConfig(runtimeConfig);
  const usual = new Set(legacy ? [...kinds, ...legacyKinds] : kinds);
  const known = [...kinds, ...optionalKinds, ...legacyKinds];
  checkKeys(config, known);
  if (config.size === 0) return [...usual];
  return known.flatMap((kind) => {
    const versions = kind.versions.filter(({ version }) => {
      const apiVersion = apiVersionOf(kind.group, version);
      const keys = wide.flatMap(([key, matches]) => (matches.test(version) ? [key] : []));
      return [...keys, apiVersion, `${apiVersion}/${kind.plural}`].reduce(
        (on, key) => config.get(key) ?? on,
        usual.has(kind),
      );
    });
    if (versions.length === kind.versions.length) return [kind];
    return versions.length === 0 ? [] : [{ ...kind, versions }];
  });
}

/** Keys with whether they are on; one that says nothing is. */
function parseRuntimeConfig(text: string): ReadonlyMap<string, boolean> {
  const config = new Map<string, boolean>();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [key = '', value = ''] = part.split(/=(.*)/s);
    if (!isTrue.has(value) && !isFalse.has(value))
      throw new HostError(
        'RuntimeConfig',
        `invalid value of ${key}: ${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
      );
    // Upstream calls the core group by its version alone.
    config.set(key === 'api/v1' ? 'v1' : key, isTrue.has(value));
  }
  return config;
}

const isTrue = new Set(['', '1', 't', 'T', 'TRUE', 'true', 'True']);
const isFalse = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function checkKeys(config: ReadonlyMap<string, boolean>, known: readonly Kind[]): void {
  if (config.size === 1 && config.get('api/all') === false)
    throw new HostError('RuntimeConfig', 'invalid key with only api/all=false');
  const groups = new Set(known.map(({ group }) => group));
  const named = [...config.keys()].filter((key) => key !== 'v1' && !wide.some(([one]) => one === key));
  const unknown = new Set(named.map((key) => key.split('/')[0] ?? '').filter((group) => !groups.has(group)));
  if (unknown.size > 0) throw new HostError('RuntimeConfig', `unknown api groups ${[...unknown].sort().join(',')}`);
}
