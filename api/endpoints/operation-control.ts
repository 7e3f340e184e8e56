/** POST /api/admin/booksy/operations/:id/{pause,resume,cancel}: hold, let go and stop a full sync (R30). */
import { z } from 'zod';
import type { TokenGrant } from '../../infra/tokens.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import type { ProblemCode } from '../http/problem.ts';
import { cancelRun, pauseRun, resumeRun, type ControlDeps, type Controlled } from '../runs/control.ts';
import { operationSchema } from '../sync/runs.ts';
import { changed, note, operationParams } from '../wire.ts';

const answer = z
  .object({ operation: operationSchema, changed, notes: z.array(note) })
  .meta({ id: 'ControlledOperation' });

interface Control {
  readonly verb: 'pause' | 'resume' | 'cancel';
  readonly summary: string;
  readonly description: string;
  readonly problems: readonly ProblemCode[];
  readonly act: (deps: ControlDeps, grant: TokenGrant, id: string) => Promise<Controlled>;
}

const CONTROLS: readonly Control[] = [
  {
    verb: 'pause',
    summary: 'Hold a full sync',
    description:
      'It stops before its next step and keeps its place. Holding twice changes nothing. Where Temporal does not answer, the hold counts all the same and `notes` says so.',
    problems: ['not_recorded'],
    act: pauseRun,
  },
  {
    verb: 'resume',
    summary: 'Let a held full sync go on',
    description: 'It goes on from where it stopped. Resuming what is not held changes nothing.',
    problems: ['not_recorded', 'business_paused'],
    act: resumeRun,
  },
  {
    verb: 'cancel',
    summary: 'Stop a full sync',
    description:
      'What it has applied stays; its status becomes `cancelled` once its step under way has ended. A run that Temporal has lost is closed in the ledger.',
    problems: ['temporal_unavailable'],
    act: cancelRun,
  },
];

export function operationControlEndpoints(deps: ControlDeps): Endpoint[] {
  return CONTROLS.map(({ verb, summary, description, problems, act }) =>
    defineEndpoint({
      method: 'POST',
      path: `/api/admin/booksy/operations/:id/${verb}`,
      tag: 'Control',
      summary,
      description,
      params: operationParams,
      headers: idempotencyHeaders,
      responses: { 200: { description: 'The operation as it is now', schema: answer } },
      problems: ['not_found', 'not_running', 'not_controllable', ...problems, ...KEYED],
      handler: ({ params: { id }, grant, headers }) =>
        keyed(deps.prisma, { grant, headers }, [`${verb}-operation`, id], async () => ({
          status: 200,
          json: await act(deps, grant, id),
        })),
    }),
  );
}
