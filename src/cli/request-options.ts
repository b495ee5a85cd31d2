/** Options of the API server about requests and about what is kept of them, by upstream's names and with its meaning. */
import type { Option } from './command.ts';
import { file, list, text } from './option.ts';

const truncation = <P extends 'log' | 'webhook'>(plugin: P) =>
  ({
    [`audit-${plugin}-truncate-enabled`]: text('BOOL', 'Whether events that are too large are cut (default: false)'),
    [`audit-${plugin}-truncate-max-batch-size`]: text('BYTES', 'Size of what is handed on at once (default: 10485760)'),
    [`audit-${plugin}-truncate-max-event-size`]: text(
      'BYTES',
      'Size from which an event loses its bodies, and goes if it is still larger (default: 102400)',
    ),
  }) as Record<`audit-${P}-truncate-${'enabled' | 'max-batch-size' | 'max-event-size'}`, Option>;

export const requestOptions = {
  'enable-admission-plugins': list(
    'Admission plugins that run besides those that run anyway, comma separated',
    'NAMES',
  ),
  'disable-admission-plugins': list('Admission plugins that do not run, comma separated', 'NAMES'),
  'admission-control-config-file': file('AdmissionConfiguration: the configuration of admission plugins'),
  'default-not-ready-toleration-seconds': text(
    'SECONDS',
    'How long pods stay on a node that is not ready, unless they say (default: 300)',
  ),
  'default-unreachable-toleration-seconds': text(
    'SECONDS',
    'How long pods stay on a node that cannot be reached, unless they say (default: 300)',
  ),
  'audit-policy-file': file('Policy that says of which requests how much is audited; without it nothing is'),
  'audit-log-path': file('Where audit events are written, one a line; - is the standard output'),
  'audit-log-mode': text('MODE', 'batch, blocking or blocking-strict (default: blocking)'),
  'audit-log-maxage': text('DAYS', 'How long old audit logs are kept (default: for ever)'),
  'audit-log-maxbackup': text('N', 'How many old audit logs are kept (default: all)'),
  'audit-log-maxsize': text('MEGABYTES', 'How large an audit log gets before the next one is begun (default: 100)'),
  'audit-log-batch-buffer-size': text('N', 'Events that may wait in mode batch (default: 10000)'),
  'audit-log-batch-max-size': text('N', 'Events that are written at once in mode batch (default: 1)'),
  ...truncation('log'),
  'audit-webhook-config-file': file('kubeconfig of a webhook that takes audit events'),
  'audit-webhook-mode': text('MODE', 'batch, blocking or blocking-strict (default: batch)'),
  'audit-webhook-batch-buffer-size': text('N', 'Events that may wait (default: 10000)'),
  'audit-webhook-batch-max-size': text('N', 'Events in one request (default: 400)'),
  'audit-webhook-batch-max-wait': text('TIME', 'How long an event waits for others (default: 30s)'),
  'audit-webhook-batch-throttle-enable': text('BOOL', 'Whether requests are throttled (default: true)'),
  'audit-webhook-batch-throttle-qps': text('N', 'Requests a second (default: 10)'),
  'audit-webhook-batch-throttle-burst': text('N', 'Requests at once after a quiet time (default: 15)'),
  'audit-webhook-initial-backoff': text('TIME', 'Wait before the first request is tried again (default: 10s)'),
  ...truncation('webhook'),
  'encryption-provider-config': file('EncryptionConfiguration: what is encrypted at rest, and with which keys'),
  'encryption-provider-config-automatic-reload': text('BOOL', 'Whether that file is read again (default: false)'),
  'legacy-apis': {
    type: 'boolean',
    help: 'Serve the versions too that Kubernetes has dropped: extensions/v1beta1, ...',
  },
  'runtime-config': list(
    'Versions to switch: storage.k8s.io/v1beta1=true,batch/v1/jobs=false,api/alpha=false',
    'VERSIONS',
  ),
  'max-requests-inflight': text('N', 'Reading requests that are served at once (default: 400)'),
  'max-mutating-requests-inflight': text('N', 'Writing requests that are served at once (default: 200)'),
} satisfies Record<string, Option>;
