/** `npm start`, as a newcomer runs it: an empty machine, no kubectl, and at the end the sample's page. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { imageCacheDir } from '../../tools/images/build.ts';
import { Home, repository, type LifeCluster } from './life.ts';
import type { Ran } from './machine.ts';

describe('npm start', () => {
  let home: Home;
  let cluster: LifeCluster;

  before(async () => {
    home = await Home.start();
    cluster = home.cluster();
  });
  after(() => home[Symbol.asyncDispose]());

  function start(...words: string[]): Promise<Ran> {
    const env = {
      HOME: `${home.folder}/home`,
      KUBECONFIG: '',
      KUTTER_CACHE: imageCacheDir(),
      PATH: '/usr/sbin:/usr/bin',
    };
    return home.machine.run(process.execPath, [`${repository}/tools/start.ts`, ...words], { env, timeoutMs: 300_000 });
  }

  const which = (): string[] => ['--name', cluster.name, '--data-dir', cluster.dataDir];

  test('brings up a cluster, runs the sample and shows its page', async () => {
    const { stdout, stderr, code } = await start(...which());
    assert.equal(code, 0, stdout + stderr);
    for (const line of ['Bringing up cluster', 'Start the node', 'deployments/web created', 'Welcome to nginx!'])
      assert.ok(stdout.includes(line), `${line} in ${stdout}`);
    const url = /http:\/\/10\.96\.\d+\.\d+\//.exec(stdout)?.[0] ?? '';
    assert.match(await home.machine.command('curl', ['-sS', '--fail', url]), /Welcome to nginx!/, 'it goes on running');
    assert.match(stdout, new RegExp(`status --name ${cluster.name}`));
    assert.match(await cluster.kutter('status'), /is up at/);
    assert.equal(await cluster.kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'), '2');
  });

  test('a second time', async () => {
    const { stdout, stderr, code } = await start(...which());
    assert.equal(code, 0, stdout + stderr);
    for (const line of ['is up already', 'deployments/web is there', 'Welcome to nginx!'])
      assert.ok(stdout.includes(line), line);
    await cluster.kutter('down', '--purge');
  });

  test('says clearly what it cannot do', async () => {
    const refused = await start('--nods', '1');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /--nods.*kutter up --help/);
    const { stderr, code } = await home.machine.run('unshare', [
      '--user',
      process.execPath,
      `${repository}/tools/start.ts`,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /real containers need root/);
    assert.equal((await start('--nodes', '0')).code, 1);
  });
});
