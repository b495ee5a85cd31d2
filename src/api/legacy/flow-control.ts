/**
 * FlowSchema and PriorityLevelConfiguration before v1. The shares of a level had another name at first, and none of them was
 * the same as nothing said: a level that has none carries an annotation in v1beta3.
 */
import type { Kind } from '../../machinery/mod.ts';
import { flowSchemas } from '../flowcontrol/flow-schema.ts';
import { flowcontrolGroup } from '../flowcontrol/group.ts';
import { priorityLevelConfigurations } from '../flowcontrol/priority-level-configuration.ts';
import { sortedMap } from '../maps.ts';
import type { PriorityLevelConfiguration } from '../upstream/types.ts';
import { legacyKind, type LegacyVersion } from './version.ts';

const usualShares = 30;
const noSharesKey = 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares';

interface Level extends PriorityLevelConfiguration {
  spec: PriorityLevelConfiguration['spec'] & { limited?: { assuredConcurrencyShares?: number } };
}

function assuredToNominal({ spec }: Level): void {
  const limited = spec?.limited;
  if (limited === undefined) return;
  const { assuredConcurrencyShares: shares = 0 } = limited;
  delete limited.assuredConcurrencyShares;
  limited.nominalConcurrencyShares = shares === 0 ? usualShares : shares;
}

function nominalToAssured({ spec }: Level): void {
  const limited = spec?.limited;
  if (limited === undefined) return;
  const { nominalConcurrencyShares: shares = 0 } = limited;
  delete limited.nominalConcurrencyShares;
  limited.assuredConcurrencyShares = shares;
}

function withoutAnnotation({ metadata, spec }: Level): void {
  const { [noSharesKey]: none, ...annotations } = metadata.annotations ?? {};
  const limited = spec?.limited;
  if (limited !== undefined && (limited.nominalConcurrencyShares ?? 0) === 0)
    limited.nominalConcurrencyShares = none === undefined ? usualShares : 0;
  if (none === undefined) return;
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
  else metadata.annotations = annotations;
}

function withAnnotation({ metadata, spec }: Level): void {
  if (spec?.limited?.nominalConcurrencyShares === 0)
    metadata.annotations = sortedMap({ ...metadata.annotations, [noSharesKey]: '' });
}

const flow = flowSchemas as unknown as Kind;
const level = priorityLevelConfigurations as unknown as Kind;
const assured = { toCurrent: assuredToNominal, fromCurrent: nominalToAssured };
const beta3 = `${flowcontrolGroup}/v1beta3`;
const versions: readonly (readonly [both: LegacyVersion, level: Partial<LegacyVersion>])[] = [
  [
    { version: 'v1beta3', deprecated: [29, 32] },
    { toCurrent: withoutAnnotation, fromCurrent: withAnnotation },
  ],
  [{ version: 'v1beta2', deprecated: [26, 29], instead: beta3 }, assured],
  [{ version: 'v1beta1', deprecated: [23, 26], instead: beta3 }, assured],
];

export const legacyFlowControl: readonly Kind[] = versions.flatMap(([both, more]) => [
  legacyKind(flow, both),
  legacyKind(level, { ...both, ...more }),
]);
