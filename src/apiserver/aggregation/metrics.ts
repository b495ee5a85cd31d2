/** Which APIServices cannot be reached. */
import type { Metrics } from '../metrics.ts';

export interface AvailabilityMetrics {
  set(name: string, isAvailable: boolean): void;
  /** It cannot be reached any more, for that reason. */
  lost(name: string, reason: string): void;
  forget(name: string): void;
}

export function availabilityMetrics(metrics: Metrics): AvailabilityMetrics {
  const known = new Map<string, boolean>();
  metrics.gauge(
    {
      name: 'aggregator_unavailable_apiservice',
      help: 'Gauge of APIServices which are marked as unavailable broken down by APIService name.',
      labels: ['name'],
    },
    () => [...known].map(([name, isAvailable]) => [[name], isAvailable ? 0 : 1]),
  );
  const lost = metrics.counter({
    name: 'aggregator_unavailable_apiservice_total',
    help: 'Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    labels: ['name', 'reason'],
  });
  return {
    set: (name, isAvailable) => void known.set(name, isAvailable),
    lost: (name, reason) => lost.add([name, reason]),
    forget: (name) => void known.delete(name),
  };
}
