/**
 * Golden cases of decisions: `cases/<plugin>/<name>.in.yaml` holds nodes, pods on them and pods to schedule (those without a
 * node, in order), the file beside it each decision with its reasons. `UPDATE=1` rewrites the results, for a person to read
 * in the diff.
 *
 * A node has 4 CPUs, 8Gi and room for 110 pods unless it says otherwise, and its name as its hostname label.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { kinds, type Namespace, type Node, type Pod, type Service } from '../api/mod.ts';
import { labelSelectorFromSet, type KubeObject } from '../machinery/mod.ts';
import { ClusterState } from './cluster-state.ts';
import { defaultProfile, explain, schedule, type Explanation } from './mod.ts';
import { PodInfo } from './pod-info.ts';

const inputs = globSync('cases/*/*.in.yaml', { cwd: import.meta.dirname }).toSorted();
const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

function nodeOf(given: Node): Node {
  const name = given.metadata.name ?? '';
  const resources = { cpu: '4', memory: '8Gi', pods: '110', ...given.status?.allocatable };
  return {
    ...given,
    metadata: { ...given.metadata, labels: { 'kubernetes.io/hostname': name, ...given.metadata.labels } },
    status: { ...given.status, allocatable: resources },
  };
}

function podOf(given: Pod): Pod {
  const { name = '', namespace = 'default' } = given.metadata;
  const pod = { ...given, metadata: { uid: `uid-${namespace}-${name}`, ...given.metadata, namespace } };
  kinds.find(({ kind }) => kind === 'Pod')?.strategy.defaults?.(pod);
  return pod;
}

function decide(text: string): Explanation[] {
  const objects = parseAllDocuments(text, { merge: true }).map((document) => document.toJS() as KubeObject);
  const ofKind = <T>(kind: string): T[] => objects.filter((object) => object.kind === kind) as T[];
  const namespaces = ofKind<Namespace>('Namespace');
  const services = ofKind<Service>('Service');
  const state = new ClusterState({
    namespaceLabels: (name) => namespaces.find(({ metadata }) => metadata.name === name)?.metadata.labels,
    peers: ({ labels }) =>
      services.map(({ spec }) => labelSelectorFromSet(spec?.selector)).find((selector) => selector.matches(labels)),
  });
  for (const node of ofKind<Node>('Node')) state.setNode(node.metadata.name ?? '', nodeOf(node));
  const pods = ofKind<Pod>('Pod').map((given) => new PodInfo(podOf(given)));
  for (const pod of pods) if (pod.nodeName !== '') state.place(pod);
  const explanations: Explanation[] = [];
  for (const pod of pods.filter(({ nodeName }) => nodeName === '')) {
    const decision = schedule({ pod, snapshot: state, profile: defaultProfile, attempt: 1, start: 0 });
    if (decision.nodeName !== undefined) state.assume(pod, decision.nodeName);
    explanations.push(explain(decision));
  }
  return explanations;
}

for (const name of inputs) {
  void test(name, () => {
    const got = stringify(JSON.parse(JSON.stringify(decide(read(name)))), { lineWidth: 0 });
    const out = name.replace('.in.yaml', '.out.yaml');
    if (process.env['UPDATE'] === '1') writeFileSync(join(import.meta.dirname, out), got);
    assert.equal(got, read(out));
  });
}

void test('every plugin that decides has cases', () => {
  const folders = new Set(inputs.map((name) => name.split('/')[1]));
  const folderOf = (plugin: string): string => plugin.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const deciding = defaultProfile.plugins.filter(
    ({ plugin }) => plugin.preFilter !== undefined || plugin.postFilter !== undefined || plugin.preScore !== undefined,
  );
  assert.deepEqual(
    deciding.map(({ plugin }) => folderOf(plugin.name)).filter((folder) => !folders.has(folder)),
    [],
  );
});
