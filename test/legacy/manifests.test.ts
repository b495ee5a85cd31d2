/**
 * Manifests that people have written over the years, typos and all, created with a new and with a very old kubectl: what a
 * server of today takes, what it takes with the older versions, and what it says of the rest.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { namespaces, startApiServer } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';

const directory = join(import.meta.dirname, 'manifests');
const documents = readdirSync(directory).reduce(
  (count, name) => count + readFileSync(join(directory, name), 'utf8').split(/^apiVersion:/m).length - 1,
  0,
);

/** One document each, by the number of its file. */
type Texts = Readonly<Record<string, readonly string[]>>;

const unsupported = 'spec.tolerations[0].effect: Unsupported value: "NoExcude": supported values:';
const nodePort = (port: number): string =>
  `spec.ports[0].nodePort: Invalid value: ${port}: provided port is not in the valid range. The range of valid ports is 30000-32767`;
const refused: Texts = {
  '020': [`Pod "pod-toleration" is invalid: ${unsupported} "NoSchedule", "PreferNoSchedule", "NoExecute"`],
  '029': ['unknown field "privisioner"'],
  '037': [`Service "gitlab" is invalid: ${nodePort(38000)}`],
  '039': [`Service "register-server" is invalid: ${nodePort(38001)}`],
  '043': ['no matches for kind "MasterConfiguration" in version "kubeadm.k8s.io/v1alpha1"'],
  '044': ['Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0'],
  // It is there already: without it nothing could be tried out in it.
  '075': ['namespaces "ingress-nginx" already exists'],
};

/** A kubectl that judges by the schema before it sends anything. */
const judged: Texts = {
  '030': ['ValidationError(StorageClass.metadata.annotations): invalid type for', 'got "string", expected "map"'],
  '029': ['missing required field "provisioner" in io.k8s.api.storage.v1.StorageClass'],
};
const sent: Texts = {
  '030': [
    'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.annotations of type map[string]string',
  ],
  '029': ['StorageClass in version "v1" cannot be handled as a StorageClass: strict decoding error'],
};

const older: Texts = {
  '004': ['no matches for kind "Deployment" in version "extensions/v1beta1"'],
  '023': ['no matches for kind "CronJob" in version "batch/v2alpha1"'],
  '040': ['no matches for kind "Deployment" in version "extensions/v1beta1"'],
  '045': ['no matches for kind "DaemonSet" in version "extensions/v1beta1"'],
  '075': ['ClusterRole', 'Role', 'RoleBinding', 'ClusterRoleBinding'].map(
    (kind) => `no matches for kind "${kind}" in version "rbac.authorization.k8s.io/v1beta1"`,
  ),
};

function refusedDocuments(withOlder: boolean): number {
  const always = [...Object.keys(refused), '030'].length;
  return withOlder ? always : always + Object.values(older).flat().length;
}

for (const legacyApis of [false, true])
  void test(`manifests of all ages ${legacyApis ? 'with' : 'without'} the older versions`, async (t) => {
    await using cluster = await startApiServer({ https: true, legacyApis });
    for (const name of ['dev', 'luffy', 'ingress-nginx'])
      await cluster.client.create(namespaces, { metadata: { name } });
    for (const [program, own] of [
      ['kubectl-1.35', sent],
      ['kubectl-1.20', judged],
    ] as const)
      await t.test(program, async () => {
        using kubectl = new Program(programPath(program), cluster);
        const { out, err } = await kubectl.run(['create', '--dry-run=server', '-o', 'name', '-f', directory]);
        const expected = legacyApis ? [refused, own] : [refused, own, older];
        for (const [file, texts] of expected.flatMap((all) => Object.entries(all)))
          for (const text of texts) assert.ok(err.includes(text), `${file}: ${text}\n${err}`);
        const named = new Set([...err.matchAll(/manifests\/(\d+)-/g)].map(([, file = '']) => file));
        assert.deepEqual([...named].sort(), [...new Set(expected.flatMap(Object.keys))].sort());
        assert.equal(out.trim().split('\n').length, documents - refusedDocuments(legacyApis));
      });
  });
