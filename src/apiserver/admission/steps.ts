/** Runs the plugins in their order: all that change the object, then, on the result, all that judge it. Each is timed. */
import type { Clock } from '../../base/mod.ts';
import type { Kind } from '../../machinery/mod.ts';
import { restoreEntries } from '../managed-fields.ts';
import { concerns, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import type { AdmissionMetrics, Times } from './metrics.ts';

/** What one plugin does in one of the steps. */
interface Part {
  readonly ask: (request: AdmissionRequest) => void | Promise<void>;
  readonly times: Times;
}

interface Parts {
  readonly admit: readonly Part[];
  readonly validate: readonly Part[];
}

export interface AdmissionStepsParts {
  readonly plugins: readonly AdmissionPlugin[];
  readonly clock: Clock;
  readonly metrics: AdmissionMetrics;
}

export class AdmissionSteps {
  readonly #clock: Clock;
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #metrics: AdmissionMetrics;
  readonly #admit: Times;
  readonly #validate: Times;
  /** Most plugins are about one or two kinds: the others do not cost a call. */
  readonly #byKind = new WeakMap<Kind, Parts>();

  constructor({ plugins, clock, metrics }: AdmissionStepsParts) {
    this.#clock = clock;
    this.#plugins = plugins;
    this.#metrics = metrics;
    this.#admit = metrics.times('admit');
    this.#validate = metrics.times('validate');
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    const begun = this.#clock.monotonic();
    const { admit } = this.#of(request.kind);
    const entries = request.draft?.metadata?.managedFields;
    try {
      const asked = this.#ask(admit, request);
      if (asked !== undefined) await asked;
      if (request.reinvoke) {
        request.round = 1;
        await this.#ask(admit, request);
      }
    } catch (error) {
      this.#admit.rejected(request.operation, this.#since(begun));
      throw error;
    }
    for (const note of restoreEntries(request.draft, entries)) request.warn(note);
    this.#admit.observe(request.operation, this.#since(begun));
  }

  async validate(request: AdmissionRequest): Promise<void> {
    request.phase = 'validating';
    const begun = this.#clock.monotonic();
    try {
      const asked = this.#ask(this.#of(request.kind).validate, request);
      if (asked !== undefined) await asked;
    } catch (error) {
      this.#validate.rejected(request.operation, this.#since(begun));
      throw error;
    }
    this.#validate.observe(request.operation, this.#since(begun));
  }

  /** Asks one after the other, from the `first`. Gives a promise only where there is something to wait for. */
  #ask(parts: readonly Part[], request: AdmissionRequest, first = 0): Promise<void> | undefined {
    let begun = this.#clock.monotonic();
    // By index: this is on the path of every write.
    for (let i = first; i < parts.length; i++) {
      const { ask, times } = parts[i] as Part;
      let asked: void | Promise<void>;
      try {
        asked = ask(request);
      } catch (error) {
        times.rejected(request.operation, this.#since(begun));
        throw error;
      }
      if (asked !== undefined)
        return this.#waited(asked, times, request, begun).then(() => this.#ask(parts, request, i + 1));
      const now = this.#clock.monotonic();
      times.observe(request.operation, (now - begun) / 1000);
      begun = now;
    }
    return undefined;
  }

  async #waited(asked: Promise<void>, times: Times, { operation }: AdmissionRequest, begun: number): Promise<void> {
    try {
      await asked;
    } catch (error) {
      times.rejected(operation, this.#since(begun));
      throw error;
    }
    times.observe(operation, this.#since(begun));
  }

  #since(begun: number): number {
    return (this.#clock.monotonic() - begun) / 1000;
  }

  #of(kind: Kind): Parts {
    let parts = this.#byKind.get(kind);
    if (parts === undefined) {
      const concerned = this.#plugins.filter((plugin) => concerns(plugin, kind));
      const part = (step: 'admit' | 'validate', { name }: AdmissionPlugin, ask: Part['ask'] | undefined): Part[] =>
        ask === undefined ? [] : [{ ask, times: this.#metrics.times(step, name) }];
      parts = {
        admit: concerned.flatMap((plugin) => part('admit', plugin, plugin.mutate?.bind(plugin))),
        validate: concerned.flatMap((plugin) => part('validate', plugin, plugin.validate?.bind(plugin))),
      };
      this.#byKind.set(kind, parts);
    }
    return parts;
  }
}
