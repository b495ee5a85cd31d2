/** The template of a PersistentVolumeClaim inside of a pod. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { annotationKeyErrors } from './annotation-keys.ts';
import { forbidden, labelsErrors, type FieldPath } from '../../../../machinery/mod.ts';
import type { Errors } from '../../../checks.ts';
import type { PersistentVolumeClaimTemplate } from '../../../upstream/types.ts';
import { checkClaimSpec } from '../../persistent-volume-claim/validation.ts';

export function checkClaimTemplate(
  errors: Errors,
  { metadata = {}, spec }: DeepReadonly<PersistentVolumeClaimTemplate>,
  path: FieldPath,
): void {
  const meta = path.child('metadata');
  errors.push(
    ...labelsErrors(metadata.labels, meta.child('labels')),
    ...annotationKeyErrors(metadata.annotations, meta.child('annotations')),
  );
  for (const name in metadata)
    if (name !== 'labels' && name !== 'annotations' && name !== 'creationTimestamp')
      errors.push(forbidden(meta.child(name), 'cannot be set for an Ephemeral Volume Claim Template'));
  checkClaimSpec(errors, spec, path.child('spec'));
}
