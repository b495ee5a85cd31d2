/** The official client for Python, six years younger than the oldest kubectl and as old as Debian: see `tour.py`. */
import { test } from 'node:test';
import { startCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';

void test('the client for Python works as with any cluster', { timeout: 120_000 }, async () => {
  await using cluster = await startCluster({ https: true });
  using python = new Program('/usr/bin/python3', cluster);
  python.environment['PYTHONPATH'] = programPath('python-modules');
  python.environment['PYTHONDONTWRITEBYTECODE'] = '1';
  await python.prints(
    `${import.meta.dirname}/tour.py`,
    ['crud', 'errors', 'workloads', 'patches', 'watches', 'dynamically', 'everything'].join('\n'),
  );
});
