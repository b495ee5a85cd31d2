import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCgroupMounts, parseMountinfo } from './environment.ts';
import { cniCleanup, portmapCleanup } from './removal.ts';

const v1 = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory`;
const unified = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';

test('tells the three ways in which cgroups are mounted', () => {
  assert.deepEqual(parseCgroupMounts(v1), {
    mode: 'v1',
    mounts: ['/sys/fs/cgroup/cpu,cpuacct', '/sys/fs/cgroup/memory'],
  });
  assert.equal(parseCgroupMounts(`${v1}\n${unified}`).mode, 'hybrid');
  assert.deepEqual(parseCgroupMounts('30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw'), {
    mode: 'v2',
    mounts: ['/sys/fs/cgroup'],
  });
});

test('reads mount points with spaces and optional fields', () => {
  const line = '36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 shared:2 - ext3 /dev/root rw';
  assert.deepEqual(parseMountinfo(`${line}\n\nnonsense\n`), [{ path: '/a b', type: 'ext3' }]);
});

test("removes one network's chains and leaves the others", () => {
  const rule = (network: string, chain: string): string =>
    `-A POSTROUTING -s 10.0.0.2/32 -m comment --comment "name: \\"${network}\\" id: \\"abc\\"" -j ${chain}`;
  const saved = [
    ':CNI-1f2e3d - [0:0]',
    ':CNI-aaaaaa - [0:0]',
    rule('ours', 'CNI-1f2e3d'),
    rule('theirs', 'CNI-aaaaaa'),
    '-A CNI-1f2e3d -d 10.0.0.0/24 -m comment --comment "name: \\"ours\\" id: \\"abc\\"" -j ACCEPT',
    '-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"ours\\" id: \\"abc\\"" -m multiport --dports 80 -j CNI-DN-0a1b2c',
  ].join('\n');
  assert.deepEqual(cniCleanup(saved, 'ours'), [
    rule('ours', 'CNI-1f2e3d').replace('-A', '-D'),
    '-D CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"ours\\" id: \\"abc\\"" -m multiport --dports 80 -j CNI-DN-0a1b2c',
    '-F CNI-1f2e3d',
    '-F CNI-DN-0a1b2c',
    '-X CNI-1f2e3d',
    '-X CNI-DN-0a1b2c',
  ]);
  assert.deepEqual(cniCleanup(saved, 'none'), []);
});

test('the chains of the portmap plugin stay while a container needs them', () => {
  const shared = [
    ':PREROUTING ACCEPT [0:0]',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    ':CNI-HOSTPORT-SETMARK - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-A PREROUTING -j OTHER',
    '-A CNI-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000',
  ];
  assert.deepEqual(portmapCleanup(shared.join('\n')), [
    '-D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    '-F CNI-HOSTPORT-SETMARK',
    '-X CNI-HOSTPORT-DNAT',
    '-X CNI-HOSTPORT-SETMARK',
  ]);
  const used = [...shared, '-A CNI-HOSTPORT-DNAT -p tcp -j CNI-DN-0a1b2c'];
  assert.deepEqual(portmapCleanup(used.join('\n')), []);
  assert.deepEqual(portmapCleanup(':PREROUTING ACCEPT [0:0]'), []);
});
