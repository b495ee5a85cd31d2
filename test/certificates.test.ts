import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pki, type CertificateRequest } from '../src/host/pki/mod.ts';
import { systemClock } from '../src/host/system.ts';
import { isApiError } from '../src/machinery/mod.ts';
import { startCluster } from '../src/main/testing.ts';

const administrator: CertificateRequest = { commonName: 'a', organizations: ['system:masters'], usage: 'client' };

test('a certificate of another CA is refused, one of ours tells who it is', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  const { endpoint } = cluster;
  const other = await Pki.open({ keep: 'memory', clock: systemClock, names: [] });
  const foreign = endpoint.client(await other.credential('a', administrator));
  await assert.rejects(foreign.raw('GET', '/api'), (error) => isApiError(error, 'Unauthorized'));
  const own = endpoint.client(await endpoint.credential(administrator));
  assert.match(JSON.stringify(await own.raw('GET', '/api/v1/secrets')), /SecretList/);
});
