/**
 * Creates ConfigMaps one after the other, as fast as they are acknowledged, and prints the name of each that was. Goes on
 * over failures of the API server. Arguments: kubeconfig, prefix of the names.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { configMaps } from '../../src/api/mod.ts';
import { currentAccess } from '../../src/cli/mod.ts';
import { HttpClient } from '../../src/client/mod.ts';
import { HttpsTransport } from '../../src/host/http/mod.ts';

const [kubeconfig = '', prefix = ''] = process.argv.slice(2);
const { token: _none, ...access } = currentAccess(readFileSync(kubeconfig, 'utf8'), (path) =>
  readFileSync(path, 'utf8'),
);
const client = new HttpClient(new HttpsTransport(access));
const countMax = 100_000;

for (let i = 0; i < countMax; i++) {
  const name = `${prefix}-${i}`;
  try {
    const metadata = { namespace: 'default', name };
    await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: `${i}` } });
    process.stdout.write(`${name}\n`);
  } catch {
    await delay(20);
  }
}
