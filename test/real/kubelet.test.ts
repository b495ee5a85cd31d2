/** The kubelet on a real containerd: what pods see and do is what counts here. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isReady, RealRig } from './kubelet-rig.ts';

let rig: RealRig;

before(async () => {
  rig = await RealRig.start();
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

test('a pod runs, is reached, and goes without a trace', async () => {
  await rig.create('web');
  const pod = await rig.pod('web', isReady);
  assert.match(pod.status?.podIP ?? '', /^198\.18\./);
  assert.match(pod.status?.containerStatuses?.[0]?.containerID ?? '', /^containerd:\/\/[0-9a-f]{64}$/);
  assert.equal(pod.status?.containerStatuses?.[0]?.image, 'docker.io/library/busybox:latest');
  await rig.delete('web');
  await rig.gone('web');
  await rig.until('the sandbox to go', async () => (await rig.containerd.runtime.listPodSandboxes()).length === 0);
});
