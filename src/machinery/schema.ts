/**
 * The schema of an API type as facts: names, types, protobuf numbers and markers. Built-in types come from the generated
 * file `api/upstream/facts.json`; a custom resource's schema is turned into the same form, so one engine serves both.
 *
 * A type is written as a string:
 *   scalars       string int32 int64 bool bytes(base64 in JSON) double
 *   special       time microtime duration quantity int-or-string any(any JSON value) raw(a nested object of any kind)
 *   a definition  its OpenAPI name, e.g. `io.k8s.api.core.v1.Container`
 *   []T  a list   {}T  a map from string to T   (nested as needed: `{}[]string`)
 */
export interface FieldFacts {
  readonly type: string;
  /** The protobuf field number. */
  readonly number?: number;
  /**
   * In protobuf the field is not in the type's own message but in a nested one, found by following these numbers (Go inlines
   * a struct in JSON only). The nested message is always written, empty or not.
   */
  readonly inside?: readonly number[];
  /** In protobuf the list is wrapped in a message whose field 1 repeats the items. (The values of `{}[]T` always are.) */
  readonly wrapped?: true;
  /** OpenAPI's "required": the value must be in what a client sends. */
  readonly required?: true;
  /** A pointer in Go: an explicit zero value is kept and is different from an absent one. */
  readonly pointer?: true;
  /**
   * Go's JSON has the field even when it holds the zero value: no `omitempty`, or a struct held by value, which `omitempty`
   * does not omit (a zero time is written as null, a zero quantity as "0", a zero struct as its own always-written fields).
   */
  readonly always?: true;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** As upstream declares it: `atomic` also stands on a few fields that are no lists, where it means nothing. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  /** A default that upstream's schema itself declares (`+default=`). */
  readonly default?: unknown;
  /** The values that Go's named string type has; of a list or map, the values of its items. */
  readonly enum?: readonly string[];
}

export interface TypeFacts {
  /** In the order of Go's struct. */
  readonly fields: Readonly<Record<string, FieldFacts>>;
  /** The map marker of the whole type. */
  readonly mapType?: 'atomic' | 'granular';
  /** Set on top-level kinds: every group, version and kind that this definition serves. */
  readonly gvks?: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
  /** In JSON the value of the one field that is set stands for the whole (told apart by its JSON type). */
  readonly untagged?: true;
}

export interface Facts {
  /** The Kubernetes version that the facts describe, e.g. "1.36". */
  readonly version: string;
  readonly types: Readonly<Record<string, TypeFacts>>;
}
