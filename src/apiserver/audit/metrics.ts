/** What is counted of auditing. */
import type { Counter, Metrics } from '../metrics.ts';

export interface AuditMetrics {
  readonly events: Counter;
  /** By the level that the policy has for a request. */
  readonly levels: Counter;
  /** Events that were lost, by who lost them. */
  readonly errors: Counter;
  readonly rejected: Counter;
}

export function auditMetrics(metrics: Metrics): AuditMetrics {
  return {
    events: metrics.counter({
      name: 'apiserver_audit_event_total',
      help: 'Counter of audit events generated and sent to the audit backend.',
    }),
    levels: metrics.counter({
      name: 'apiserver_audit_level_total',
      help: 'Counter of policy levels for audit events (1 per request).',
      labels: ['level'],
    }),
    errors: metrics.counter({
      name: 'apiserver_audit_error_total',
      help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.',
      labels: ['plugin'],
    }),
    rejected: metrics.counter({
      name: 'apiserver_audit_requests_rejected_total',
      help: 'Counter of apiserver requests rejected due to an error in audit logging backend.',
    }),
  };
}
