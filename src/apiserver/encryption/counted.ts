/** Counts and times what is encrypted and decrypted at rest, by resource and by the prefix that says how. */
import type { Clock } from '../../base/mod.ts';
import type { StoredForm, ValueTransformer } from '../../store/mod.ts';
import {
  exponentialBuckets,
  type Count,
  type Counter,
  type Distribution,
  type Histogram,
  type Metrics,
} from '../metrics.ts';
import { resourceOf, type CollectionNames } from './transformers.ts';

type Direction = 'from_storage' | 'to_storage';

interface Series {
  readonly labels: readonly string[];
  readonly good: Count;
  readonly duration: Distribution;
}

/** Seconds, as upstream cuts them. */
const buckets = exponentialBuckets(5e-6, 2, 25);
const prefixBytesMax = 128;

export class CountedTransformer implements ValueTransformer {
  readonly #behind: ValueTransformer;
  readonly #collections: CollectionNames;
  readonly #clock: Clock;
  readonly #operations: Counter;
  readonly #durations: Histogram;
  readonly #series = new Map<string, Series>();

  constructor(
    behind: ValueTransformer,
    { metrics, clock, collections }: { metrics: Metrics; clock: Clock; collections: CollectionNames },
  ) {
    this.#behind = behind;
    this.#collections = collections;
    this.#clock = clock;
    const labels = ['resource', 'transformation_type', 'transformer_prefix'];
    this.#operations = metrics.counter({
      name: 'apiserver_storage_transformation_operations_total',
      help: "Total number of transformations. Successful transformation will have a status 'OK' and a varied status string when the transformation fails. The status, resource, and transformation_type fields can be used for alerting purposes. For example, you can monitor for encryption/decryption failures using the transformation_type (e.g., from_storage for decryption and to_storage for encryption). Additionally, these fields can be used to ensure that the correct transformers are applied to each resource.",
      labels: ['resource', 'status', 'transformation_type', 'transformer_prefix'],
    });
    this.#durations = metrics.histogram(
      {
        name: 'apiserver_storage_transformation_duration_seconds',
        help: 'Latencies in seconds of value transformation operations.',
        labels,
      },
      buckets,
    );
  }

  formOf(collection: string): StoredForm {
    return this.#behind.formOf(collection);
  }

  encode(collection: string, key: string, value: Uint8Array): ReturnType<ValueTransformer['encode']> {
    const begun = this.#clock.monotonic();
    try {
      const made = this.#behind.encode(collection, key, value);
      this.#count(this.#find('to_storage', collection, made.value), begun);
      return made;
    } catch (error) {
      this.#fail(this.#find('to_storage', collection, undefined));
      throw error;
    }
  }

  async decode(collection: string, key: string, value: Uint8Array): ReturnType<ValueTransformer['decode']> {
    const begun = this.#clock.monotonic();
    const series = this.#find('from_storage', collection, value);
    try {
      const made = await this.#behind.decode(collection, key, value);
      this.#count(series, begun);
      return made;
    } catch (error) {
      this.#fail(series);
      throw error;
    }
  }

  #count({ good, duration }: Series, begun: number): void {
    good.value += 1;
    duration.observe((this.#clock.monotonic() - begun) / 1000);
  }

  #fail({ labels: [resource = '', direction = '', prefix = ''] }: Series): void {
    this.#operations.add([resource, 'Unknown', direction, prefix]);
  }

  #find(direction: Direction, collection: string, stored: Uint8Array | undefined): Series {
    const prefix = stored === undefined ? 'unknown' : prefixOf(stored);
    const key = `${direction} ${collection} ${prefix}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const { group = '', resource = '' } = resourceOf(this.#collections, collection) ?? {};
      const name = group === '' ? resource : `${resource}.${group}`;
      const labels = [name, direction, prefix];
      const good = this.#operations.of(name, 'OK', direction, prefix);
      series = { labels, good, duration: this.#durations.of(...labels) };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** `k8s:enc:aescbc:v1:`; with the name of the plug-in where there is one; empty for what is plain. */
function prefixOf(stored: Uint8Array): string {
  const start = new TextDecoder('latin1').decode(stored.subarray(0, prefixBytesMax));
  return /^k8s:enc:(?:kms:v2:[^:]*|[a-z]+:v\d+):/.exec(start)?.[0] ?? '';
}
