/**
 * HorizontalPodAutoscaler before v2. v2beta1 has metrics in the form that v1 keeps in an annotation, and the behavior in one as
 * v1 has it; v2beta2 is v2 but for the tolerance.
 */
import type { Kind } from '../../machinery/mod.ts';
import { horizontalPodAutoscalers } from '../autoscaling/horizontal-pod-autoscaler.ts';
import { behaviorFromAnnotation, behaviorToAnnotation } from '../autoscaling/horizontal-pod-autoscaler/conversion.ts';
import {
  metricFromV1,
  metricStatusFromV1,
  metricStatusToV1,
  metricToV1,
} from '../autoscaling/horizontal-pod-autoscaler/metrics-v1.ts';
import type {
  AutoscalingV1MetricSpec,
  AutoscalingV1MetricStatus,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
} from '../upstream/types.ts';
import { legacyKind } from './version.ts';

type Draft = Pick<HorizontalPodAutoscaler, 'metadata'> & {
  spec: { metrics?: unknown[]; behavior?: HorizontalPodAutoscaler['spec']['behavior'] };
  status?: { currentMetrics?: unknown[] | null; currentReplicas?: number; conditions?: unknown[] | null };
};

function toCurrent({ metadata, spec, status }: Draft): void {
  if (spec.metrics !== undefined) spec.metrics = (spec.metrics as AutoscalingV1MetricSpec[]).map(metricFromV1);
  const { behavior, annotations } = behaviorFromAnnotation(metadata.annotations);
  if (behavior !== undefined) spec.behavior = behavior;
  if (annotations === undefined) delete metadata.annotations;
  else metadata.annotations = annotations;
  if (status === undefined) return;
  status.currentMetrics =
    (status.currentMetrics as AutoscalingV1MetricStatus[] | null)?.map(metricStatusFromV1) ?? null;
  withoutNothing(status);
}

/** What v2 writes only where there is something, the older ones always write. */
function withoutNothing(status: NonNullable<Draft['status']>): void {
  if (status.currentReplicas === 0) delete status.currentReplicas;
  if ((status.conditions ?? []).length === 0) delete status.conditions;
}

function withNothing(status: NonNullable<Draft['status']>): void {
  status.currentReplicas ??= 0;
  status.conditions ??= null;
}

function fromCurrent({ metadata, spec, status }: Draft): void {
  if (spec.metrics !== undefined) spec.metrics = (spec.metrics as MetricSpec[]).map(metricToV1);
  if (spec.behavior !== undefined) metadata.annotations = behaviorToAnnotation(metadata.annotations, spec.behavior);
  delete spec.behavior;
  if (status === undefined) return;
  status.currentMetrics = (status.currentMetrics as MetricStatus[] | null)?.map(metricStatusToV1) ?? null;
  withNothing(status);
}

const current = horizontalPodAutoscalers as unknown as Kind;

export const legacyAutoscalers: readonly Kind[] = [
  legacyKind(current, {
    version: 'v2beta2',
    deprecated: [23, 26],
    toCurrent({ status }: Draft) {
      if (status !== undefined) withoutNothing(status);
    },
    fromCurrent({ status }: Draft) {
      if (status !== undefined) withNothing(status);
    },
    hidden: ['scaleUp', 'scaleDown'].map((direction) => ['spec', 'behavior', direction, 'tolerance']),
  }),
  legacyKind(current, { version: 'v2beta1', deprecated: [22, 25], toCurrent, fromCurrent }),
];
