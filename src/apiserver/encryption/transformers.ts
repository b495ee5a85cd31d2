/**
 * Which provider writes and which ones read the values of a collection. The first one of the first matching entry writes;
 * all of that entry read, each knowing its own by the prefix that upstream gives it.
 */
import { errorText, HostError } from '../../base/mod.ts';
import type { StoredForm, ValueTransformer } from '../../store/mod.ts';
import { parseGroupResource, type EncryptionConfiguration, type ProviderConfiguration } from './configuration.ts';

/** One key: makes what stands behind the prefix, and takes it apart again. `context` is authenticated where the form can. */
export interface Cipher {
  seal(plain: Uint8Array, context: Uint8Array): Uint8Array;
  /** Throws for what was not sealed under this key. */
  open(sealed: Uint8Array, context: Uint8Array): Uint8Array;
}

/** A key that is kept by a plug-in; what it seals is under a key of its own that the plug-in sealed. */
export interface EnvelopeCipher {
  /** Identifies the key that seals now. */
  readonly keyId: string;
  seal(plain: Uint8Array, context: Uint8Array): Uint8Array;
  open(sealed: Uint8Array, context: Uint8Array): Promise<{ readonly plain: Uint8Array; readonly keyId: string }>;
}

/** The algorithms, implemented in `host/`. */
export interface Ciphers {
  keyed(type: 'aescbc' | 'aesgcm' | 'secretbox', key: Uint8Array): Cipher;
  /** By the provider's name; open until the configuration goes. */
  kms(name: string): EnvelopeCipher;
}

interface Opened {
  readonly value: Uint8Array;
  readonly form: StoredForm;
}

interface Provider {
  readonly prefix: Uint8Array;
  form(): StoredForm;
  seal(value: Uint8Array, context: Uint8Array): Uint8Array;
  open(value: Uint8Array, context: Uint8Array): Opened | Promise<Opened>;
}

const encoder = new TextEncoder();
const encrypted = encoder.encode('k8s:enc:');

/** Where objects of a resource are stored: `deployments.apps` → `/registry/deployments/`. */
export type CollectionNames = ReadonlyMap<string, { readonly group: string; readonly resource: string }>;

export class Transformers implements ValueTransformer {
  readonly #collections: CollectionNames;
  #entries: readonly { readonly resources: readonly string[]; readonly providers: readonly Provider[] }[] = [];
  /** By collection; undefined for one that no entry names. */
  readonly #found = new Map<string, readonly Provider[] | undefined>();

  constructor(collections: CollectionNames, configuration: EncryptionConfiguration, ciphers: Ciphers) {
    this.#collections = collections;
    this.use(configuration, ciphers);
  }

  /** From now on another configuration holds. */
  use(configuration: EncryptionConfiguration, ciphers: Ciphers): void {
    this.#entries = configuration.map(({ resources, providers }) => ({
      resources,
      providers: providers.flatMap((provider) => providersOf(provider, ciphers)),
    }));
    this.#found.clear();
  }

  formOf(collection: string): StoredForm {
    return this.#providers(collection)?.[0]?.form() ?? '';
  }

  encode(collection: string, key: string, value: Uint8Array): Opened {
    const writer = this.#providers(collection)?.[0];
    if (writer === undefined || writer === identity) return { value, form: '' };
    return { value: joined(writer.prefix, writer.seal(value, encoder.encode(key))), form: writer.form() };
  }

  async decode(collection: string, key: string, value: Uint8Array): Promise<Opened> {
    const providers = this.#providers(collection) ?? [identity];
    const plain = !startsWith(value, encrypted);
    if (plain && providers.includes(identity)) return { value, form: '' };
    const failures: unknown[] = [];
    let kind = providers.includes(identity)
      ? 'identity transformer tried to read encrypted data'
      : 'no matching prefix found';
    for (const provider of plain ? [] : providers) {
      if (provider === identity) continue;
      if (!startsWith(value, provider.prefix)) {
        if (sameType(value, provider.prefix)) kind = noKey(value);
        continue;
      }
      try {
        return await provider.open(value.subarray(provider.prefix.length), encoder.encode(key));
      } catch (error) {
        failures.push(error);
      }
    }
    // A plug-in that cannot be reached may be reached later; a key that does not fit never will.
    const away = failures.find((error) => error instanceof HostError);
    throw new HostError(
      away instanceof HostError ? away.code : 'Unsupported',
      `unable to transform key "${key}": ${failures.length === 0 ? kind : failures.map(errorText).join(', ')} (stored as ${plain ? 'plain text' : formName(value)})`,
      { cause: failures[0] },
    );
  }

  #providers(collection: string): readonly Provider[] | undefined {
    if (this.#found.has(collection)) return this.#found.get(collection);
    const found = this.#entries.find(({ resources }) => resources.some((name) => this.#names(name, collection)));
    this.#found.set(collection, found?.providers);
    return found?.providers;
  }

  #names(name: string, collection: string): boolean {
    const { group, resource } = parseGroupResource(name);
    if (group === '*' && resource === '*') return true;
    const of = resourceOf(this.#collections, collection);
    return of !== undefined && of.group === group && (resource === '*' || of.resource === resource);
  }
}

/** Whose values a collection holds. */
export function resourceOf(
  collections: CollectionNames,
  collection: string,
): { readonly group: string; readonly resource: string } | undefined {
  return collections.get(collection) ?? customResource(collection);
}

/** `/registry/stable.example.com/crontabs/`: custom resources have their group in the path. */
function customResource(collection: string): { group: string; resource: string } | undefined {
  const match = /^\/registry\/([^/]*\.[^/]*)\/([^/]+)\/$/.exec(collection);
  return match === null ? undefined : { group: match[1] ?? '', resource: match[2] ?? '' };
}

const identity: Provider = {
  prefix: new Uint8Array(),
  form: () => '',
  seal: (value) => value,
  open: (value) => ({ value, form: '' }),
};

function providersOf(configuration: ProviderConfiguration, ciphers: Ciphers): Provider[] {
  if (configuration.type === 'identity') return [identity];
  if (configuration.type === 'kms') return [kmsProvider(configuration.kms.name, ciphers)];
  const { type, keys } = configuration;
  return keys.map(({ name, secret }) => {
    const cipher = ciphers.keyed(type, Uint8Array.fromBase64(secret));
    const form = `${type}:${name}`;
    return {
      prefix: encoder.encode(`k8s:enc:${type}:v1:${name}:`),
      form: () => form,
      seal: (value, context) => cipher.seal(value, context),
      open: (value, context) => ({ value: cipher.open(value, context), form }),
    };
  });
}

function kmsProvider(name: string, ciphers: Ciphers): Provider {
  const cipher = ciphers.kms(name);
  const formWith = (keyId: string): StoredForm => `kms:${name}:${keyId}`;
  return {
    prefix: encoder.encode(`k8s:enc:kms:v2:${name}:`),
    form: () => formWith(cipher.keyId),
    seal: (value, context) => cipher.seal(value, context),
    async open(value, context) {
      const { plain, keyId } = await cipher.open(value, context);
      return { value: plain, form: formWith(keyId) };
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function startsWith(value: Uint8Array, prefix: Uint8Array): boolean {
  return value.length >= prefix.length && prefix.every((byte, i) => value[i] === byte);
}

/** `k8s:enc:aescbc:v1:key1`, as far as a value says how it is kept. */
function formName(value: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(value.subarray(0, 256));
  return /^k8s:enc:[a-z]+:v\d+:[^:]*/.exec(text)?.[0] ?? 'k8s:enc';
}

function typeOf(value: Uint8Array): string {
  return formName(value).split(':')[2] ?? '';
}

function sameType(value: Uint8Array, prefix: Uint8Array): boolean {
  return typeOf(value) === typeOf(prefix);
}

const algorithms: Readonly<Record<string, string>> = { aescbc: 'AES', aesgcm: 'AES', secretbox: 'Secretbox' };

function noKey(value: Uint8Array): string {
  const name = algorithms[typeOf(value)];
  return name === undefined
    ? 'no matching prefix found'
    : `no matching key was found for the provided ${name} transformer`;
}
