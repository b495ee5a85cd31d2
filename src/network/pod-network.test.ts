import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressAt, parsePrefix, prefixText } from './cidr.ts';
import { bridgeName, masqueradeScript, planPodNetwork } from './pod-network.ts';

const options = {
  clusterName: 'demo',
  nodeCidr: '10.244.3.0/24',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  cniConfigDir: '/var/lib/kutter/demo/net.d',
  ipamDir: '/var/lib/kutter/demo/ipam',
};

describe('the pod network', () => {
  test('the first address is the gateway, and the configuration says so', () => {
    const plan = planPodNetwork(options);
    assert.equal(plan.gateway, '10.244.3.1');
    assert.deepEqual(plan.bridge.addresses, [{ address: '10.244.3.1', prefixLength: 24 }]);
    assert.match(plan.bridge.mac, /^0a:58(:[0-9a-f]{2}){4}$/);
    assert.deepEqual(JSON.parse(plan.config), {
      cniVersion: '1.0.0',
      name: 'kutter-demo',
      plugins: [
        {
          type: 'bridge',
          bridge: 'kt-demo',
          isGateway: true,
          isDefaultGateway: true,
          hairpinMode: true,
          ipMasq: false,
          ipam: {
            type: 'host-local',
            dataDir: '/var/lib/kutter/demo/ipam',
            ranges: [[{ subnet: '10.244.3.0/24', gateway: '10.244.3.1' }]],
          },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    });
    assert.deepEqual(plan.serviceRoute, { destination: '10.96.0.0/12', link: 'lo', source: '10.244.3.1' });
  });

  test('the name of the bridge fits a link and tells clusters apart', () => {
    assert.equal(bridgeName('kutter'), 'kt-kutter');
    const names = ['a-very-long-cluster-name-1', 'a-very-long-cluster-name-2'].map(bridgeName);
    assert.notEqual(names[0], names[1]);
    for (const name of names) assert.match(name, /^[a-z0-9-]{1,15}$/);
  });

  test('only what leaves the cluster is masqueraded, and neighbours only where the kernel does not see the bridge', () => {
    const script = masqueradeScript(options, true);
    assert.match(script, /ip saddr 10\.244\.3\.0\/24 ip daddr != \{ 10\.244\.0\.0\/16, 224\.0\.0\.0\/4 \}/);
    assert.doesNotMatch(script, /ct status dnat/);
    assert.match(
      masqueradeScript(options, false),
      /ct status dnat ip saddr 10\.244\.3\.0\/24 ip daddr 10\.244\.3\.0\/24 masquerade/,
    );
  });

  test('prefixes', () => {
    assert.equal(prefixText(parsePrefix('10.244.3.77/24')), '10.244.3.0/24');
    assert.equal(addressAt(parsePrefix('10.244.255.0/24'), 255), '10.244.255.255');
    assert.equal(prefixText(parsePrefix('fd00:0:0:1::5/64')), 'fd00:0:0:1::/64');
    assert.equal(addressAt(parsePrefix('fd00:244::/64'), 1), 'fd00:244::1');
    assert.equal(addressAt(parsePrefix('::/0'), 1), '::1');
    for (const bad of [
      '10.0.0.0',
      '10.0.0/8',
      '10.0.0.256/8',
      '10.0.0.0/33',
      '1::2::3/64',
      'fd00/64',
      '::/129',
      '/8',
      '10.0.0.0/-1',
    ]) {
      assert.throws(() => parsePrefix(bad), { message: `"${bad}" is not a network prefix like 10.244.0.0/24` });
    }
  });
});
