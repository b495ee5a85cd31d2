/** deployments/rollback of the versions that had it: notes on the Deployment to which revision it is to go back. */
import { deployments, type Deployment } from '../../api/mod.ts';
import {
  ApiError,
  field,
  invalid,
  required,
  type FieldError,
  type Kind,
  type KubeObject,
} from '../../machinery/mod.ts';
import type { PostHandler } from '../subresources.ts';
import { answer } from '../subresources.ts';
import { change } from '../write.ts';

const annotation = 'deprecated.deployment.rollback.to';

/** What is posted. */
interface DeploymentRollback extends KubeObject {
  name?: string;
  updatedAnnotations?: Record<string, string>;
  rollbackTo?: { revision?: number };
}

function rollbackErrors({ name = '', rollbackTo }: DeploymentRollback): FieldError[] {
  const revision = rollbackTo?.revision ?? 0;
  return [
    ...(name === '' ? [required('name', 'name is required')] : []),
    ...(revision < 0 ? [invalid(field('rollbackTo', 'revision'), revision, 'must be greater than or equal to 0')] : []),
  ];
}

export function rollbackOn(group: string): PostHandler {
  return {
    on: `deployments.${group}/rollback`,
    async handle({ world }, _kind, operation, body) {
      const rollback = body as DeploymentRollback;
      const { name = '' } = operation;
      const errors = rollbackErrors(rollback);
      if (errors.length > 0)
        throw ApiError.invalid({ group: 'apps', kind: 'DeploymentRollback' }, rollback.name ?? '', errors);
      if (rollback.name !== name)
        throw ApiError.badRequest('name in URL does not match name in DeploymentRollback object');
      const { subresource: _, ...target } = operation;
      await change(world, deployments as unknown as Kind, { ...target, verb: 'update', version: 'v1' }, (current) => {
        const draft = structuredClone(current) as Deployment;
        draft.metadata.annotations = {
          ...draft.metadata.annotations,
          ...rollback.updatedAnnotations,
          [annotation]: String(rollback.rollbackTo?.revision ?? 0),
        };
        return { draft };
      });
      const message = `rollback request for deployment "${name}" succeeded`;
      return answer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message, code: 200 });
    },
  };
}
