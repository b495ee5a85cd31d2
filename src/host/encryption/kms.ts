/**
 * A plug-in that keeps keys (KMS v2). The plug-in seals one seed at a time; values are sealed here, under keys made from that
 * seed, so that a write costs no call. A plug-in that reports another key id is asked to seal a new seed.
 *
 * What always holds: what was sealed can be opened for as long as the plug-in opens its seed. While a plug-in is away, values
 * are still sealed under the last seed, and `check` tells.
 */
import { randomBytes } from 'node:crypto';
import {
  decode,
  encode,
  enumOf,
  errorText,
  HostError,
  mapOf,
  proto3,
  uuid,
  type Clock,
  type Random,
} from '../../base/mod.ts';
import type { Cipher, EnvelopeCipher, KmsCall, KmsConfiguration } from '../../apiserver/ports.ts';
import { GrpcChannel, type GrpcMethod } from '../grpc.ts';
import { aesgcm, extendedNonceGcm } from './ciphers.ts';

type Annotations = Readonly<Record<string, Uint8Array>>;

interface StatusResponse {
  readonly version: string;
  readonly healthz: string;
  readonly keyId: string;
}
interface EncryptRequest {
  readonly plaintext: Uint8Array;
  readonly uid: string;
}
interface EncryptResponse {
  readonly ciphertext: Uint8Array;
  readonly keyId: string;
  readonly annotations: Annotations;
}
interface DecryptRequest {
  readonly ciphertext: Uint8Array;
  readonly uid: string;
  readonly keyId: string;
  readonly annotations: Annotations;
}
interface DecryptResponse {
  readonly plaintext: Uint8Array;
}

const StatusRequest = proto3<Record<never, never>>('StatusRequest', {});
const StatusResponse = proto3<StatusResponse>('StatusResponse', {
  version: [1, 'string'],
  healthz: [2, 'string'],
  keyId: [3, 'string'],
});
const EncryptRequest = proto3<EncryptRequest>('EncryptRequest', { plaintext: [1, 'bytes'], uid: [2, 'string'] });
const EncryptResponse = proto3<EncryptResponse>('EncryptResponse', {
  ciphertext: [1, 'bytes'],
  keyId: [2, 'string'],
  annotations: [3, mapOf('bytes')],
});
const DecryptRequest = proto3<DecryptRequest>('DecryptRequest', {
  ciphertext: [1, 'bytes'],
  uid: [2, 'string'],
  keyId: [3, 'string'],
  annotations: [4, mapOf('bytes')],
});
const DecryptResponse = proto3<DecryptResponse>('DecryptResponse', { plaintext: [1, 'bytes'] });

const service = '/v2.KeyManagementService';
const statusMethod: GrpcMethod<Record<never, never>, StatusResponse> = {
  path: `${service}/Status`,
  request: StatusRequest,
  response: StatusResponse,
};
const encryptMethod: GrpcMethod<EncryptRequest, EncryptResponse> = {
  path: `${service}/Encrypt`,
  request: EncryptRequest,
  response: EncryptResponse,
};
const decryptMethod: GrpcMethod<DecryptRequest, DecryptResponse> = {
  path: `${service}/Decrypt`,
  request: DecryptRequest,
  response: DecryptResponse,
};
/** What a plug-in serves, for one made in a test. */
export const kmsMethods = { status: statusMethod, encrypt: encryptMethod, decrypt: decryptMethod };

/** What is stored: upstream's EncryptedObject. */
interface EncryptedObject {
  readonly encryptedData: Uint8Array;
  readonly keyId: string;
  readonly encryptedDekSource: Uint8Array;
  readonly annotations: Annotations;
  readonly encryptedDekSourceType: string;
}
const key = 'AES_GCM_KEY';
const seedOfKeys = 'HKDF_SHA256_XNONCE_AES_GCM_SEED';
const EncryptedObject = proto3<EncryptedObject>('EncryptedObject', {
  encryptedData: [1, 'bytes'],
  keyId: [2, 'string'],
  encryptedDekSource: [3, 'bytes'],
  annotations: [4, mapOf('bytes')],
  encryptedDekSourceType: [5, enumOf(key, seedOfKeys)],
});

export interface KmsWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly onCall?: ((call: KmsCall) => void) | undefined;
}

const seedBytes = 32;
/** How often a plug-in is asked how it is, while it is well and while it is not. */
const pollMs = { well: 60_000, unwell: 10_000 };
/** Seeds whose opening is remembered: about one for each key and each start of a server. */
const openedMax = 1_000;

export class KmsPlugin implements EnvelopeCipher, Disposable {
  readonly #configuration: KmsConfiguration;
  readonly #world: KmsWorld;
  readonly #channel: GrpcChannel;
  readonly #opened = new Map<string, Promise<Cipher>>();
  #seed: { readonly cipher: Cipher; readonly sealed: EncryptResponse } | undefined;
  #failure: string | undefined;
  #timer: Disposable | undefined;
  #closed = false;

  private constructor(configuration: KmsConfiguration, world: KmsWorld) {
    this.#configuration = configuration;
    this.#world = world;
    this.#channel = new GrpcChannel({ address: configuration.endpoint });
  }

  /** Rejects with HostError when the plug-in cannot be reached or is not well. */
  static async open(configuration: KmsConfiguration, world: KmsWorld): Promise<KmsPlugin> {
    const plugin = new KmsPlugin(configuration, world);
    try {
      await plugin.#refresh();
    } catch (cause) {
      plugin[Symbol.dispose]();
      throw new HostError('Kms', `KMS provider ${configuration.name}: ${errorText(cause)}`, { cause });
    }
    plugin.#poll(pollMs.well);
    return plugin;
  }

  get keyId(): string {
    return this.#current().sealed.keyId;
  }

  /** Throws HostError while the plug-in is away or not well. */
  check(): void {
    if (this.#failure !== undefined) throw new HostError('Kms', this.#failure);
  }

  seal(plain: Uint8Array, context: Uint8Array): Uint8Array {
    const { cipher, sealed } = this.#current();
    return encode(EncryptedObject, {
      encryptedData: cipher.seal(plain, context),
      keyId: sealed.keyId,
      encryptedDekSource: sealed.ciphertext,
      annotations: sealed.annotations,
      encryptedDekSourceType: seedOfKeys,
    });
  }

  async open(stored: Uint8Array, context: Uint8Array): Promise<{ readonly plain: Uint8Array; readonly keyId: string }> {
    const object = decode(EncryptedObject, stored);
    const cipher = await this.#cipherOf(object);
    return { plain: cipher.open(object.encryptedData, context), keyId: object.keyId };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    this.#channel.close();
  }

  #current(): { readonly cipher: Cipher; readonly sealed: EncryptResponse } {
    if (this.#seed === undefined) throw new HostError('Kms', 'the plug-in has sealed no seed yet');
    return this.#seed;
  }

  #cipherOf({ keyId, encryptedDekSource, annotations, encryptedDekSourceType }: EncryptedObject): Promise<Cipher> {
    const id = `${encryptedDekSourceType} ${keyId} ${encryptedDekSource.toBase64()}`;
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const opening = this.#call(decryptMethod, {
      ciphertext: encryptedDekSource,
      uid: uuid(this.#world.random),
      keyId,
      annotations,
    }).then(
      ({ plaintext }) => (encryptedDekSourceType === seedOfKeys ? extendedNonceGcm : aesgcm)(plaintext),
      (cause: unknown) => {
        this.#opened.delete(id);
        const code = cause instanceof HostError ? cause.code : 'Kms';
        throw new HostError(code, `failed to decrypt DEK, error: ${errorText(cause)}`, { cause });
      },
    );
    const oldest = this.#opened.size < openedMax ? undefined : this.#opened.keys().next().value;
    if (oldest !== undefined) this.#opened.delete(oldest);
    this.#opened.set(id, opening);
    return opening;
  }

  #poll(delayMs: number): void {
    this.#timer = this.#world.clock.after(delayMs, () => {
      void this.#refresh()
        .then(
          () => (this.#failure = undefined),
          (error: unknown) => (this.#failure = errorText(error)),
        )
        .then(() => {
          if (!this.#closed) this.#poll(this.#failure === undefined ? pollMs.well : pollMs.unwell);
        });
    });
  }

  async #refresh(): Promise<void> {
    const { version, healthz, keyId } = await this.#call(statusMethod, {});
    if (version !== 'v2' && version !== 'v2beta1')
      throw new HostError('Kms', `expected KMSv2 API version v2, got ${version}`);
    if (healthz !== 'ok') throw new HostError('Kms', `got unexpected healthz status: ${healthz}`);
    if (keyId === '') throw new HostError('Kms', 'expected KMSv2 KeyID to be set, got empty');
    if (this.#seed?.sealed.keyId === keyId) return;
    const seed = randomBytes(seedBytes);
    const sealed = await this.#call(encryptMethod, { plaintext: seed, uid: uuid(this.#world.random) });
    this.#seed = { cipher: extendedNonceGcm(seed), sealed };
  }

  async #call<Request, Response>(method: GrpcMethod<Request, Response>, request: Request): Promise<Response> {
    const { name: provider, timeoutMs } = this.#configuration;
    const { clock, onCall } = this.#world;
    const begun = clock.monotonic();
    const tell = (code: string): void =>
      onCall?.({ provider, method: method.path, code, seconds: (clock.monotonic() - begun) / 1000 });
    try {
      const answer = await this.#channel.unary(method, request, { timeoutMs });
      tell('OK');
      return answer;
    } catch (error) {
      tell(error instanceof HostError ? error.code : 'Unknown');
      throw error;
    }
  }
}
