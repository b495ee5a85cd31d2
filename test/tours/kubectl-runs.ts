/** The part of the kubectl tour in which pods run: rollouts, scaling, nodes, certificates. */
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import type { Kubectl } from './kubectl.ts';

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1", ports: [{containerPort: 80}]}]}
`;

export async function rollsOut(kubectl: Kubectl): Promise<void> {
  kubectl.file('web.yaml', web);
  await kubectl.prints('create -f web.yaml --save-config', 'deployment.apps/web created');
  await kubectl.matches('rollout status deploy/web', /deployment "web" successfully rolled out\n$/);
  await kubectl.matches('get deploy web', /^web +2\/2 +2 +2 +\d+s$/m);
  await kubectl.prints('scale deploy web --replicas=3', 'deployment.apps/web scaled');
  await kubectl.fails(
    'scale deploy web --replicas=1 --current-replicas=9',
    /^error: Expected replicas to be 9, was 3\n$/,
  );
  await kubectl.matches('rollout status deploy/web', /successfully rolled out\n$/);
  await kubectl.prints('set image deploy/web web=nginx:2', 'deployment.apps/web image updated');
  await kubectl.prints('annotate deploy/web kubernetes.io/change-cause=second', 'deployment.apps/web annotated');
  await kubectl.matches('rollout status deploy/web --timeout=60s', /successfully rolled out\n$/);
  await kubectl.comesTo(
    'rollout history deploy web',
    /^deployment\.apps\/web \nREVISION +CHANGE-CAUSE\n1 +<none>\n2 +second\n/,
  );
  await kubectl.matches('rollout history deploy web --revision=1', /Image:\s+nginx:1/);
  await kubectl.prints('rollout undo deploy web', 'deployment.apps/web rolled back');
  await kubectl.prints('get deploy web -o jsonpath={.spec.template.spec.containers[0].image}', 'nginx:1');
  await kubectl.matches('rollout status deploy/web', /successfully rolled out\n$/);
  await kubectl.fails('rollout undo deploy web --to-revision=77', /unable to find specified revision 77 in history/);
  await kubectl.prints('rollout pause deploy web', 'deployment.apps/web paused');
  await kubectl.fails('rollout pause deploy web', /deployments\.apps "web" is already paused/);
  await kubectl.prints('set env deploy/web KEY=value', 'deployment.apps/web env updated');
  await kubectl.matches('set env deploy/web --list', /^KEY=value$/m);
  await kubectl.prints(
    'set resources deploy/web --limits=cpu=200m,memory=64Mi --requests=cpu=100m',
    'deployment.apps/web resource requirements updated',
  );
  await kubectl.prints('set serviceaccount deploy/web default', 'deployment.apps/web serviceaccount updated');
  await kubectl.prints('rollout resume deploy web', 'deployment.apps/web resumed');
  await kubectl.prints('rollout restart deploy web', 'deployment.apps/web restarted');
  await kubectl.matches('rollout status deploy/web', /successfully rolled out\n$/);
  await kubectl.prints(
    `get deploy web -o 'jsonpath={.spec.template.spec.containers[0].env[0].value} {.spec.template.spec.containers[0].resources}'`,
    'value {"limits":{"cpu":"200m","memory":"64Mi"},"requests":{"cpu":"100m"}}',
  );
  await kubectl.matches(
    'describe deploy web',
    /^Replicas: +3 desired \| 3 updated \| 3 total \| 3 available \| 0 unavailable$/m,
  );
}

export async function exposesAndScales(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('expose deploy web --port=80 --target-port=80 --name=front', 'service/front exposed');
  await kubectl.prints('get svc front -o jsonpath={.spec.selector}', '{"app":"web"}');
  await kubectl.comesTo(
    'get endpointslices -l kubernetes.io/service-name=front -o jsonpath={.items[0].endpoints[*].addresses[0]}',
    /^10\.244\.\S+ 10\.244\.\S+ 10\.244\.\S+$/,
  );
  await kubectl.matches('describe svc front', /^Endpoints: +10\.244\.\d+\.\d+:80,/m);
  await kubectl.prints('set selector svc front app=web,tier=x', 'service/front selector updated');
  await kubectl.prints(
    'autoscale deploy web --min=2 --max=5 --cpu-percent=80',
    'horizontalpodautoscaler.autoscaling/web autoscaled',
  );
  await kubectl.matches('get hpa web', /^web +Deployment\/web +(cpu: )?<unknown>\/80% +2 +5 +\d+ +\d+s$/m);
  await kubectl.matches('describe hpa web', /^Min replicas: +2\nMax replicas: +5$/m);
  await kubectl.does('delete hpa web');
  await kubectl.prints('run solo --image=nginx --labels=solo=1 --env=A=b --port=80', 'pod/solo created');
  await kubectl.prints('run dry --image=nginx --dry-run=client -o name', 'pod/dry');
  await kubectl.comesTo('get pod solo', /1\/1 +Running/);
  if (!kubectl.old) {
    await kubectl.matches(
      `patch deploy web --subresource=scale --type=merge -p '{"spec":{"replicas":2}}'`,
      /^(deployment\.apps|scale\.autoscaling)\/web patched\n$/,
    );
    await kubectl.prints('get deploy web -o jsonpath={.spec.replicas}', '2');
    await kubectl.prints(
      `patch pod solo --subresource=status --type=merge -p '{"status":{"message":"said"}}'`,
      'pod/solo patched',
    );
  }
  await kubectl.does('delete pod solo --now');
}

export async function sparesNodes(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('taint node node-1 team=a:NoSchedule', 'node/node-1 tainted');
  await kubectl.fails(
    'taint node node-1 team=b:NoSchedule',
    /^error: node node-1 already has team taint\(s\) with same effect\(s\) and --overwrite is false\n$/i,
  );
  await kubectl.prints('taint node node-1 team-', 'node/node-1 untainted');
  await kubectl.prints('cordon node-1', 'node/node-1 cordoned');
  await kubectl.prints('cordon node-1', 'node/node-1 already cordoned');
  await kubectl.matches('get node node-1', /^node-1 +Ready,SchedulingDisabled /m);
  await kubectl.does('delete pdb keep');
  await kubectl.fails(
    'drain node-1',
    /cannot delete Pods (not managed by|declare no controller|that declare no controller)/,
  );
  await kubectl.matches(
    `drain node-1 --force --ignore-daemonsets --delete-emptydir-data --timeout=60s`,
    /node\/node-1 (evicted|drained)\n$/,
  );
  await kubectl.prints('get pods -l set=read --field-selector spec.nodeName=node-1 -o name', '');
  await kubectl.prints('uncordon node-1', 'node/node-1 uncordoned');
  await kubectl.matches('describe node node-1', /^Unschedulable: +false$/m);
}

export async function approves(kubectl: Kubectl): Promise<void> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=jane,O=devs',
    keys,
    signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
  });
  const csr = (name: string): string => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: ${name}}
spec:
  request: ${Buffer.from(request.toString('pem')).toString('base64')}
  signerName: kubernetes.io/kube-apiserver-client
  usages: [client auth]
`;
  await kubectl.prints('create -f -', 'certificatesigningrequest.certificates.k8s.io/jane created', csr('jane'));
  await kubectl.matches(
    'get csr jane',
    /^jane +\d+s +kubernetes\.io\/kube-apiserver-client +\S+ +(<none> +)?Pending$/m,
  );
  await kubectl.prints('certificate approve jane', 'certificatesigningrequest.certificates.k8s.io/jane approved');
  await kubectl.comesTo('get csr jane -o jsonpath={.status.certificate}', /^LS0t/);
  await kubectl.matches('get csr', /Approved,Issued$/m);
  await kubectl.does('create -f -', csr('denied'));
  await kubectl.prints('certificate deny denied', 'certificatesigningrequest.certificates.k8s.io/denied denied');
  await kubectl.matches('describe csr denied', /^Status: +Denied$/m);
}

export async function configures(kubectl: Kubectl): Promise<void> {
  await kubectl.prints('config current-context', 'kutter-test');
  await kubectl.matches('config view', /certificate-authority-data: DATA(\+|%2B)OMITTED/);
  await kubectl.prints('config set-context --current --namespace=kube-system', 'Context "kutter-test" modified.');
  await kubectl.matches('config get-contexts', /^\* +kutter-test .* kube-system$/m);
  await kubectl.prints('get cm kube-root-ca.crt -o jsonpath={.metadata.namespace}', 'kube-system');
  await kubectl.prints('config set-context --current --namespace=default', 'Context "kutter-test" modified.');
}
