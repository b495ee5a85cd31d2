/** Encryption at rest as the command line asks for it: the file is read at start and, if wanted, whenever it changes. */
import { readFile } from 'node:fs/promises';
import { kinds } from '../api/mod.ts';
import {
  parseEncryptionConfiguration,
  Transformers,
  type EncryptionConfiguration,
  type HealthCheck,
  type KmsCall,
  type ReloadMetrics,
} from '../apiserver/mod.ts';
import { errorText, HostError, type Clock, type Log, type Random } from '../base/mod.ts';
import { keyedCipher, KmsPlugin } from '../host/encryption/mod.ts';
import { hashOf } from './reloaded-file.ts';

export interface EncryptionOptions {
  /** The file of `--encryption-provider-config`. */
  readonly path: string;
  /** `--encryption-provider-config-automatic-reload`. */
  readonly reload: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: ReloadMetrics | undefined;
  /** Is told of the calls of plug-ins. */
  readonly onKmsCall?: (call: KmsCall) => void;
}

/** How often the file is looked at, as upstream does. */
const reloadIntervalMs = 60_000;
/** What reads the values of the configuration before goes on for so long: reads that are under way need it. */
const graceMs = 10_000;

interface Loaded {
  readonly text: string;
  readonly configuration: EncryptionConfiguration;
  readonly plugins: ReadonlyMap<string, KmsPlugin>;
}

export class EncryptionAtRest implements Disposable {
  readonly transformers: Transformers;
  readonly #options: EncryptionOptions;
  #loaded: Loaded;
  #timer: Disposable | undefined;
  #closed = false;

  private constructor(options: EncryptionOptions, loaded: Loaded) {
    this.#options = options;
    this.#loaded = loaded;
    this.transformers = new Transformers(collections, loaded.configuration, ciphersOf(loaded));
    options.metrics?.begun(hashOf(loaded.text));
    if (options.reload) this.#poll();
  }

  /** Rejects with HostError for a file that cannot be used, and for a plug-in that does not answer. */
  static async open(options: EncryptionOptions): Promise<EncryptionAtRest> {
    return new EncryptionAtRest(options, await load(options, await textOf(options.path)));
  }

  get health(): readonly HealthCheck[] {
    const any = [...this.#loaded.plugins.values()].length > 0;
    if (!any && !this.#options.reload) return [];
    return [
      {
        name: this.#options.reload ? 'kms-providers' : 'kms-provider-0',
        check: () => {
          for (const plugin of this.#loaded.plugins.values()) plugin.check();
        },
      },
    ];
  }

  /** Takes over the file if it has changed; one that cannot be used changes nothing. */
  async refresh(): Promise<void> {
    const { path, clock, log, metrics } = this.#options;
    try {
      const text = await textOf(path);
      if (text === this.#loaded.text) return;
      const loaded = await load(this.#options, text);
      const before = this.#loaded;
      this.#loaded = loaded;
      this.transformers.use(loaded.configuration, ciphersOf(loaded));
      clock.after(graceMs, () => close(before));
      metrics?.reloaded(hashOf(text));
      log.info('the encryption configuration was reloaded', { path });
    } catch (error) {
      metrics?.failed();
      log.error('the encryption configuration cannot be reloaded', { path, error: errorText(error) });
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    close(this.#loaded);
  }

  #poll(): void {
    this.#timer = this.#options.clock.after(reloadIntervalMs, () => {
      void this.refresh().then(() => {
        if (!this.#closed) this.#poll();
      });
    });
  }
}

export const collections = new Map(
  kinds.flatMap(({ collection, group, plural }) =>
    collection === undefined ? [] : [[collection, { group, resource: plural }] as const],
  ),
);

function ciphersOf({ plugins }: Loaded): ConstructorParameters<typeof Transformers>[2] {
  return {
    keyed: keyedCipher,
    kms(name) {
      const plugin = plugins.get(name);
      if (plugin === undefined) throw new HostError('Kms', `there is no KMS provider ${name}`);
      return plugin;
    },
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError(
      'NotFound',
      `error reading encryption provider configuration file "${path}": ${errorText(cause)}`,
      {
        cause,
      },
    );
  }
}

async function load({ path, clock, random, onKmsCall }: EncryptionOptions, text: string): Promise<Loaded> {
  const configuration = parseEncryptionConfiguration(text, path);
  const plugins = new Map<string, KmsPlugin>();
  try {
    for (const { providers } of configuration)
      for (const provider of providers)
        if (provider.type === 'kms')
          plugins.set(provider.kms.name, await KmsPlugin.open(provider.kms, { clock, random, onCall: onKmsCall }));
  } catch (error) {
    for (const plugin of plugins.values()) plugin[Symbol.dispose]();
    throw error;
  }
  return { text, configuration, plugins };
}

function close({ plugins }: Loaded): void {
  for (const plugin of plugins.values()) plugin[Symbol.dispose]();
}
