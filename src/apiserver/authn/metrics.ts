/** What is counted of authentication and authorization. */
import { exponentialBuckets, type Metrics } from '../metrics.ts';

export interface AccessMetrics {
  authenticated(result: 'success' | 'failure' | 'error', seconds: number, username?: string): void;
  authorized(result: 'allowed' | 'denied' | 'no-opinion' | 'error', seconds: number): void;
}

/** Seconds, as upstream cuts them. */
const buckets = exponentialBuckets(0.001, 2, 15);

export function accessMetrics(metrics: Metrics): AccessMetrics {
  const attempts = metrics.counter({
    name: 'authentication_attempts',
    help: 'Counter of authenticated attempts.',
    labels: ['result'],
  });
  const durations = metrics.histogram(
    {
      name: 'authentication_duration_seconds',
      help: 'Authentication duration in seconds broken out by result.',
      labels: ['result'],
    },
    buckets,
  );
  const users = metrics.counter({
    name: 'authenticated_user_requests',
    help: 'Counter of authenticated requests broken out by username.',
    labels: ['username'],
  });
  const decisions = metrics.counter({
    name: 'authorization_attempts_total',
    help: "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    labels: ['result'],
  });
  const decisionDurations = metrics.histogram(
    {
      name: 'authorization_duration_seconds',
      help: 'Authorization duration in seconds broken out by result.',
      labels: ['result'],
    },
    buckets,
  );
  return {
    authenticated(result, seconds, username) {
      attempts.of(result).value += 1;
      durations.of(result).observe(seconds);
      if (username !== undefined) users.of(sortOf(username)).value += 1;
    },
    authorized(result, seconds) {
      decisions.of(result).value += 1;
      decisionDurations.of(result).observe(seconds);
    },
  };
}

const known = ['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'];

/** Names themselves are nobody's to read here, and too many. */
function sortOf(username: string): string {
  if (known.includes(username)) return username;
  return username.includes('@') ? 'email_id' : 'other';
}
