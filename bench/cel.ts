/**
 * `node bench/cel.ts`: how many times a second a typical validation rule is evaluated, metered, against an object read by
 * its schema; and how that compares with the same rule written in JavaScript against the same object, in the same run.
 */
import { performance } from 'node:perf_hooks';
import { compile, declTypeFromSchema, dynDecl, Environment, EvalError, kubernetesLibraries } from '../src/cel/mod.ts';

const rule = "self.replicas <= self.maxReplicas && self.name.startsWith('a')";
const iterations = 1_000_000;
const rounds = 7;

const decl =
  declTypeFromSchema(
    {
      type: 'object',
      properties: { name: { type: 'string' }, replicas: { type: 'integer' }, maxReplicas: { type: 'integer' } },
    },
    { name: 'selfType' },
  ) ?? dynDecl;
const environment = new Environment({ variables: { self: decl }, libraries: kubernetesLibraries });
const json: unknown = JSON.parse('{"name": "abc", "replicas": 2, "maxReplicas": 3}');

/** The best of some rounds, in runs per second. */
function best(run: () => boolean): number {
  let most = 0;
  for (let round = 0; round < rounds; round++) {
    let held = 0;
    const startedMs = performance.now();
    for (let i = 0; i < iterations; i++) if (run()) held++;
    const perSecond = (held / (performance.now() - startedMs)) * 1000;
    most = Math.max(most, perSecond);
  }
  return most;
}

function plain(): boolean {
  const self = json as { name: string; replicas: number; maxReplicas: number };
  return self.replicas <= self.maxReplicas && self.name.startsWith('a');
}

function perSecond(value: number): string {
  return `${(value / 1e6).toFixed(2)} M/s`;
}

const compiled = compile(rule, environment);
if ('program' in compiled) {
  const { program } = compiled;
  const evaluate = (): boolean => {
    const self = decl.read(json);
    if (self instanceof EvalError) return false;
    const outcome = program.evaluate({ self });
    return 'value' in outcome && outcome.value === true;
  };
  const startedMs = performance.now();
  for (let i = 0; i < 1000; i++) compile(rule, environment);
  const compileUs = performance.now() - startedMs;
  const cel = best(evaluate);
  const javaScript = best(plain);
  console.log(`rule        ${rule}`);
  console.log(`compile     ${compileUs.toFixed(0)} µs`);
  console.log(`CEL         ${perSecond(cel)}`);
  console.log(`JavaScript  ${perSecond(javaScript)}, ${(javaScript / cel).toFixed(1)} times as fast`);
}
