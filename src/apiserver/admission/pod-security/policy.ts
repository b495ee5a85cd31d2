/** Which of the Pod Security Standards a namespace asks for, and what follows when it is violated. */
import { invalid, type FieldError } from '../../../machinery/mod.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

/** A level as it is in a minor version of Kubernetes; Infinity is the latest. */
export interface Standard {
  readonly level: Level;
  readonly minor: number;
}

const modes = ['enforce', 'audit', 'warn'] as const;
export type Policy = Readonly<Record<(typeof modes)[number], Standard>>;
type Labels = Readonly<Record<string, string>>;

const levels: readonly string[] = ['privileged', 'baseline', 'restricted'] satisfies Level[];
const prefix = 'pod-security.kubernetes.io/';

export function parseLevel(text: string): Level | undefined {
  return levels.includes(text) ? (text as Level) : undefined;
}

export function parseMinor(text: string): number | undefined {
  if (text === 'latest') return Infinity;
  const match = /^v1\.(0|[1-9][0-9]*)$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

export function standardText({ level, minor }: Standard): string {
  return `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`;
}

/** Above zero: `a` asks for more than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

function sameStandard(a: Standard, b: Standard): boolean {
  return a.level === b.level && a.minor === b.minor;
}

/** Labels over defaults. What cannot be read is enforced in its strictest form, and neither audited nor warned of. */
export function policyOf(labels: Labels, defaults: Policy): { readonly policy: Policy; readonly errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = <T>(name: string, parse: (text: string) => T | undefined, problem: string): T | undefined => {
    const label = prefix + name;
    const text = labels[label];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) errors.push(invalid(`metadata.labels[${label}]`, text, problem));
    return value;
  };
  const has = (name: string): boolean => labels[prefix + name] !== undefined;
  const found = modes.map((mode) => {
    const level = read(mode, parseLevel, `must be one of ${levels.join(', ')}`);
    const minor = read(`${mode}-version`, parseMinor, 'must be "latest" or "v1.x"');
    const unread: Level = mode === 'enforce' ? 'restricted' : 'privileged';
    const standard: Standard = {
      level: level ?? (has(mode) ? unread : defaults[mode].level),
      minor: minor ?? (has(`${mode}-version`) ? Infinity : defaults[mode].minor),
    };
    return [mode, standard, level !== undefined] as const;
  });
  const policy = Object.fromEntries(found) as Policy;
  const [[, enforce, enforced]] = found as [(typeof found)[number]];
  // Who only says what is enforced is warned of it too, where pods are not made directly.
  const warns = !has('warn') && enforced && compareLevels(enforce.level, policy.warn.level) > 0;
  if (!warns) return { policy, errors };
  const minor = has('warn-version') ? policy.warn.minor : enforce.minor;
  return { policy: { ...policy, warn: { level: enforce.level, minor } }, errors };
}

/** What a namespace is told whose labels are of no effect; undefined where they ask for nothing. */
export function ignoredText(namespace: string, labels: Labels, policy: Policy, defaults: Policy): string | undefined {
  const open = modes.every((mode) => policy[mode].level === 'privileged');
  const usual = modes.every(
    (mode) =>
      sameStandard(policy[mode], defaults[mode]) ||
      (policy[mode].level === 'privileged' && defaults[mode].level === 'privileged'),
  );
  if (open || usual) return undefined;
  const set = modes.filter(
    (mode) =>
      policy[mode].level !== 'privileged' &&
      (labels[prefix + mode] !== undefined || labels[`${prefix}${mode}-version`] !== undefined),
  );
  const texts = set.map((mode) => `${mode}=${standardText(policy[mode])}`);
  return `namespace "${namespace}" is exempt from Pod Security, and the policy (${texts.join(', ')}) will be ignored`;
}
