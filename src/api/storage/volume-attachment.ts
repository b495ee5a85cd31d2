/** VolumeAttachment: that a volume is to be attached to a node. What is wanted never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  forbidden,
  inclusiveRangeError,
  invalid,
  nameColumn,
  nameIsDns1123Subdomain,
  required,
  tooLong,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkCsiDriverName, checkImmutableStruct, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { checkInlineVolume } from '../core/persistent-volume/validation.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../upstream/types.ts';
import { mapBytes, storageGroup } from './parameters.ts';

type ReadonlyAttachment = DeepReadonly<VolumeAttachment>;

const sourcePath = field('spec', 'source');
const statusPath = field('status');
const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;
const int32Max = 2 ** 31 - 1;

function checkSource(errors: Errors, source: DeepReadonly<VolumeAttachmentSource>): void {
  const { persistentVolumeName: name, inlineVolumeSpec: inline } = source;
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (name === undefined && inline === undefined) errors.push(required(sourcePath, one));
  else if (name !== undefined && inline !== undefined) errors.push(forbidden(sourcePath, one));
  else if (name === '')
    errors.push(required(sourcePath.child('persistentVolumeName'), 'must specify non empty persistentVolumeName'));
  else if (inline !== undefined) checkInlineVolume(errors, inline, sourcePath.child('inlineVolumeSpec'));
}

function checkVolumeError(errors: Errors, error: DeepReadonly<VolumeError> | undefined, name: string): void {
  const { message = '', errorCode } = error ?? {};
  const path = statusPath.child(name);
  // The limit that upstream names is not the one that it checks.
  if (message.length > messageBytesMax) errors.push(tooLong(path.child('message'), metadataBytesMax));
  if (errorCode !== undefined && errorCode < 0)
    errors.push(invalid(path.child('errorCode'), errorCode, inclusiveRangeError(0, int32Max)));
}

function attachmentErrors({ spec, status }: ReadonlyAttachment): Errors {
  const errors: Errors = [];
  if (spec.attacher === '') errors.push(required('spec.attacher'));
  checkSource(errors, spec.source);
  report(errors, 'spec.nodeName', spec.nodeName, nameIsDns1123Subdomain(spec.nodeName, false));
  if (mapBytes(status?.attachmentMetadata) > metadataBytesMax)
    errors.push(tooLong(statusPath.child('attachmentMetadata'), metadataBytesMax));
  checkVolumeError(errors, status?.attachError, 'attachError');
  checkVolumeError(errors, status?.detachError, 'detachError');
  return errors;
}

function attachmentUpdateErrors(object: ReadonlyAttachment, old: ReadonlyAttachment): FieldError[] {
  const errors = attachmentErrors(object);
  checkImmutableStruct(errors, 'io.k8s.api.storage.v1.VolumeAttachmentSpec', [object.spec, old.spec], 'spec');
  return errors;
}

export const volumeAttachments = defineKind<VolumeAttachment>({
  group: storageGroup,
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  strategy: {
    unconditionalUpdate: false,
    prepareForCreate(draft) {
      draft.status = { attached: false };
    },
    validate(object) {
      const errors = attachmentErrors(object);
      const { attacher, source } = object.spec;
      checkCsiDriverName(errors, attacher, 'spec.attacher');
      const { persistentVolumeName: name } = source;
      if (name !== undefined)
        report(errors, sourcePath.child('persistentVolumeName'), name, nameIsDns1123Subdomain(name, false));
      return errors;
    },
    validateUpdate: attachmentUpdateErrors,
    returnsDeleted: true,
  },
  subresources: { status: { type: 'part', strategy: { validateUpdate: attachmentUpdateErrors } } },
  columns: [
    nameColumn(),
    { ...column('Attacher', 'Who attaches the volume.', ({ spec }) => spec.attacher), format: 'name' },
    column('PV', 'The volume.', ({ spec }) => spec.source.persistentVolumeName ?? ''),
    column('Node', 'The node that it is attached to.', ({ spec }) => spec.nodeName),
    { ...column('Attached', 'Whether it is attached.', ({ status }) => status?.attached ?? false), type: 'boolean' },
    ageColumn(),
  ],
});
