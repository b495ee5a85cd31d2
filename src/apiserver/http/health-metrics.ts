/** `/metrics/slis`: how the checks of health went, apart from all else, so that they can be asked for often. */
import { Metrics } from '../metrics.ts';
import { metricsAnswer } from './metrics.ts';
import type { HealthTold, PathHandler } from './paths.ts';

const path = '/metrics/slis';

export class HealthMetrics implements PathHandler {
  readonly #metrics = new Metrics();
  readonly #results = new Map<string, readonly [labels: readonly string[], value: number]>();
  readonly told: HealthTold;

  constructor() {
    const stability = 'STABLE';
    this.#metrics.gauge(
      {
        name: 'kubernetes_healthcheck',
        help: 'This metric records the result of a single healthcheck.',
        stability,
        labels: ['name', 'type'],
      },
      () => this.#results.values(),
    );
    const total = this.#metrics.counter({
      name: 'kubernetes_healthchecks_total',
      help: 'This metric records the results of all healthcheck.',
      stability,
      labels: ['name', 'status', 'type'],
    });
    this.told = (name, type, isWell) => {
      this.#results.set(`${type}/${name}`, [[name, type], isWell ? 1 : 0]);
      total.add([name, isWell ? 'success' : 'error', type]);
    };
  }

  serves(asked: string): boolean {
    return asked === path;
  }

  list(): readonly string[] {
    return [path];
  }

  respond(): ReturnType<PathHandler['respond']> {
    return metricsAnswer(this.#metrics);
  }
}
