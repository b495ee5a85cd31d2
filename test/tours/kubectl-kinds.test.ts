/**
 * An object of every kind, seen by kubectl of three generations: explained, listed, printed in full and described. Nothing
 * else runs, so that every object stays as it was made.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { samples, type Sample } from '../conformance/samples.ts';
import { RawHttp } from '../raw-http.ts';
import { Program } from '../program.ts';

/** What decides over other writes is made when everything else is there. */
const late = ['admissionregistration.k8s.io', 'apiregistration.k8s.io'];
/** In the version that kubectl asks for when it is not told one. */
const objects = samples
  .filter(({ kind, version }) => kind.versions[0]?.version === version)
  .sort((a, b) => late.indexOf(a.kind.group) - late.indexOf(b.kind.group));

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const tours = [
  { version: '1.35', api: '', unknown: [] },
  // It describes these by versions that were betas at its time.
  { version: '1.32', api: '', unknown: ['ipaddresses', 'servicecidrs', 'volumeattributesclasses'] },
  { version: '1.20', api: 'with dropped versions', unknown: [] },
];

for (const { version, api, unknown } of tours) {
  void test(`kubectl ${version} shows an object of every kind`, { timeout: 120_000 }, async (t) => {
    await using cluster = await startApiServer({ https: true, legacyApis: api !== '' });
    using kubectl = new Program(programPath(`kubectl-${version}`), cluster);
    await make(cluster);
    await t.test('lists', () => lists(kubectl));
    await t.test('describes', () => describes(kubectl, unknown));
    // From OpenAPI 3 and 2.
    if (version !== '1.32') await t.test('explains', () => explains(kubectl, version));
  });
}

async function make(cluster: TestCluster): Promise<void> {
  using http = new RawHttp(cluster.endpoint);
  for (const { kind, apiVersion, object } of objects) {
    const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersion}`;
    const path = `${root}${kind.namespaced ? '/namespaces/default' : ''}/${kind.plural}`;
    const { status, text } = await http.json('POST', path, object);
    // The definition among the samples may have registered its group already.
    assert.equal(status, status === 409 && kind.kind === 'APIService' ? 409 : 201, text);
  }
}

/** `deployments.v1.apps`, or the plain name in the core group. */
function resourceOf({ kind, version }: Sample): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${version}.${kind.group}`;
}

function nameOf({ object }: Sample): string {
  return object.metadata['name'];
}

async function lists(kubectl: Program): Promise<void> {
  await kubectl.does('api-resources');
  const all = objects.map(resourceOf).join(',');
  const { items } = JSON.parse(await kubectl.does(`get ${all} -o json`)) as { items: KubernetesObject[] };
  const shown = new Set(items.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`));
  assert.deepEqual(
    objects.map((one) => `${one.apiVersion} ${one.kind.kind} ${nameOf(one)}`).filter((one) => !shown.has(one)),
    [],
  );
  const table = await kubectl.does(`get ${all} -o wide`);
  const names = new Set(table.split(/\s+/));
  const missing = objects.filter((one) => {
    const { singular, group } = one.kind;
    return !names.has(`${group === '' ? singular : `${singular}.${group}`}/${nameOf(one).split(' ')[0]}`);
  });
  assert.deepEqual(missing.map(resourceOf), []);
}

async function describes(kubectl: Program, unknown: readonly string[]): Promise<void> {
  const known = objects.filter(({ kind }) => !unknown.includes(kind.plural));
  const described = await kubectl.does(`describe ${known.map(resourceOf).join(',')}`);
  const missing = known.filter((one) => !new RegExp(`^Name: +${nameOf(one)}$`, 'm').test(described));
  assert.deepEqual(missing.map(resourceOf), []);
}

async function explains(kubectl: Program, version: string): Promise<void> {
  const queue = [...objects];
  const failures: string[] = [];
  const explain = async (): Promise<void> => {
    for (let sample = queue.shift(); sample !== undefined; sample = queue.shift()) {
      const { kind, apiVersion } = sample;
      const { out, err } = await kubectl.run(`explain ${kind.plural} --api-version=${apiVersion} --recursive`);
      const head = new RegExp(
        `^KIND: +${kind.kind}\nVERSION: +${version === '1.20' ? apiVersion : sample.version}\n`,
        'm',
      );
      const fields = /^ +metadata\t<(Object|ObjectMeta)>( -required-)?\n +annotations\t<map\[string\]string>$/m;
      if (!head.test(out) || !fields.test(out)) failures.push(`${kind.plural}: ${out}${err}`);
    }
  };
  await Promise.all([explain(), explain()]);
  assert.deepEqual(failures, []);
}
