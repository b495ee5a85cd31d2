/**
 * What the API server counts, in Prometheus' text form. A family is made once, by whoever counts; each of its series belongs
 * to one combination of labels and is found once by who counts often.
 *
 * What always holds: a family has at most `seriesMax` series, and what would be more is counted nowhere.
 */

export type Stability = 'STABLE' | 'BETA' | 'ALPHA';

export interface Description {
  readonly name: string;
  readonly help: string;
  /** ALPHA unless said otherwise; undefined for what every program has. */
  readonly stability?: Stability | undefined;
  /** In alphabetical order, as they are written. */
  readonly labels?: readonly string[];
}

export interface Count {
  value: number;
}

const seriesMax = 10_000;

abstract class Family<S> {
  readonly #description: Description;
  readonly #type: string;
  readonly #series = new Map<string, S>();

  constructor(type: string, description: Description) {
    this.#type = type;
    this.#description = description;
  }

  get name(): string {
    return this.#description.name;
  }

  get #level(): string {
    const { stability = 'ALPHA' } = this.#description;
    return 'stability' in this.#description && this.#description.stability === undefined ? '' : `[${stability}] `;
  }

  protected abstract begin(): S;
  protected abstract lines(series: S, labels: string): string[];

  /** The series with these values of the labels. */
  of(...values: readonly string[]): S {
    const { labels = [] } = this.#description;
    const key = labels.map((label, i) => `${label}="${escaped(values[i] ?? '')}"`).join(',');
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    series = this.begin();
    if (this.#series.size < seriesMax) this.#series.set(key, series);
    return series;
  }

  /** Forgets all series: what they were about may be gone. */
  protected clear(): void {
    this.#series.clear();
  }

  text(): string[] {
    const { name, help, labels } = this.#description;
    if (labels === undefined) this.of();
    if (this.#series.size === 0) return [];
    const head = [`# HELP ${name} ${this.#level}${help.replaceAll('\n', '\\n')}`, `# TYPE ${name} ${this.#type}`];
    return [...head, ...[...this.#series].flatMap(([labels, series]) => this.lines(series, labels))];
  }
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

class Counts extends Family<Count> {
  begin(): Count {
    return { value: 0 };
  }

  lines({ value }: Count, labels: string): string[] {
    return [`${this.name}${braced(labels)} ${goFloat(value)}`];
  }
}

export class Counter extends Counts {
  constructor(description: Description) {
    super('counter', description);
  }

  add(values: readonly string[] = [], by = 1): void {
    this.of(...values).value += by;
  }
}

/** Values of labels, and what is measured for them. */
export type Measured = Iterable<readonly [values: readonly string[], value: number]>;

/** Measured when somebody looks; also a count that somebody else keeps. */
class Gauge extends Counts {
  readonly #measure: () => Measured;

  constructor(description: Description & { readonly isCount?: boolean }, measure: () => Measured) {
    super(description.isCount === true ? 'counter' : 'gauge', description);
    this.#measure = measure;
  }

  override text(): string[] {
    this.clear();
    for (const [values, value] of this.#measure()) if (Number.isFinite(value)) this.of(...values).value = value;
    return super.text();
  }
}

export class Distribution {
  readonly buckets: readonly number[];
  readonly counts: number[];
  sum = 0;
  total = 0;

  constructor(buckets: readonly number[]) {
    this.buckets = buckets;
    this.counts = Array.from({ length: buckets.length }, () => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.total += 1;
    const { buckets, counts } = this;
    for (let i = 0; i < buckets.length; i++)
      if (value <= (buckets[i] ?? Infinity)) {
        counts[i] = (counts[i] ?? 0) + 1;
        return;
      }
  }
}

export class Histogram extends Family<Distribution> {
  readonly #buckets: readonly number[];

  constructor(description: Description, buckets: readonly number[]) {
    super('histogram', description);
    this.#buckets = buckets;
  }

  begin(): Distribution {
    return new Distribution(this.#buckets);
  }

  observe(values: readonly string[], value: number): void {
    this.of(...values).observe(value);
  }

  lines({ buckets, counts, sum, total }: Distribution, labels: string): string[] {
    const { name } = this;
    const before = labels === '' ? '' : `${labels},`;
    let below = 0;
    const lines = buckets.map((limit, i) => {
      below += counts[i] ?? 0;
      return `${name}_bucket{${before}le="${goFloat(limit)}"} ${goFloat(below)}`;
    });
    return [
      ...lines,
      `${name}_bucket{${before}le="+Inf"} ${goFloat(total)}`,
      `${name}_sum${braced(labels)} ${goFloat(sum)}`,
      `${name}_count${braced(labels)} ${goFloat(total)}`,
    ];
  }
}

/** All families of one server. */
export class Metrics {
  readonly #families = new Map<string, Family<unknown>>();

  counter(description: Description): Counter {
    return this.#add(new Counter(description));
  }

  gauge(description: Description & { readonly isCount?: boolean }, measure: () => Measured): Gauge {
    return this.#add(new Gauge(description, measure));
  }

  histogram(description: Description, buckets: readonly number[]): Histogram {
    return this.#add(new Histogram(description, buckets));
  }

  /** In the order of their names. */
  text(): string {
    const families = [...this.#families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return families
      .map((family) =>
        family
          .text()
          .map((line) => `${line}\n`)
          .join(''),
      )
      .join('');
  }

  #add<F extends Family<unknown>>(family: F): F {
    this.#families.set(family.name, family);
    return family;
  }
}

/** `start`, and each of the others so many times the one before. */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  const buckets: number[] = [];
  for (let limit = start; buckets.length < count; limit *= factor) buckets.push(limit);
  return buckets;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n') : value;
}

/** As Go writes it with `%g`. */
function goFloat(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}
