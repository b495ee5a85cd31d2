import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostError } from '../base/mod.ts';
import { checkNetworks, clusterAddresses, freeNetworks, parseRoutes, usualNetworks } from './networks.ts';

const routes = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'kt-one\t0000F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  '',
].join('\n');

test('addresses follow from the networks', () => {
  assert.deepEqual(clusterAddresses(usualNetworks), {
    serviceIp: '10.96.0.1',
    dnsIp: '10.96.0.10',
    firstNodeCidr: '10.244.0.0/24',
    gateway: '10.244.0.1',
  });
});

test('the usual networks, unless something is there', () => {
  assert.deepEqual(freeNetworks(['192.168.0.0/16', '10.97.0.0/16']), usualNetworks);
  const second = { serviceCidr: '10.97.0.0/16', podCidr: '10.243.0.0/16' };
  assert.deepEqual(freeNetworks(['10.244.0.0/24']), second);
  assert.deepEqual(freeNetworks(['10.96.7.0/24']), second);
  assert.throws(() => freeNetworks(['10.0.0.0/8']), HostError);
});

test('routes of the kernel', () => {
  assert.deepEqual(parseRoutes(routes), [{ device: 'kt-one', cidr: '10.244.0.0/24' }]);
});

test('a network that another device has is refused, ones own is not', () => {
  const found = parseRoutes(routes);
  assert.doesNotThrow(() => checkNetworks(usualNetworks, found, 'kt-one'));
  assert.throws(() => checkNetworks(usualNetworks, found, 'kt-two'), /10\.244\.0\.0\/24 is reached through kt-one/);
});
