import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../src/main/testing.ts';

test('requests are counted by what was asked for, never by names', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const client = cluster.endpoint.client();
  await client.raw('GET', '/api/v1/namespaces/default');
  await client.raw('GET', '/api/v1/namespaces/kube-system');
  await client.raw('GET', '/api/v1/made-up').catch(() => undefined);
  const text = String(await client.raw('GET', '/metrics'));
  assert.match(
    text,
    /apiserver_request_total\{verb="GET",group="",version="v1",resource="namespaces",subresource="",scope="resource",code="200"\} 2/,
  );
  assert.match(
    text,
    /apiserver_request_total\{verb="GET",group="",version="",resource="",subresource="",scope="",code="404"\} 1/,
  );
  assert.match(text, /apiserver_storage_objects\{resource="namespaces"\} 4/);
  assert.match(text, /process_resident_memory_bytes \d+/);
  assert.doesNotMatch(text, /made-up|"kube-system"/);
});
