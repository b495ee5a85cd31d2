/** A check of the Pod Security Standards, and the words in which all of them speak. */
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec } from '../../../api/mod.ts';
import type { DeepReadonly } from '../../../base/mod.ts';

export type Spec = DeepReadonly<PodSpec>;
export type AnyContainer = DeepReadonly<Container | EphemeralContainer>;

/** What is judged: a pod, or what pods are made from. */
export interface Judged {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Spec;
}

export type Template = DeepReadonly<PodTemplateSpec>;

/** What is wrong, and where; the details may be empty. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  /** The checks of the lower level that this one stands for. */
  readonly overrides?: readonly string[];
  /** By the minor version from which on it is so, ascending. */
  readonly since: readonly (readonly [number, (judged: Judged) => Violation | undefined])[];
}

/** In upstream's order, which is the order of the names in its texts. */
export function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: Spec): AnyContainer[] {
  return [...initContainers, ...containers, ...ephemeralContainers];
}

export function namesOf(containers: readonly AnyContainer[]): string[] {
  return containers.map(({ name }) => name);
}

export function quoted(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}

export function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}

/** `container "a"`, `containers "a", "b"`. */
export function named(noun: string, names: readonly string[]): string {
  return `${plural(noun, names)} ${quoted(names)}`;
}

export function plural(noun: string, things: readonly unknown[]): string {
  return things.length === 1 ? noun : `${noun}s`;
}

export function uses(things: readonly unknown[]): string {
  return things.length === 1 ? 'uses' : 'use';
}

/** `pod and container "a"`. */
export function setters(pod: boolean, containers: readonly AnyContainer[]): string {
  const both = [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [named('container', namesOf(containers))] : [])];
  return both.join(' and ');
}

export function isWindows({ os }: Spec): boolean {
  return os?.name === 'windows';
}

/** With a user namespace of its own, root in the pod is nobody outside it. */
export function hasOwnUsers({ hostUsers }: Spec): boolean {
  return hostUsers === false;
}
