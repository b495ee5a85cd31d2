/** The keys of annotations, wherever annotations stand that are not an object's own. */
import { invalid, qualifiedNameErrors, tooLong, type FieldError, type FieldPath } from '../../../../machinery/mod.ts';

const annotationsBytesMax = 256 * 1024;

export function annotationKeyErrors(
  annotations: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key in annotations) {
    for (const problem of qualifiedNameErrors(key.toLowerCase())) errors.push(invalid(path, key, problem));
    bytes += key.length + (annotations[key] ?? '').length;
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
  return errors;
}
