/** `PodSecurityConfiguration`: what holds for namespaces that say nothing, and who is not looked at. */
import { HostError, isJsonObject, type Json, type JsonObject } from '../../../base/mod.ts';
import { parseLevel, parseMinor, type Policy, type Standard } from './policy.ts';

export interface PodSecuritySettings {
  readonly defaults: Policy;
  readonly exempt: {
    readonly usernames: ReadonlySet<string>;
    readonly namespaces: ReadonlySet<string>;
    readonly runtimeClasses: ReadonlySet<string>;
  };
}

const open: Standard = { level: 'privileged', minor: Infinity };
export const usualSettings: PodSecuritySettings = {
  defaults: { enforce: open, audit: open, warn: open },
  exempt: { usernames: new Set(), namespaces: new Set(), runtimeClasses: new Set() },
};

const group = 'pod-security.admission.config.k8s.io';

/** Throws HostError. */
export function podSecuritySettings({
  apiVersion,
  kind,
  defaults = {},
  exemptions = {},
}: JsonObject): PodSecuritySettings {
  const known = ['v1', 'v1beta1', 'v1alpha1'].some((version) => apiVersion === `${group}/${version}`);
  if (!known || kind !== 'PodSecurityConfiguration')
    throw new HostError('Configuration', `PodSecurity: a PodSecurityConfiguration of ${group}/v1 is expected`);
  const levels = objectAt(defaults, 'defaults');
  const exempt = objectAt(exemptions, 'exemptions');
  const standard = (mode: string): Standard => {
    const level = textAt(levels, mode, 'privileged');
    const version = textAt(levels, `${mode}-version`, 'latest');
    const parsed = parseLevel(level);
    const minor = parseMinor(version);
    if (parsed === undefined)
      throw new HostError(
        'Configuration',
        `defaults.${mode}: Invalid value: "${level}": must be one of privileged, baseline, restricted`,
      );
    if (minor === undefined)
      throw new HostError(
        'Configuration',
        `defaults.${mode}-version: Invalid value: "${version}": must be "latest" or "v1.x"`,
      );
    return { level: parsed, minor };
  };
  const names = (list: string): ReadonlySet<string> => {
    const given = exempt[list] ?? [];
    if (!Array.isArray(given) || !given.every((name) => typeof name === 'string' && name !== ''))
      throw new HostError('Configuration', `exemptions.${list}: a list of names is expected`);
    return new Set(given as string[]);
  };
  return {
    defaults: { enforce: standard('enforce'), audit: standard('audit'), warn: standard('warn') },
    exempt: {
      usernames: names('usernames'),
      namespaces: names('namespaces'),
      runtimeClasses: names('runtimeClasses'),
    },
  };
}

function objectAt(value: Json, path: string): JsonObject {
  if (!isJsonObject(value)) throw new HostError('Configuration', `${path}: an object is expected`);
  return value;
}

function textAt(object: JsonObject, name: string, absent: string): string {
  const value = object[name] ?? absent;
  if (typeof value !== 'string') throw new HostError('Configuration', `defaults.${name}: a text is expected`);
  return value;
}
