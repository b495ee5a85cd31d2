/** The simulated runtime keeps the promises of a real one. */
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../src/host/system.ts';
import { runtimeContract } from './real/runtime.contract.ts';
import { simulatedHost, SimulatedRuntime } from '../src/kubelet/mod.ts';

const image = { image: 'simulated:1' };
const missingImage = 'localhost/kutter/no-such-image:1';
const simulate = (says: object): string[] => ['simulate', JSON.stringify(says)];

runtimeContract('simulated', () => {
  const runtime = new SimulatedRuntime({
    clock: systemClock,
    nodeName: 'node',
    images: [image.image],
    missingImages: [missingImage],
  });
  const { logs } = simulatedHost({ runtime, clock: systemClock, nodeName: 'node', nodeIP: '192.0.2.1' });
  return {
    runtime,
    sandbox: { logDirectory: '/logs' },
    forever: { image },
    stubborn: { image, command: simulate({ stopMs: 60_000 }) },
    exiting: (exitCode, log) => ({ image, command: simulate({ exitAfterMs: 1, exitCode, log }) }),
    commands: {
      printing: (stdout, stderr, exitCode) => simulate({ stdout, stderr, exitCode }),
      endless: simulate({ endless: true }),
    },
    missingImage,
    pass: (ms) => delay(ms),
    log: async ({ logPath }) =>
      new TextDecoder()
        .decode(await logs.read(logPath, 0, 10_000))
        .split('\n')
        .filter((line) => line !== ''),
  };
});
