/** Secret. What is given as text is kept as bytes; each type must hold what it is for. Its values are in no error. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  configMapKeyErrors,
  defineKind,
  field,
  forbidden,
  invalid,
  JsonSyntaxError,
  nameColumn,
  parseJson,
  required,
  tooLong,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { checkImmutable, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { Secret } from '../upstream/types.ts';
import { base64Bytes, contentBytesMax } from './content.ts';

type ReadonlySecret = DeepReadonly<Secret>;

const dataPath = field('data');
const accountName = 'kubernetes.io/service-account.name';

function encodeBase64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(text));
}

function setDefaults(secret: Secret): void {
  secret.type ??= 'Opaque';
  const { stringData } = secret;
  if (stringData === undefined) return;
  const data = (secret.data ??= {});
  for (const key in stringData) data[key] = encodeBase64(stringData[key] ?? '');
  delete secret.stringData;
}

/** The entries that a secret of a type cannot do without. */
const needed: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function secretErrors({ metadata, data = {}, type = '' }: ReadonlySecret): FieldError[] {
  const errors: Errors = [];
  let bytes = 0;
  for (const key in data) {
    report(errors, dataPath.key(key), key, configMapKeyErrors(key));
    bytes += base64Bytes(data[key] ?? '');
  }
  if (bytes > contentBytesMax) errors.push(tooLong(dataPath, contentBytesMax));
  if (type === 'kubernetes.io/service-account-token' && (metadata.annotations?.[accountName] ?? '') === '')
    errors.push(required(field('metadata', 'annotations').key(accountName)));
  for (const key of needed[type] ?? []) {
    const value = data[key];
    if (value === undefined || (value === '' && type === 'kubernetes.io/ssh-auth'))
      errors.push(required(dataPath.key(key)));
    else if (type.startsWith('kubernetes.io/dockerc')) checkJson(errors, key, value);
  }
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined)
    errors.push(required(dataPath.key('username')), required(dataPath.key('password')));
  return errors;
}

/** The configuration of a registry's client is a JSON object. */
function checkJson(errors: Errors, key: string, value: string): void {
  const problem = objectProblem(decodeBase64(value));
  if (problem !== undefined) errors.push(invalid(dataPath.key(key), '<secret contents redacted>', problem));
}

function objectProblem(text: string): string | undefined {
  try {
    const parsed = parseJson(text);
    if (parsed === null || (typeof parsed === 'object' && !Array.isArray(parsed))) return undefined;
    const kind = Array.isArray(parsed) ? 'array' : typeof parsed === 'boolean' ? 'bool' : typeof parsed;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

const strategy: Strategy<Secret> = {
  defaults: setDefaults,
  prepareForUpdate(draft, old) {
    // Whoever leaves the type out does not mean to change it.
    if ((draft.type ?? '') === '' && old.type !== undefined) draft.type = old.type;
  },
  validate: secretErrors,
  validateUpdate(secret, old) {
    const errors: Errors = [];
    checkImmutable(errors, secret.type, old.type, 'type');
    if (old.immutable === true) {
      const why = 'field is immutable when `immutable` is set';
      if (secret.immutable !== true) errors.push(forbidden('immutable', why));
      if (!jsonEqual(secret.data ?? {}, old.data ?? {})) errors.push(forbidden('data', why));
    }
    return [...errors, ...secretErrors(secret)];
  },
  warnings({ type, data = {} }) {
    if (type !== 'kubernetes.io/tls' || data['tls.crt'] === undefined || data['tls.key'] === undefined) return [];
    const pem = (value: string, what: RegExp): boolean => what.test(decodeBase64(value));
    if (!pem(data['tls.crt'], /-----BEGIN CERTIFICATE-----/))
      return ['tls: failed to find any PEM data in certificate input'];
    return pem(data['tls.key'], /-----BEGIN [A-Z ]*PRIVATE KEY-----/)
      ? []
      : ['tls: failed to find any PEM data in key input'];
  },
};

export const secrets = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Secret',
  strategy,
  columns: [
    nameColumn(),
    column('Type', 'What the secret is for.', ({ type = '' }) => type),
    column('Data', 'How many entries there are.', ({ data }) => Object.keys(data ?? {}).length),
    ageColumn(),
  ],
  selectable: { type: ({ type = '' }) => type },
});
