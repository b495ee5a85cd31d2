/** `/metrics` as whoever scrapes it sees it: upstream's names, labels and forms, for what was really done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer, startCluster, type TestCluster } from '../src/main/testing.ts';
import { RawHttp } from './raw-http.ts';

/** What is told, by name and labels. Each line must be of the text form. */
async function scraped(cluster: TestCluster): Promise<ReadonlyMap<string, number>> {
  using http = new RawHttp(cluster.endpoint);
  const { headers, text } = await http.send({ path: '/metrics' });
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  const types = new Map<string, string>();
  const values = new Map<string, number>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, name = '', type = ''] = /^# TYPE ([a-z_0-9]+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== '') {
      assert.equal(types.has(name), false, `${name} is told once`);
      types.set(name, type);
    }
    if (line.startsWith('#')) {
      assert.match(line, /^# (?:HELP|TYPE) [a-z_0-9]+ \S/);
      continue;
    }
    const [, metric = '', labels = '', value = ''] =
      /^([a-z_0-9]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\S+)$/.exec(line) ?? [];
    assert.ok(types.has(metric) || types.has(metric.replace(/_(?:bucket|sum|count)$/, '')), line);
    values.set(metric + labels, Number(value));
    assert.ok(!Number.isNaN(Number(value)), line);
  }
  return values;
}

function of(values: ReadonlyMap<string, number>, prefix: string): Record<string, number> {
  return Object.fromEntries([...values].filter(([name]) => name.startsWith(prefix)));
}

const shape = (more: Readonly<Record<string, string>>): string => {
  const labels = {
    component: 'apiserver',
    group: '',
    resource: '',
    scope: '',
    subresource: '',
    verb: '',
    version: 'v1',
  };
  const all = Object.entries({ ...labels, ...more }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${all.map(([name, value]) => `${name}="${value}"`).join(',')}}`;
};

test('requests are counted by what was asked for, never by names', async () => {
  await using cluster = await startCluster({ https: true, nodes: 0 });
  using http = new RawHttp(cluster.endpoint);
  await http.send({ path: '/api/v1/namespaces/default' });
  await http.send({ path: '/api/v1/namespaces/kube-system' });
  await http.send({ path: '/api/v1/made-up' });
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
  await http.json('POST', `${configMaps}?dryRun=All`, object);
  await http.json('PATCH', `${configMaps}/a?fieldManager=x`, object, {
    'content-type': 'application/apply-patch+yaml',
  });
  await http.send({ path: `${configMaps}?watch=true&timeoutSeconds=1` });
  await http.send({ path: '/api/v1/endpoints' });
  const values = await scraped(cluster);
  const total = (more: Readonly<Record<string, string>>): number | undefined =>
    values.get(`apiserver_request_total${shape({ dry_run: '', ...more })}`);
  const read = { resource: 'namespaces', scope: 'resource', verb: 'GET' };
  assert.equal(total({ ...read, code: '200' }), 2);
  assert.equal(total({ component: '', verb: 'GET', version: '', code: '404' }), 1);
  const written = { resource: 'configmaps', scope: 'resource', code: '201' };
  assert.equal(total({ ...written, verb: 'POST', dry_run: 'All' }), 1);
  assert.equal(total({ ...written, verb: 'APPLY' }), 1);
  assert.equal(total({ resource: 'configmaps', scope: 'namespace', verb: 'WATCH', code: '200' }), 1, 'once it is over');
  const labels = shape({ dry_run: '', ...read });
  assert.equal(values.get(`apiserver_request_duration_seconds_count${labels}`), 2);
  assert.equal(values.get(`apiserver_request_duration_seconds_bucket${labels.slice(0, -1)},le="+Inf"}`), 2);
  assert.equal(values.get(`apiserver_request_sli_duration_seconds_count${shape(read)}`), 2);
  assert.equal(values.get(`apiserver_response_sizes_bucket${shape(read).slice(0, -1)},le="1e+06"}`), 2);
  const watch = shape({ resource: 'configmaps', scope: 'namespace', verb: 'WATCH' });
  assert.deepEqual(
    [...values.keys()].filter((name) => name.includes('sli') && name.includes('WATCH')),
    [],
  );
  assert.equal(values.get(`apiserver_longrunning_requests${watch}`), 0);
  assert.deepEqual(of(values, 'apiserver_requested_deprecated_apis'), {
    'apiserver_requested_deprecated_apis{group="",removed_release="",resource="endpoints",subresource="",version="v1"}': 1,
  });
  assert.equal(values.get('apiserver_storage_objects{resource="namespaces"}'), 4);
  assert.equal(values.get('apiserver_resource_objects{group="apps",resource="deployments"}'), 0);
  assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 1e6);
  assert.equal(
    [...values.keys()].some((name) => /made-up|"kube-system"/.test(name)),
    false,
  );
});

test('who came and what was decided is counted', async () => {
  await using cluster = await startApiServer({ https: true });
  using http = new RawHttp(cluster.endpoint);
  using nobody = new RawHttp(cluster.endpoint, { certificate: false });
  await http.send({ path: '/version' });
  await nobody.send({ path: '/api/v1/nodes' });
  await nobody.send({ path: '/version', headers: { authorization: 'Bearer nonsense' } });
  const values = await scraped(cluster);
  assert.deepEqual(of(values, 'authentication_attempts'), {
    'authentication_attempts{result="success"}': 3,
    'authentication_attempts{result="error"}': 1,
  });
  assert.deepEqual(of(values, 'authenticated_user_requests'), { 'authenticated_user_requests{username="other"}': 3 });
  assert.deepEqual(of(values, 'authorization_attempts_total'), {
    'authorization_attempts_total{result="allowed"}': 2,
    'authorization_attempts_total{result="no-opinion"}': 1,
  });
  assert.equal(values.get('authorization_duration_seconds_count{result="allowed"}'), 2);
});

test('turns are counted by schema and level', async () => {
  await using cluster = await startApiServer({ https: true });
  using http = new RawHttp(cluster.endpoint);
  await http.send({ path: '/api/v1/pods', headers: { 'impersonate-user': 'jane' } });
  const values = await scraped(cluster);
  const flow = 'flow_schema="global-default",priority_level="global-default"';
  const told = (name: string, more = ''): number | undefined =>
    values.get(`apiserver_flowcontrol_${name}{${flow}${more}}`);
  assert.equal(told('dispatched_requests_total'), 1);
  assert.equal(told('current_executing_requests'), 0);
  assert.equal(told('current_executing_seats'), 0);
  assert.equal(told('work_estimated_seats_sum'), 1);
  assert.equal(told('request_execution_seconds_count', ',type="regular"'), 1);
  const waited = `apiserver_flowcontrol_request_wait_duration_seconds_bucket{execute="true",${flow},le="0"}`;
  assert.equal(values.get(waited), 1);
  const exempt = 'flow_schema="exempt",priority_level="exempt"';
  assert.equal(values.get(`apiserver_flowcontrol_current_executing_requests{${exempt}}`), 1, 'this one');
  assert.equal(values.get('apiserver_flowcontrol_nominal_limit_seats{priority_level="system"}'), 74);
});
