/** PodTemplate: a pod that is described and not run. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { defineKind, field, nameColumn, type FieldError } from '../../machinery/mod.ts';
import { templateWarnings } from '../apps/workload.ts';
import { column, containerColumns, labelsText } from '../columns.ts';
import type { PodTemplate } from '../upstream/types.ts';
import { defaultPodTemplate } from './pod-spec/defaults.ts';
import { dropDisabled } from './pod-spec/disabled.ts';
import { checkPodTemplate } from './pod-spec/validation/spec.ts';

const templatePath = field('template');

function templateErrors({ template = {} }: DeepReadonly<PodTemplate>): FieldError[] {
  const errors: FieldError[] = [];
  checkPodTemplate(errors, template, templatePath);
  return errors;
}

export const podTemplates = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.PodTemplate',
  strategy: {
    generation: true,
    defaults({ template }) {
      if (template !== undefined) defaultPodTemplate(template);
    },
    prepareForCreate: ({ template }, context) => dropDisabled(template, context),
    prepareForUpdate: ({ template }, old, context) => dropDisabled(template, context, old.template),
    validate: templateErrors,
    validateUpdate: templateErrors,
    warnings: ({ template }, old) =>
      old !== undefined && jsonEqual(template, old.template) ? [] : templateWarnings(template, templatePath),
  },
  columns: [
    nameColumn(),
    // Here they are the point, and are shown always.
    ...containerColumns<PodTemplate>(({ template }) => template).map((shown) => ({ ...shown, priority: 0 })),
    column('Pod Labels', 'The labels for the pod template', ({ template }) => labelsText(template?.metadata?.labels)),
  ],
});
