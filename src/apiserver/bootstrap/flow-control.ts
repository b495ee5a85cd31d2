/**
 * The configuration of priority and fairness that every cluster has. The mandatory objects are always as they are here; those
 * that are suggested follow a newer version of themselves until somebody changes them, and come back when they are deleted.
 */
import {
  flowSchemas,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  priorityLevelConfigurations,
  suggestedFlowSchemas,
  suggestedPriorityLevels,
} from '../../api/mod.ts';
import { jsonEqual } from '../../base/mod.ts';
import type { Kind, KubeObject } from '../../machinery/mod.ts';
import type { Default } from '../authz/bootstrap/policy.ts';

/** Says whether the server may change an object's specification. */
const autoupdate = 'apf.kubernetes.io/autoupdate-spec';

interface Configuration extends KubeObject {
  spec?: { readonly exempt?: unknown };
}

function defaults(kind: unknown, specs: Readonly<Record<string, unknown>>): Default[] {
  return Object.entries(specs).map(([name, spec]) => ({
    kind: kind as Kind,
    object: { metadata: { name, annotations: { [autoupdate]: 'true' } }, spec } as KubeObject,
  }));
}

export const mandatoryFlowControl: readonly Default[] = [
  ...defaults(priorityLevelConfigurations, mandatoryPriorityLevels),
  ...defaults(flowSchemas, mandatoryFlowSchemas),
];

export const suggestedFlowControl: readonly Default[] = [
  ...defaults(priorityLevelConfigurations, suggestedPriorityLevels),
  ...defaults(flowSchemas, suggestedFlowSchemas),
];

export function mandatory(wanted: KubeObject, found: KubeObject): KubeObject | undefined {
  return updated(wanted, found, true);
}

/** An object without a word on it may be updated as long as nobody has changed it since it was created. */
export function suggested(wanted: KubeObject, found: KubeObject): KubeObject | undefined {
  return updated(wanted, found, flag(found) ?? found.metadata?.generation === 1);
}

/** Undefined: it is as it should be. */
function updated(wanted: Configuration, found: Configuration, auto: boolean): KubeObject | undefined {
  const spec = auto ? wantedSpec(wanted, found) : found.spec;
  if (flag(found) === auto && jsonEqual(spec, found.spec)) return undefined;
  const annotations = { ...found.metadata?.annotations, [autoupdate]: String(auto) };
  return { ...found, metadata: { ...found.metadata, annotations }, spec } as KubeObject;
}

/** How much of the server is set aside for exempt requests is for administrators to say. */
function wantedSpec({ spec }: Configuration, found: Configuration): Configuration['spec'] {
  const exempt = spec?.exempt === undefined ? undefined : (found.spec?.exempt ?? spec.exempt);
  return { ...spec, ...(exempt === undefined ? {} : { exempt }) };
}

function flag({ metadata }: KubeObject): boolean | undefined {
  const value = metadata?.annotations?.[autoupdate] ?? '';
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  return /^(0|f|F|false|FALSE|False)$/.test(value) ? false : undefined;
}

/** One that an older version has left behind, and nobody has made their own. */
export function isOutdated(kind: Kind, object: KubeObject): boolean {
  const known = [...mandatoryFlowControl, ...suggestedFlowControl].some(
    (one) => one.kind === kind && one.object.metadata?.name === object.metadata?.name,
  );
  return !known && flag(object) === true;
}
