/** `meta.k8s.io` Tables: what `kubectl get` prints. */
import type { DeepReadonly, Json } from '../../base/mod.ts';
import type { Kind, KubeObject } from '../../machinery/mod.ts';

export interface TableOptions {
  /** What each row carries of its object. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  readonly headers: boolean;
  readonly now: () => number;
}

/** The metadata is that of the list, or else of the only object. */
export function tableOf(
  { kind, apiVersion, listMetadata, options }: TableRequest,
  objects: readonly DeepReadonly<KubeObject>[],
): object {
  const now = options.now();
  const columnDefinitions = options.headers
    ? kind.columns.map(({ name, type, format = '', description, priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      }))
    : null;
  const { resourceVersion } = objects[0]?.metadata ?? {};
  const metadata = listMetadata ?? (resourceVersion === undefined ? {} : { resourceVersion });
  const { compare, conditions } = kind.table ?? {};
  const shown = compare === undefined ? objects : objects.toSorted(compare);
  const rows = shown.map((object) => {
    const cells: Json[] = kind.columns.map((column) => column.cell(object, now));
    const known = conditions?.(object) ?? [];
    return {
      cells,
      ...(known.length === 0 ? {} : { conditions: known }),
      ...(options.includeObject === 'None' ? {} : { object: carried(object, apiVersion, options) }),
    };
  });
  return { kind: 'Table', apiVersion, metadata, columnDefinitions, rows };
}

export interface TableRequest {
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly listMetadata: object | undefined;
  readonly options: TableOptions;
}

function carried(object: DeepReadonly<KubeObject>, apiVersion: string, { includeObject }: TableOptions): object {
  return includeObject === 'Object' ? object : { kind: 'PartialObjectMetadata', apiVersion, metadata: object.metadata };
}
