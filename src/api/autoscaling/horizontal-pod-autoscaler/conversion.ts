/**
 * Between v2 and v1. What v1 has no fields for goes into annotations and comes back from them; an annotation that cannot be
 * read is dropped, as upstream does.
 */
import type { DeepReadonly, JsonObject } from '../../../base/mod.ts';
import { sortedMap } from '../../maps.ts';
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  AutoscalingV1HorizontalPodAutoscalerSpec,
  AutoscalingV1HorizontalPodAutoscalerStatus,
  AutoscalingV1MetricSpec,
  AutoscalingV1MetricStatus,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  HPAScalingRules,
  MetricSpec,
} from '../../upstream/types.ts';
import { cpuMetric, metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from './metrics-v1.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const keys = {
  metrics: `${prefix}metrics`,
  behavior: `${prefix}behavior`,
  currentMetrics: `${prefix}current-metrics`,
  conditions: `${prefix}conditions`,
} as const;
const cpuUtilization = 80;

/** The only metric that is a field in v1. */
function isCpu({ type, resource }: DeepReadonly<MetricSpec>): boolean {
  return type === 'Resource' && resource?.name === 'cpu';
}

/** Go's JSON, which is safe inside of HTML. */
function goText(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function toV1(object: JsonObject): JsonObject {
  const { metadata, spec, status, ...rest } = object as unknown as HorizontalPodAutoscaler;
  const metrics = spec.metrics ?? [];
  const others = metrics.filter((metric) => !isCpu(metric) || metric.resource?.target.averageUtilization === undefined);
  const { currentMetrics, conditions = [] } = status ?? {};
  const current = currentMetrics ?? [];
  const annotations = {
    ...withoutOurs(metadata.annotations),
    ...(others.length === 0 ? {} : { [keys.metrics]: goText(others.map(metricToV1)) }),
    ...(spec.behavior === undefined ? {} : { [keys.behavior]: goText(behaviorToInternal(spec.behavior)) }),
    ...(current.length === 0 ? {} : { [keys.currentMetrics]: goText(current.map(metricStatusToV1)) }),
    ...(conditions.length === 0 ? {} : { [keys.conditions]: goText(conditions) }),
  };
  const converted: AutoscalingV1HorizontalPodAutoscaler = {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(metadata, annotations),
    spec: specToV1(spec),
    ...(status === undefined ? {} : { status: statusToV1(status) }),
  };
  return converted as unknown as JsonObject;
}

function specToV1(spec: HorizontalPodAutoscaler['spec']): AutoscalingV1HorizontalPodAutoscalerSpec {
  const utilization = (spec.metrics ?? []).find(isCpu)?.resource?.target.averageUtilization;
  return {
    scaleTargetRef: spec.scaleTargetRef,
    ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
    maxReplicas: spec.maxReplicas,
    ...(utilization === undefined ? {} : { targetCPUUtilizationPercentage: utilization }),
  };
}

function statusToV1(status: HorizontalPodAutoscalerStatus): AutoscalingV1HorizontalPodAutoscalerStatus {
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas } = status;
  const utilization = (status.currentMetrics ?? [])
    .filter(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')
    .map(({ resource }) => resource?.current.averageUtilization)
    .findLast((value) => value !== undefined);
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    currentReplicas,
    desiredReplicas,
    ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }),
  };
}

export function fromV1(object: JsonObject): JsonObject {
  const { metadata, spec, status, ...rest } = object as unknown as AutoscalingV1HorizontalPodAutoscaler;
  const annotation = <T>(key: string): T | undefined => parsed<T>(metadata.annotations?.[key]);
  const cpu = spec.targetCPUUtilizationPercentage;
  const metrics = [
    ...(annotation<AutoscalingV1MetricSpec[]>(keys.metrics) ?? []).map(metricFromV1),
    ...(cpu === undefined ? [] : [cpuMetric(cpu)]),
  ];
  const behavior = annotation<InternalBehavior>(keys.behavior);
  const converted: HorizontalPodAutoscaler = {
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(metadata, withoutOurs(metadata.annotations)),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas === undefined ? {} : { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      metrics: metrics.length === 0 ? [cpuMetric(cpuUtilization)] : metrics,
      ...(behavior === undefined ? {} : { behavior: behaviorFromInternal(behavior) }),
    },
    ...(status === undefined ? {} : { status: statusFromV1(status, annotation) }),
  };
  return converted as unknown as JsonObject;
}

function statusFromV1(
  status: AutoscalingV1HorizontalPodAutoscalerStatus,
  annotation: <T>(key: string) => T | undefined,
): HorizontalPodAutoscalerStatus {
  const { observedGeneration, lastScaleTime, currentReplicas, desiredReplicas } = status;
  const { currentCPUUtilizationPercentage: cpu } = status;
  const known = annotation<AutoscalingV1MetricStatus[]>(keys.currentMetrics)?.map(metricStatusFromV1);
  const ofCpu = cpu === undefined ? null : [{ ...cpuMetric(cpu), resource: cpuStatus(cpu) }];
  const conditions = annotation<HorizontalPodAutoscalerCondition[]>(keys.conditions) ?? [];
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(currentReplicas === 0 ? {} : { currentReplicas }),
    desiredReplicas,
    currentMetrics: (known ?? ofCpu) as NonNullable<HorizontalPodAutoscalerStatus['currentMetrics']>,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function cpuStatus(averageUtilization: number): object {
  return { name: 'cpu', current: { averageUtilization } };
}

type Annotations = Record<string, string>;

function withoutOurs(annotations: Readonly<Annotations> | undefined): Annotations {
  const ours: readonly string[] = Object.values(keys);
  return Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !ours.includes(key)));
}

function withAnnotations<T extends { annotations?: Annotations }>(metadata: T, annotations: Annotations): T {
  const { annotations: _old, ...rest } = metadata;
  return (Object.keys(annotations).length === 0 ? rest : { ...metadata, annotations: sortedMap(annotations) }) as T;
}

function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The annotations with the behavior among them, for versions that have no field for it. */
export function behaviorToAnnotation(
  annotations: Readonly<Annotations> | undefined,
  behavior: HorizontalPodAutoscalerBehavior,
): Annotations {
  return sortedMap({ ...annotations, [keys.behavior]: goText(behaviorToInternal(behavior)) });
}

/** The annotations without those of conversions, and the behavior that was in one. */
export function behaviorFromAnnotation(annotations: Readonly<Annotations> | undefined): {
  readonly behavior?: HorizontalPodAutoscalerBehavior;
  readonly annotations?: Annotations;
} {
  const behavior = parsed<InternalBehavior>(annotations?.[keys.behavior]);
  const rest = withoutOurs(annotations);
  return {
    ...(behavior === undefined ? {} : { behavior: behaviorFromInternal(behavior) }),
    ...(Object.keys(rest).length === 0 ? {} : { annotations: rest }),
  };
}

/** Upstream writes its internal form into the annotation, with Go's own names, and cannot take that back any more. */
interface InternalRules {
  readonly StabilizationWindowSeconds: number | null;
  readonly SelectPolicy: string | null;
  readonly Policies:
    | readonly { readonly Type?: string; readonly Value?: number; readonly PeriodSeconds?: number }[]
    | null;
  readonly Tolerance: string | null;
}

interface InternalBehavior {
  readonly ScaleUp: InternalRules | null;
  readonly ScaleDown: InternalRules | null;
}

function behaviorToInternal({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): InternalBehavior {
  return { ScaleUp: rulesToInternal(scaleUp), ScaleDown: rulesToInternal(scaleDown) };
}

function rulesToInternal(rules: HPAScalingRules | undefined): InternalRules | null {
  if (rules === undefined) return null;
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies:
      rules.policies?.map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: rules.tolerance ?? null,
  };
}

function behaviorFromInternal({ ScaleUp, ScaleDown }: InternalBehavior): HorizontalPodAutoscalerBehavior {
  const [scaleUp, scaleDown] = [rulesFromInternal(ScaleUp), rulesFromInternal(ScaleDown)];
  return { ...(scaleUp === undefined ? {} : { scaleUp }), ...(scaleDown === undefined ? {} : { scaleDown }) };
}

function rulesFromInternal(rules: InternalRules | null | undefined): HPAScalingRules | undefined {
  if (rules === null || rules === undefined) return undefined;
  const { StabilizationWindowSeconds: window, SelectPolicy: select, Policies: policies, Tolerance: tolerance } = rules;
  return {
    ...(typeof window === 'number' ? { stabilizationWindowSeconds: window } : {}),
    ...(typeof select === 'string' ? { selectPolicy: select } : {}),
    ...(Array.isArray(policies)
      ? {
          policies: policies.map(({ Type = '', Value = 0, PeriodSeconds = 0 }) => ({
            type: Type,
            value: Value,
            periodSeconds: PeriodSeconds,
          })),
        }
      : {}),
    ...(typeof tolerance === 'string' ? { tolerance } : {}),
  };
}
