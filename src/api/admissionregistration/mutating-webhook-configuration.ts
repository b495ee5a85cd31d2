/** MutatingWebhookConfiguration: which webhooks change objects before they are stored. */
import { defineKind } from '../../machinery/mod.ts';
import type { MutatingWebhookConfiguration } from '../upstream/types.ts';
import { admissionGroup } from './rules.ts';
import { webhookColumns, webhookStrategy } from './webhooks.ts';

export const mutatingWebhookConfigurations = defineKind<MutatingWebhookConfiguration>({
  group: admissionGroup,
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  categories: ['api-extensions'],
  strategy: webhookStrategy((hook) => {
    hook.reinvocationPolicy ??= 'Never';
  }),
  columns: webhookColumns(),
});
