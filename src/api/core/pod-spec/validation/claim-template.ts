/** The template of a PersistentVolumeClaim inside of a pod. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { annotationKeyErrors } from './annotation-keys.ts';
import { forbidden, labelsErrors, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { ObjectMeta, PersistentVolumeClaimTemplate } from '../../../upstream/types.ts';
import { checkClaimSpec } from '../../persistent-volume-claim/validation.ts';

/** Of an object's metadata a template has what its copies get, and nothing else. */
export function checkTemplateMeta(errors: Errors, metadata: DeepReadonly<ObjectMeta>, path: FieldPath): void {
  errors.push(
    ...annotationKeyErrors(metadata.annotations, path.child('annotations')),
    ...labelsErrors(metadata.labels, path.child('labels')),
  );
  for (const name in metadata)
    if (name !== 'labels' && name !== 'annotations' && metadata[name as keyof ObjectMeta] !== null)
      // Upstream takes the name from Go's.
      errors.push(forbidden(path.child(name === 'uid' ? 'uID' : name), 'cannot be set'));
}

export function checkClaimTemplate(
  errors: Errors,
  { metadata = {}, spec }: DeepReadonly<PersistentVolumeClaimTemplate>,
  path: FieldPath,
): void {
  const meta = path.child('metadata');
  checkTemplateMeta(errors, metadata, meta);
  checkClaimSpec(errors, spec, path.child('spec'));
}
