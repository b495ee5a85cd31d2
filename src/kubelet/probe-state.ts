/**
 * What a series of probes says. Pure. What always holds: the answer changes only after as many equal results in a row as
 * the probe's threshold asks for.
 */
import type { DeepReadonly } from '../base/mod.ts';
import type { Probe } from '../api/mod.ts';
import type { ProbeKind, ProbeResult } from './pod-facts.ts';

export interface ProbeState {
  readonly result: ProbeResult;
  /** The result of the last run, and how many in a row were the same. */
  readonly last: 'success' | 'failure' | undefined;
  readonly inRow: number;
}

/** Before the first run: alive until shown otherwise, ready and started only when shown. */
export function initialProbeState(kind: ProbeKind): ProbeState {
  const result = kind === 'liveness' ? 'success' : kind === 'readiness' ? 'failure' : 'unknown';
  return { result, last: undefined, inRow: 0 };
}

export function probeStep(state: ProbeState, outcome: 'success' | 'failure', probe: DeepReadonly<Probe>): ProbeState {
  const inRow = state.last === outcome ? state.inRow + 1 : 1;
  const threshold = outcome === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  return { result: inRow >= threshold ? outcome : state.result, last: outcome, inRow };
}
