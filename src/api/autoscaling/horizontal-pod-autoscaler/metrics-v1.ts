/** Metrics in the form that v1 keeps in its annotations: a field of its own for each kind of target. */
import type { DeepReadonly } from '../../../base/mod.ts';
import type {
  AutoscalingV1MetricSpec,
  AutoscalingV1MetricStatus,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '../../upstream/types.ts';

/** The quantity that upstream writes where there is none. */
const noQuantity = '0';

export function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

/** Only what is there, so that nothing is written as undefined. */
function some<T extends object>(parts: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as never;
}

function target(type: string, parts: Partial<Record<keyof MetricTarget, unknown>>): MetricTarget {
  return { type, ...some(parts) } as MetricTarget;
}

export function metricToV1(metric: DeepReadonly<MetricSpec>): AutoscalingV1MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric as MetricSpec;
  return some({
    type,
    object:
      object &&
      some({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? noQuantity,
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      some({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? noQuantity,
        selector: pods.metric.selector,
      }),
    resource: resource && some({ name: resource.name, ...averagesToV1(resource.target) }),
    containerResource:
      containerResource &&
      some({
        name: containerResource.name,
        ...averagesToV1(containerResource.target),
        container: containerResource.container,
      }),
    external:
      external &&
      some({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

function averagesToV1({ averageUtilization, averageValue }: MetricTarget): object {
  return { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue };
}

export function metricFromV1(metric: AutoscalingV1MetricSpec): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return some({
    type,
    object: object && {
      describedObject: object.target,
      target: target(object.averageValue === undefined ? 'Value' : 'AverageValue', {
        value: object.targetValue,
        averageValue: object.averageValue,
      }),
      metric: some({ name: object.metricName, selector: object.selector }),
    },
    pods: pods && {
      metric: some({ name: pods.metricName, selector: pods.selector }),
      target: target('AverageValue', { averageValue: pods.targetAverageValue }),
    },
    resource: resource && { name: resource.name, target: averagesFromV1(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: averagesFromV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: some({ name: external.metricName, selector: external.metricSelector }),
      target: target(external.targetValue === undefined ? 'AverageValue' : 'Value', {
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  });
}

function averagesFromV1(source: { targetAverageUtilization?: number; targetAverageValue?: unknown }): MetricTarget {
  const { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } = source;
  return target(averageUtilization === undefined ? 'AverageValue' : 'Utilization', {
    averageValue,
    averageUtilization,
  });
}

export function metricStatusToV1(status: DeepReadonly<MetricStatus>): AutoscalingV1MetricStatus {
  const { type, object, pods, resource, containerResource, external } = status as MetricStatus;
  return some({
    type,
    object:
      object &&
      some({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? noQuantity,
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      some({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? noQuantity,
        selector: pods.metric.selector,
      }),
    resource:
      resource &&
      some({
        name: resource.name,
        currentAverageUtilization: resource.current.averageUtilization,
        currentAverageValue: resource.current.averageValue ?? noQuantity,
      }),
    containerResource:
      containerResource &&
      some({
        name: containerResource.name,
        currentAverageUtilization: containerResource.current.averageUtilization,
        currentAverageValue: containerResource.current.averageValue ?? noQuantity,
        container: containerResource.container,
      }),
    external:
      external &&
      some({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? noQuantity,
        currentAverageValue: external.current.averageValue,
      }),
  });
}

export function metricStatusFromV1(status: AutoscalingV1MetricStatus): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = status;
  return some({
    type,
    object: object && {
      metric: some({ name: object.metricName, selector: object.selector }),
      current: some({ value: object.currentValue, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && {
      metric: some({ name: pods.metricName, selector: pods.selector }),
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: currentFromV1(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: currentFromV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: some({ name: external.metricName, selector: external.metricSelector }),
      current: some({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  });
}

function currentFromV1(source: { currentAverageUtilization?: number; currentAverageValue: unknown }): object {
  const { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue } = source;
  return some({ averageValue, averageUtilization });
}
