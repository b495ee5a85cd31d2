/** The metrics of an autoscaler in one cell: `cpu: 42%/80%, 3/5 (avg)`. */
import type { DeepReadonly } from '../../../base/mod.ts';
import { none } from '../../columns.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../upstream/types.ts';

const shownMax = 2;
const unknown = '<unknown>';

export function metricsText({ spec, status }: DeepReadonly<HorizontalPodAutoscaler>): string {
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0) return none;
  const shown = metrics.slice(0, shownMax).map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  const text = shown.join(', ');
  return metrics.length > shownMax ? `${text} + ${metrics.length - shownMax} more...` : text;
}

function metricText(metric: DeepReadonly<MetricSpec>, status: DeepReadonly<MetricStatus> | undefined): string {
  switch (metric.type) {
    case 'External':
      return valueText(metric.external?.target, status?.external?.current);
    case 'Object':
      return valueText(metric.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${metric.pods?.target.averageValue ?? ''}`;
    case 'Resource':
      return `${metric.resource?.name ?? ''}: ${resourceText(metric.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource': {
      const { name = '', target } = metric.containerResource ?? {};
      return `${name}: ${resourceText(target, status?.containerResource?.current)}`;
    }
    default:
      return '<unknown type>';
  }
}

function valueText(
  target: DeepReadonly<MetricTarget> | undefined,
  current: DeepReadonly<MetricValueStatus> | undefined,
): string {
  return target?.averageValue === undefined
    ? `${current?.value ?? unknown}/${target?.value ?? ''}`
    : `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
}

function resourceText(
  target: DeepReadonly<MetricTarget> | undefined,
  current: DeepReadonly<MetricValueStatus> | undefined,
): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`;
  const percent = (value: number | undefined, otherwise: string): string =>
    value === undefined ? otherwise : `${value}%`;
  return `${percent(current?.averageUtilization, unknown)}/${percent(target?.averageUtilization, '<auto>')}`;
}
