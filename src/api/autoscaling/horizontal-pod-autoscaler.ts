/** HorizontalPodAutoscaler, kept as v2. In v1 only the CPU is a field, and all else travels in annotations. */
import type { DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, nameColumn, type Strategy } from '../../machinery/mod.ts';
import { checkNonNegative, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, HPAScalingRules } from '../upstream/types.ts';
import { metricsText } from './horizontal-pod-autoscaler/columns.ts';
import { fromV1, toV1 } from './horizontal-pod-autoscaler/conversion.ts';
import { cpuMetric } from './horizontal-pod-autoscaler/metrics-v1.ts';
import { autoscalerErrors, autoscalerUpdateErrors } from './horizontal-pod-autoscaler/validation.ts';

type ReadonlyAutoscaler = DeepReadonly<HorizontalPodAutoscaler>;

const cpuUtilization = 80;
const periodSeconds = 15;

function setDefaults({ spec }: HorizontalPodAutoscaler): void {
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) spec.metrics = [cpuMetric(cpuUtilization)];
  if (spec.behavior === undefined) return;
  const percent = { type: 'Percent', value: 100, periodSeconds };
  const up = defaultRules(spec.behavior.scaleUp, [{ type: 'Pods', value: 4, periodSeconds }, percent]);
  up.stabilizationWindowSeconds ??= 0;
  spec.behavior = { scaleUp: up, scaleDown: defaultRules(spec.behavior.scaleDown, [percent]) };
}

function defaultRules(
  rules: HPAScalingRules | undefined,
  policies: NonNullable<HPAScalingRules['policies']>,
): HPAScalingRules {
  const { stabilizationWindowSeconds: window, tolerance } = rules ?? {};
  return {
    ...(window === undefined ? {} : { stabilizationWindowSeconds: window }),
    selectPolicy: rules?.selectPolicy ?? 'Max',
    policies: rules?.policies ?? policies,
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}

const strategy: Strategy<HorizontalPodAutoscaler> = {
  defaults: setDefaults,
  prepareForCreate(draft) {
    // Of the lists in it, upstream always writes this one.
    draft.status = { desiredReplicas: 0, currentMetrics: null } as unknown as HorizontalPodAutoscalerStatus;
  },
  validate: (autoscaler) => autoscalerErrors(autoscaler),
  validateUpdate: autoscalerUpdateErrors,
};

/** Columns are made from whatever version was asked for. */
function asV2(autoscaler: ReadonlyAutoscaler): ReadonlyAutoscaler {
  return autoscaler.apiVersion === 'autoscaling/v1'
    ? (fromV1(autoscaler as never) as unknown as ReadonlyAutoscaler)
    : autoscaler;
}

export const horizontalPodAutoscalers = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  versions: [
    { version: 'v2', schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler' },
    {
      version: 'v1',
      schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
      toStorage: fromV1,
      fromStorage: toV1,
    },
  ],
  shortNames: ['hpa'],
  categories: ['all'],
  strategy,
  subresources: {
    status: {
      type: 'part',
      strategy: {
        validateUpdate({ status }) {
          const errors: Errors = [];
          checkNonNegative(errors, status?.currentReplicas, 'status.currentReplicas');
          checkNonNegative(errors, status?.desiredReplicas, 'status.desiredReplicas');
          return errors;
        },
      },
    },
  },
  columns: [
    nameColumn(),
    column(
      'Reference',
      'What is scaled.',
      ({ spec: { scaleTargetRef } }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
    ),
    column('Targets', 'The metrics, as they are and as they should be.', (autoscaler) => metricsText(asV2(autoscaler))),
    column('MinPods', 'The lowest number of pods.', ({ spec }) => String(spec.minReplicas ?? '<unset>')),
    column('MaxPods', 'The highest number of pods.', ({ spec }) => spec.maxReplicas),
    column('Replicas', 'How many pods there are.', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn(),
  ],
});
