/** Requests of the conformance tests: JSON over HTTPS, with answers that are held to what was expected. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCluster } from '../../src/main/testing.ts';
import { RawHttp, type RawAnswer } from '../raw-http.ts';

// What a server answers has no type that a test could hold it to.
// oxlint-disable-next-line typescript/no-explicit-any -- read by path in assertions
export type Body = any;

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

const patienceMs = 20_000;

export class Requests implements Disposable {
  readonly http: RawHttp;

  constructor(cluster: TestCluster) {
    this.http = new RawHttp(cluster.endpoint);
  }

  /** The body of an answer with this code. */
  async expect(code: number, sent: Promise<RawAnswer>): Promise<Body> {
    const { status, text } = await sent;
    assert.equal(status, code, text);
    return JSON.parse(text);
  }

  get(path: string): Promise<Body> {
    return this.expect(200, this.http.json('GET', path));
  }

  create(path: string, object: unknown): Promise<Body> {
    return this.expect(201, this.http.json('POST', path, object));
  }

  update(path: string, object: unknown): Promise<Body> {
    return this.expect(200, this.http.json('PUT', path, object));
  }

  patch(path: string, type: keyof typeof patchTypes, body: unknown): Promise<Body> {
    const query = type === 'apply' ? `?fieldManager=conformance&force=true` : '';
    return this.expect(200, this.http.json('PATCH', path + query, body, { 'content-type': patchTypes[type] }));
  }

  delete(path: string, options?: object): Promise<Body> {
    return this.expect(200, this.http.json('DELETE', path, options));
  }

  /** The Status of a request that is refused with this code. */
  async refused(code: number, method: string, path: string, body?: unknown): Promise<Body> {
    const status = await this.expect(code, this.http.json(method, path, body));
    assert.deepEqual([status.kind, status.apiVersion, status.status], ['Status', 'v1', 'Failure']);
    return status;
  }

  /** The first answer to a GET that is as wanted; the code is part of it. */
  async until(path: string, wanted: (body: Body, code: number) => boolean): Promise<Body> {
    let last = '';
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 10) {
      const { status, text } = await this.http.json('GET', path);
      const body: Body = JSON.parse(text);
      if (wanted(body, status)) return body;
      last = text;
      await sleep(10);
    }
    return assert.fail(`${path} did not become what it should: ${last}`);
  }

  gone(path: string): Promise<Body> {
    return this.until(path, (_, code) => code === 404);
  }

  /** A namespace of a test's own, with its default ServiceAccount when there are controllers. */
  async namespace(prefix: string): Promise<string> {
    const name = `${prefix}-${randomUUID().slice(0, 8)}`;
    await this.create('/api/v1/namespaces', { metadata: { name } });
    return name;
  }

  [Symbol.dispose](): void {
    this.http[Symbol.dispose]();
  }
}
