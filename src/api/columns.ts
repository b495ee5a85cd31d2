/** What the columns of many kinds have in common: how they are declared and how values look in them. */
import type { DeepReadonly, Json } from '../base/mod.ts';
import { ageColumn, nameColumn, type Column, type KubeObject } from '../machinery/mod.ts';
import type { PodTemplateSpec } from './upstream/types.ts';

type Cell<T> = (object: DeepReadonly<T>, now: number) => Json;

export const none = '<none>';

export function column<T>(name: string, description: string, cell: Cell<T>): Column<T> {
  return { name, type: 'string', description, cell };
}

/** A column that only `-o wide` shows. */
export function wideColumn<T>(name: string, description: string, cell: Cell<T>): Column<T> {
  return { ...column(name, description, cell), priority: 1 };
}

export function integerColumn<T>(name: string, description: string, cell: Cell<T>): Column<T> {
  return { ...column(name, description, cell), type: 'integer' };
}

/** The columns that upstream has for kinds that it gave none of their own. */
export function nameAndCreation<T extends KubeObject>(): Column<T>[] {
  const { description } = ageColumn<T>();
  const cell: Cell<T> = ({ metadata }) => metadata?.creationTimestamp ?? zeroTime;
  return [nameColumn<T>(), { name: 'Created At', type: 'date', description, cell }];
}

/** Go's time that is none. */
const zeroTime = '0001-01-01T00:00:00Z';

/** `a=1,b=2`, sorted. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(labels ?? {}).sort();
  return keys.length === 0 ? none : keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}

/** The names and the images of a template's containers. */
export function containerColumns<T>(
  template: (object: DeepReadonly<T>) => DeepReadonly<PodTemplateSpec> | undefined,
): Column<T>[] {
  const list = (object: DeepReadonly<T>, part: 'name' | 'image'): string =>
    (template(object)?.spec?.containers ?? []).map((container) => container[part] ?? '').join(',');
  return [
    wideColumn('Containers', 'Names of each container in the template.', (object) => list(object, 'name')),
    wideColumn('Images', 'Images referenced by each container in the template.', (object) => list(object, 'image')),
  ];
}

/** As many as fit, and how many there are besides: `a,b,c + 2 more...`. */
export function listText(items: readonly string[], countMax: number): string {
  const text = items.slice(0, countMax).join(',');
  return items.length > countMax ? `${text} + ${items.length - countMax} more...` : text;
}
