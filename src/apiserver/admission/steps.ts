/** Runs the plugins in their order: all that change the object, then, on the result, all that judge it. Each is timed. */
import type { Clock } from '../../base/mod.ts';
import type { Kind } from '../../machinery/mod.ts';
import { restoreEntries } from '../managed-fields.ts';
import { concerns, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';
import type { AdmissionMetrics, Times } from './metrics.ts';

interface TimedPlugin {
  readonly plugin: AdmissionPlugin;
  readonly admit: Times;
  readonly validate: Times;
}

export interface AdmissionStepsParts {
  readonly plugins: readonly AdmissionPlugin[];
  readonly clock: Clock;
  readonly metrics: AdmissionMetrics;
}

export class AdmissionSteps {
  readonly #clock: Clock;
  readonly #plugins: readonly TimedPlugin[];
  readonly #admit: Times;
  readonly #validate: Times;
  /** Most plugins are about one or two kinds: the others do not cost a call. */
  readonly #byKind = new WeakMap<Kind, readonly TimedPlugin[]>();

  constructor({ plugins, clock, metrics }: AdmissionStepsParts) {
    this.#clock = clock;
    this.#admit = metrics.times('admit');
    this.#validate = metrics.times('validate');
    this.#plugins = plugins.map((plugin) => {
      const { name } = plugin;
      return { plugin, admit: metrics.times('admit', name), validate: metrics.times('validate', name) };
    });
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    await this.#timed(this.#admit, request, async () => {
      const entries = request.draft?.metadata?.managedFields;
      await this.#mutateOnce(request);
      if (request.reinvoke) {
        request.round = 1;
        await this.#mutateOnce(request);
      }
      for (const note of restoreEntries(request.draft, entries)) request.warn(note);
    });
  }

  async validate(request: AdmissionRequest): Promise<void> {
    request.phase = 'validating';
    await this.#timed(this.#validate, request, async () => {
      for (const { plugin, validate } of this.#concerned(request.kind)) {
        if (plugin.validate === undefined) continue;
        const done = this.#timed(validate, request, () => plugin.validate?.(request));
        if (done !== undefined) await done;
      }
    });
  }

  async #mutateOnce(request: AdmissionRequest): Promise<void> {
    for (const { plugin, admit } of this.#concerned(request.kind)) {
      if (plugin.mutate === undefined) continue;
      const done = this.#timed(admit, request, () => plugin.mutate?.(request));
      if (done !== undefined) await done;
    }
  }

  /** Gives a promise only where there is something to wait for. */
  #timed(times: Times, { operation }: AdmissionRequest, run: () => void | Promise<void>): void | Promise<void> {
    const begun = this.#clock.monotonic();
    const seconds = (): number => (this.#clock.monotonic() - begun) / 1000;
    const refused = (error: unknown): never => {
      times.rejected(operation, seconds());
      throw error;
    };
    let done: void | Promise<void>;
    try {
      done = run();
    } catch (error) {
      return refused(error);
    }
    if (done !== undefined) return done.then(() => times.observe(operation, seconds()), refused);
    times.observe(operation, seconds());
  }

  #concerned(kind: Kind): readonly TimedPlugin[] {
    let plugins = this.#byKind.get(kind);
    if (plugins === undefined) {
      plugins = this.#plugins.filter(({ plugin }) => concerns(plugin, kind));
      this.#byKind.set(kind, plugins);
    }
    return plugins;
  }
}
