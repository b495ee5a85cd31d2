/**
 * Between the collection of a custom resource, whose entries are of any version and from under any schema, and one version
 * as it is shown. What is written is shaped for the version that is stored, so that what that version reads needs nothing.
 */
import type { Decoder, KubeObject, StoredForm } from '../../machinery/mod.ts';
import type { Convert } from './conversion.ts';

/** By apiVersion: prunes and fills in defaults. */
export type Shapes = ReadonlyMap<string, Decoder>;

export interface StoredParts {
  readonly apiVersion: string;
  /** The apiVersion that is stored. */
  readonly storage: string;
  readonly kind: string;
  readonly convert: Convert;
  readonly revision: number;
  readonly shapes: Shapes;
}

export function storedForms({ apiVersion, storage, kind, convert, revision: since, shapes }: StoredParts): StoredForm {
  const shaped = (object: KubeObject): KubeObject => ({
    kind,
    ...(shapes.get(object.apiVersion ?? '')?.decode(object).object ?? object),
  });
  const converted = (
    objects: readonly KubeObject[],
    target: string,
  ): readonly KubeObject[] | Promise<readonly KubeObject[]> => {
    const finish = (made: readonly KubeObject[]): KubeObject[] =>
      made.map((object, i) => (object === objects[i] ? object : shaped(object)));
    const made = convert(objects, target);
    return made instanceof Promise ? made.then(finish) : finish(made);
  };
  return {
    isShown: (stored, revision) => stored.apiVersion === apiVersion && apiVersion === storage && revision > since,
    show: (stored) =>
      converted(
        stored.map((object) => shaped(object as KubeObject)),
        apiVersion,
      ),
    keep(object) {
      if (apiVersion === storage) return object;
      const made = converted([object], storage);
      const first = (all: readonly KubeObject[]): KubeObject => all[0] ?? object;
      return made instanceof Promise ? made.then(first) : first(made);
    },
    isStale: (stored) => stored.apiVersion !== storage,
  };
}
