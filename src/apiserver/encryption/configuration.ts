/** The file of `--encryption-provider-config`: read strictly, defaulted and validated as upstream does. */
import { parse as parseYaml } from 'yaml';
import { errorText, HostError, isJsonObject, shapeErrors, type Shape } from '../../base/mod.ts';
import {
  field,
  fieldErrorsText,
  invalid,
  parseDuration,
  required,
  type FieldError,
  type FieldPath,
} from '../../machinery/mod.ts';

export interface EncryptionKey {
  readonly name: string;
  readonly secret: string;
}

export interface KmsConfiguration {
  readonly apiVersion: string;
  readonly name: string;
  readonly endpoint: string;
  readonly timeoutMs: number;
}

export type ProviderConfiguration =
  | { readonly type: 'identity' }
  | { readonly type: 'aescbc' | 'aesgcm' | 'secretbox'; readonly keys: readonly EncryptionKey[] }
  | { readonly type: 'kms'; readonly kms: KmsConfiguration };

export interface ResourceConfiguration {
  readonly resources: readonly string[];
  readonly providers: readonly ProviderConfiguration[];
}

export type EncryptionConfiguration = readonly ResourceConfiguration[];

const keys: Shape = { fields: { keys: { list: { fields: { name: 'string', secret: 'string' } } } } };
const shape: Shape = {
  fields: {
    kind: 'string',
    apiVersion: 'string',
    resources: {
      list: {
        fields: {
          resources: { list: 'string' },
          providers: {
            list: {
              fields: {
                identity: { fields: {} },
                aescbc: keys,
                aesgcm: keys,
                secretbox: keys,
                kms: {
                  fields: {
                    apiVersion: 'string',
                    name: 'string',
                    cachesize: 'number',
                    endpoint: 'string',
                    timeout: 'string',
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

interface RawProvider {
  readonly identity?: object;
  readonly aescbc?: { readonly keys?: readonly Partial<EncryptionKey>[] };
  readonly aesgcm?: { readonly keys?: readonly Partial<EncryptionKey>[] };
  readonly secretbox?: { readonly keys?: readonly Partial<EncryptionKey>[] };
  readonly kms?: {
    readonly apiVersion?: string;
    readonly name?: string;
    readonly cachesize?: number;
    readonly endpoint?: string;
    readonly timeout?: string;
  };
}
interface RawResource {
  readonly resources?: readonly string[];
  readonly providers?: readonly RawProvider[];
}

/** Throws HostError `InvalidConfiguration`; its text never holds a secret. */
export function parseEncryptionConfiguration(text: string, path: string): EncryptionConfiguration {
  const document = parsed(text, path);
  const resources = (document['resources'] ?? []) as readonly RawResource[];
  const errors = validate(resources);
  if (errors.length > 0) throw wrong(`invalid encryption provider configuration: ${fieldErrorsText(errors)}`);
  return resources.map((resource) => ({
    resources: resource.resources ?? [],
    providers: (resource.providers ?? []).map(providerOf),
  }));
}

function parsed(text: string, path: string): Record<string, unknown> {
  const decoding = `error decoding encryption provider configuration file "${path}"`;
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    // The parser shows the line in question, which may hold a key.
    throw wrong(`${decoding}: ${errorText(error).split('\n')[0] ?? ''}`);
  }
  if (!isJsonObject(document)) throw wrong(`encryption provider configuration file "${path}" is empty`);
  const { kind, apiVersion } = document;
  if (kind !== 'EncryptionConfiguration' || apiVersion !== 'apiserver.config.k8s.io/v1')
    throw wrong(
      `${decoding}: no kind "${textOf(kind)}" is registered for version "${textOf(apiVersion)}", expected EncryptionConfiguration of apiserver.config.k8s.io/v1`,
    );
  const findings = shapeErrors(document, shape);
  if (findings.length > 0) throw wrong(`${decoding}: strict decoding error: ${findings.join(', ')}`);
  return document;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function wrong(message: string): HostError {
  return new HostError('InvalidConfiguration', message);
}

function providerOf(raw: RawProvider): ProviderConfiguration {
  if (raw.kms != null) {
    const { apiVersion = 'v1', name = '', endpoint = '', timeout } = raw.kms;
    return { type: 'kms', kms: { apiVersion, name, endpoint, timeoutMs: durationMs(timeout) ?? 0 } };
  }
  for (const type of ['aesgcm', 'aescbc', 'secretbox'] as const) {
    const given = raw[type];
    if (given != null)
      return { type, keys: (given.keys ?? []).map(({ name = '', secret = '' }) => ({ name, secret })) };
  }
  return { type: 'identity' };
}

function validate(resources: readonly RawResource[]): FieldError[] {
  const root = field('resources');
  if (resources.length === 0) return [required(root, 'at least one resources is required')];
  const kmsNames = new Set<string>();
  return resources.flatMap(({ resources: names, providers }, i) => {
    const named = root.index(i).child('resources');
    const provided = root.index(i).child('providers');
    return [
      ...((names ?? []).length === 0 ? [required(named, `at least one ${named.toString()} is required`)] : []),
      ...overlapErrors(names ?? [], named),
      ...(names ?? []).flatMap((name, j) => resourceNameErrors(name, named.index(j))),
      ...((providers ?? []).length === 0
        ? [required(provided, `at least one ${provided.toString()} is required`)]
        : []),
      ...(providers ?? []).flatMap((provider, j) => providerErrors(provider, provided.index(j), kmsNames)),
    ];
  });
}

interface GroupResource {
  readonly resource: string;
  readonly group: string;
}

/** `deployments.apps`, `*.`, `*.*`; a name without a dot is of the core group. */
export function parseGroupResource(text: string): GroupResource {
  const dot = text.indexOf('.');
  return dot < 0 ? { resource: text, group: '' } : { resource: text.slice(0, dot), group: text.slice(dot + 1) };
}

function overlapErrors(names: readonly string[], path: FieldPath): FieldError[] {
  const all = names.map(parseGroupResource);
  let duplicate = false;
  let overlap = false;
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) {
      const same = a.group === b.group;
      const wildest = [a, b].some(({ group, resource }) => group === '*' && resource === '*');
      if (same && a.resource === b.resource) duplicate = true;
      else if (wildest || (same && (a.resource === '*' || b.resource === '*'))) overlap = true;
    }
  }
  return [
    ...(duplicate ? [invalid(path, names, 'the same resource cannot be specified multiple times')] : []),
    ...(overlap
      ? [
          invalid(
            path,
            names,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ];
}

const withoutApi = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

function resourceNameErrors(name: string, path: FieldPath): FieldError[] {
  const { group, resource } = parseGroupResource(name);
  const why =
    name !== name.toLowerCase()
      ? 'resource name should not contain capital letters'
      : name === '*'
        ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
        : withoutApi.includes(name)
          ? 'resources which do not have REST API/s cannot be encrypted'
          : group === 'events.k8s.io'
            ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
            : group === 'extensions'
              ? "'extensions' group has been removed and cannot be used for encryption"
              : group === '*' && resource !== '*'
                ? 'encrypting the same resource across groups is not supported'
                : undefined;
  return why === undefined ? [] : [invalid(path, name, why)];
}

const keySizes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const;

function providerErrors(provider: RawProvider, path: FieldPath, kmsNames: Set<string>): FieldError[] {
  const found = Object.values(provider).filter((value) => value != null).length;
  if (found === 0)
    return [
      invalid(
        path,
        provider,
        'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
      ),
    ];
  const errors: FieldError[] =
    found > 1
      ? [
          invalid(
            path,
            'REDACTED',
            'more than one provider specified in a single element, should split into different list elements',
          ),
        ]
      : [];
  if (provider.kms != null) return [...errors, ...kmsErrors(provider.kms, path.child('kms'), kmsNames)];
  const type = (['aesgcm', 'aescbc', 'secretbox'] as const).find((name) => provider[name] != null);
  if (type === undefined) return errors;
  const given = provider[type]?.keys ?? [];
  const at = path.child(type, 'keys');
  if (given.length === 0) return [...errors, required(at, 'at least one keys is required')];
  return [...errors, ...given.flatMap((key, i) => keyErrors(key, at.index(i), keySizes[type]))];
}

function keyErrors({ name = '', secret = '' }: Partial<EncryptionKey>, path: FieldPath, sizes: readonly number[]) {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(path.child('name'), 'name is a mandatory field for a key'));
  const at = path.child('secret');
  if (secret === '') return [...errors, required(at, 'secret is a mandatory field for a key')];
  const size = base64Size(secret);
  if (size === undefined) return [...errors, invalid(at, 'REDACTED', 'secrets must be base64 encoded')];
  if (!sizes.includes(size))
    errors.push(
      invalid(
        at,
        'REDACTED',
        `secret is not of the expected length, got ${size}, expected one of [${sizes.join(' ')}]`,
      ),
    );
  return errors;
}

function base64Size(text: string): number | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' }).length;
  } catch {
    return undefined;
  }
}

function kmsErrors(kms: NonNullable<RawProvider['kms']>, path: FieldPath, names: Set<string>): FieldError[] {
  const { apiVersion = 'v1', name = '', endpoint = '', timeout, cachesize } = kms;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(path.child('name'), 'name is a mandatory field for a provider'));
  if (name.includes(':'))
    errors.push(invalid(path.child('name'), name, `invalid KMS provider name ${name}, must not contain ':'`));
  if (names.has(name))
    errors.push(invalid(path.child('name'), name, `duplicate KMS provider name ${name}, names must be unique`));
  names.add(name);
  const ms = durationMs(timeout);
  if (ms === undefined || ms <= 0)
    errors.push(invalid(path.child('timeout'), timeout ?? '', 'timeout should be a positive value'));
  if (endpoint === '') errors.push(required(path.child('endpoint'), 'endpoint is a mandatory field for a kms'));
  else if (!endpoint.startsWith('unix://'))
    errors.push(
      invalid(
        path.child('endpoint'),
        endpoint,
        `unsupported scheme "${/^([a-z]+):/.exec(endpoint)?.[1] ?? ''}" for KMS provider, only unix is supported`,
      ),
    );
  if (apiVersion === 'v1')
    errors.push(
      invalid(
        path.child('apiVersion'),
        apiVersion,
        'KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead',
      ),
    );
  else if (apiVersion !== 'v2')
    errors.push(
      invalid(
        path.child('apiVersion'),
        apiVersion,
        'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported',
      ),
    );
  if (cachesize !== undefined)
    errors.push(invalid(path.child('cachesize'), cachesize, 'cachesize is not supported in v2'));
  return errors;
}

const defaultTimeoutMs = 3_000;
/** Undefined for what is no duration. */
function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? defaultTimeoutMs : parseDuration(text);
}
