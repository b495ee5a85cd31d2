/** Webhooks that are named as services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admitted } from './http.ts';
import { AdmissionServer, denied, validatingPath } from './webhook-server.ts';

void test('a webhook is reached by an external name, under the name of its service', async () => {
  await using server = await Admitted.start();
  await using hooks = await AdmissionServer.start();
  hooks.answer = () => denied('seen');
  await server.namespace('hooks');
  const service = { namespace: 'hooks', name: 'hook', path: '/outside', port: hooks.port };
  const clientConfig = { service, caBundle: hooks.caBundle };
  const configuration = {
    metadata: { name: 'outside' },
    webhooks: [hooks.hook('outside', {}, { clientConfig })],
  };
  assert.equal((await server.post(validatingPath, configuration)).status, 201);
  const create = () => server.post('/api/v1/namespaces/test/configmaps', { metadata: { name: 'c' } });
  const failed =
    'Internal error occurred: failed calling webhook "outside.example.com": failed to call webhook: ' +
    `Post "https://hook.hooks.svc:${hooks.port}/outside?timeout=10s": `;
  assert.equal((await create()).message, `${failed}service "hook" not found`);
  const path = '/api/v1/namespaces/hooks/services';
  await server.post(path, { metadata: { name: 'hook' }, spec: { ports: [{ port: 443 }] } });
  assert.equal((await create()).message, `${failed}no service port ${hooks.port} found for service "hook"`);
  await server.patch(`${path}/hook`, { spec: { ports: [{ port: hooks.port }] } });
  assert.equal((await create()).message, `${failed}no endpoints available for service "hook"`);
  await server.delete(`${path}/hook`);
  await server.post(path, { metadata: { name: 'hook' }, spec: { type: 'ExternalName', externalName: 'localhost' } });
  assert.equal((await create()).message, 'admission webhook "outside.example.com" denied the request: seen');
  assert.equal(hooks.askedAt('outside').length, 1);
});
