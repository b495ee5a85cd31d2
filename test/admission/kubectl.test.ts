/** Policies and webhooks with kubectl: how they are set up, and how their refusals read. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Api } from '../custom-resources.ts';
import { AdmissionServer, denied, validating } from './webhook-server.ts';

const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: demo-policy.example.com}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= 5
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: demo-binding-test.example.com}
spec:
  policyName: demo-policy.example.com
  validationActions: [Deny]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: team}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: 'Object{metadata: Object.metadata{labels: {"team": "blue"}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: team}
spec: {policyName: team}
`;

class Kubectl implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'kutter-admission-'));

  constructor(cluster: TestCluster) {
    writeFileSync(join(this.#home, 'config'), cluster.kubeconfig());
    writeFileSync(join(this.#home, 'policy.yaml'), policy);
  }

  /** What it prints, on either stream. */
  run(command: string): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: join(this.#home, 'config') };
    const options = { env, cwd: this.#home, timeout: 30_000 };
    return new Promise((resolve) => {
      execFile(programPath('kubectl-1.35'), command.split(' '), options, (_error, out, err) => resolve(out + err));
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true });
  }
}

void test('policies and webhooks refuse in kubectl as they do upstream', async () => {
  await using cluster = await startApiServer({ https: true });
  await using server = await AdmissionServer.start();
  using api = new Api(cluster);
  using kubectl = new Kubectl(cluster);
  const applied = await kubectl.run('apply -f policy.yaml');
  assert.match(applied, /validatingadmissionpolicy.admissionregistration.k8s.io\/demo-policy.example.com created/);
  assert.match(applied, /mutatingadmissionpolicybinding.admissionregistration.k8s.io\/team created/);
  assert.equal(
    await kubectl.run('create deployment many --image=nginx --replicas=6'),
    `error: failed to create deployment: deployments.apps "many" is forbidden: ValidatingAdmissionPolicy 'demo-policy.example.com' with binding 'demo-binding-test.example.com' denied request: failed expression: object.spec.replicas <= 5\n`,
  );
  assert.equal(await kubectl.run('create deployment few --image=nginx --replicas=5'), 'deployment.apps/few created\n');
  assert.equal(await kubectl.run('get deployment few -o jsonpath={.metadata.labels.team}'), 'blue');
  assert.match(await kubectl.run('scale deployment few --replicas=4'), /scaled/);
  server.answer = () => denied('the configmap contains unwanted key and value');
  await validating(api, 'deny', server.hook('deny', {}));
  assert.equal(
    await kubectl.run('create configmap a --from-literal=a=b'),
    'error: failed to create configmap: admission webhook "deny.example.com" denied the request: the configmap contains unwanted key and value\n',
  );
  assert.match(
    await kubectl.run('get validatingadmissionpolicies,validatingadmissionpolicybindings'),
    /NAME +VALIDATIONS +PARAMKIND +AGE\nvalidatingadmissionpolicy\S+ +1 +<unset> /,
  );
});
