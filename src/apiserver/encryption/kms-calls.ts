/** Times the calls of plug-ins that keep keys. */
import { exponentialBuckets, type Metrics } from '../metrics.ts';

export interface KmsCall {
  readonly provider: string;
  /** `/v2.KeyManagementService/Encrypt`. */
  readonly method: string;
  /** Of gRPC: `OK`, `Unavailable`. */
  readonly code: string;
  readonly seconds: number;
}

/** Seconds, as upstream cuts them. */
const buckets = exponentialBuckets(0.0001, 2, 20);

export function kmsCallCounter(metrics: Metrics): (call: KmsCall) => void {
  const latency = metrics.histogram(
    {
      name: 'apiserver_envelope_encryption_kms_operations_latency_seconds',
      help: 'KMS operation duration with gRPC error code status total.',
      labels: ['grpc_status_code', 'method_name', 'provider_name'],
    },
    buckets,
  );
  return ({ provider, method, code, seconds }) => latency.observe([code, method, provider], seconds);
}
