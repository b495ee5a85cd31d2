import { readFile } from 'node:fs/promises';
import { after, before } from 'node:test';
import { testContainerd, type TestContainerd } from './containerd.ts';
import { runtimeContract } from './runtime.contract.ts';

const image = { image: 'docker.io/library/busybox:latest' };
let containerd: TestContainerd;

before(async () => {
  containerd = await testContainerd();
  await containerd.load('busybox');
});

after(async () => {
  await containerd[Symbol.asyncDispose]();
});

runtimeContract('containerd', () => ({
  runtime: containerd.runtime,
  sandbox: { logDirectory: containerd.logDir, linux: { cgroupParent: `${containerd.options.cgroupParent}/pod` } },
  forever: { image, command: ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'] },
  stubborn: { image, command: ['sh', '-c', 'trap "" TERM; while true; do sleep 1; done'] },
  exiting: (code, line) => ({ image, command: ['sh', '-c', `echo "${line}"; exit ${code}`] }),
  commands: {
    printing: (out, err, code) => ['sh', '-c', `printf "${out}"; printf "${err}" >&2; exit ${code}`],
    endless: ['sleep', '1000'],
  },
  missingImage: 'localhost/kutter/no-such-image:1',
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  log: async ({ logPath }) => (await readFile(logPath, 'utf8')).split('\n').filter((line) => line !== ''),
}));
