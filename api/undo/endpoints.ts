/** POST /api/admin/booksy/undo, GET …/undo/:id, POST …/undo/:id/confirm (SPEC 3.8). */
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { KEYED, keyed } from '../http/keyed.ts';
import { presentUndo } from './present.ts';
import { askUndo, confirmUndo, findUndo, type UndoDeps } from './run.ts';
import { confirmBody, undoAnswer, undoBody, undoParams } from './schema.ts';

const VALUES = 'Holds values of records: personal data, give the scope only to who needs it.';

export function undoEndpoints(deps: UndoDeps): readonly Endpoint[] {
  return [askEndpoint(deps), showEndpoint(deps), confirmEndpoint(deps)];
}

function askEndpoint(deps: UndoDeps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/undo',
    tag: 'Undo',
    summary: 'What taking it back would do',
    description: `Works out what undoing an operation, or the last change of a record, would set back, and what stays because it was changed again since. Changes nothing until it is confirmed; offered for 24 hours. ${VALUES}`,
    body: undoBody,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'What would change', schema: undoAnswer },
      202: { description: 'Recorded; it is being worked out', schema: undoAnswer },
    },
    problems: ['not_found', ...KEYED],
    handler: ({ body, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['undo', body], async () => {
        const reply = await askUndo(deps, grant, body);
        return { status: reply.undo.state === 'planning' ? 202 : 200, json: reply };
      }),
  });
}

function showEndpoint(deps: UndoDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/api/admin/booksy/undo/:id',
    tag: 'Undo',
    summary: 'One undo: what would change, or what became of it',
    description: VALUES,
    params: undoParams,
    responses: { 200: { description: 'The undo as it is now', schema: undoAnswer } },
    problems: ['not_found'],
    async handler({ params: { id }, grant }) {
      const { business, row } = await findUndo(deps, grant, id);
      return { status: 200, json: await presentUndo(deps, business, row) };
    },
  });
}

function confirmEndpoint(deps: UndoDeps): Endpoint {
  return defineEndpoint({
    method: 'POST',
    path: '/api/admin/booksy/undo/:id/confirm',
    tag: 'Undo',
    summary: 'Take it back, as it was shown',
    description:
      'What was changed again meanwhile is left, counted and named. Nothing of an operation is undone at Booksy: those records are undone one by one, with `atBooksy`, because clients may be told. Confirming twice changes nothing; the undo can be undone itself, by its id.',
    params: undoParams,
    body: confirmBody,
    headers: idempotencyHeaders,
    responses: {
      200: { description: 'Carried out', schema: undoAnswer },
      202: { description: 'Recorded; it is carried out in the background', schema: undoAnswer },
    },
    problems: [
      'not_found',
      'undo_over',
      'undo_unfinished',
      'undo_empty',
      'undo_needs_booksy',
      'business_paused',
      ...KEYED,
    ],
    handler: ({ params: { id }, body: { atBooksy }, grant, headers }) =>
      keyed(deps.prisma, { grant, headers }, ['confirm-undo', id, atBooksy], async () => {
        const reply = await confirmUndo(deps, grant, id, atBooksy);
        return { status: reply.undo.state === 'done' ? 200 : 202, json: reply };
      }),
  });
}
