/** ValidatingWebhookConfiguration: which webhooks may refuse requests. */
import { defineKind } from '../../machinery/mod.ts';
import type { ValidatingWebhookConfiguration } from '../upstream/types.ts';
import { admissionGroup } from './rules.ts';
import { webhookColumns, webhookStrategy } from './webhooks.ts';

export const validatingWebhookConfigurations = defineKind<ValidatingWebhookConfiguration>({
  group: admissionGroup,
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  categories: ['api-extensions'],
  strategy: webhookStrategy(() => undefined),
  columns: webhookColumns(),
});
