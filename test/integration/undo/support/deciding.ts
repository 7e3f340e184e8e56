import { expect } from 'vitest';
import { z } from 'zod';
import { problemSchema } from '../../../../api/http/problem.ts';
import { undoAnswer } from '../../../../api/undo/schema.ts';
import { eventually } from '../../../support/eventually.ts';
import type { Card, ConflictRig } from '../../conflicts/support/rig.ts';
import { UNDO, type Undo } from './rig.ts';

export const PATIENCE = { timeoutMs: 30_000 };

/** Decides conflicts and takes the decisions back, as people do it. */
export interface Deciding {
  /** Asks what an undo would do, and waits for the plan. */
  ask(asked: Readonly<Record<string, unknown>>): Promise<Undo>;
  show(id: string): Promise<Undo>;
  /** Confirms, and waits for the end. */
  confirm(id: string, atBooksy?: boolean): Promise<Undo>;
  /** The code with which a confirmation is refused. */
  refused(id: string): Promise<string>;
  /** Decides a conflict, and gives the id of the decision. */
  decide(conflict: Card, body: Readonly<Record<string, unknown>>): Promise<string>;
  /** What was opened again: an open conflict with a workflow of its own. */
  openedBy(undo: Undo): Promise<Card>;
}

/** @param the gives the rig, which is there once the tests run */
export function deciding(the: () => ConflictRig): Deciding {
  async function ask(asked: Readonly<Record<string, unknown>>): Promise<Undo> {
    const answer = await the().engine.api.send('POST', UNDO, asked);
    expect([200, 202], JSON.stringify(answer.body)).toContain(answer.status);
    const { undo } = undoAnswer.parse(answer.body);
    return eventually(
      async () => {
        const now = await show(undo.id);
        return now.state === 'planning' ? null : now;
      },
      { ...PATIENCE, what: 'a plan' },
    );
  }

  const show = async (id: string): Promise<Undo> =>
    undoAnswer.parse((await the().engine.api.send('GET', `${UNDO}/${id}`)).body).undo;

  async function confirm(id: string, atBooksy?: boolean): Promise<Undo> {
    const body = atBooksy === undefined ? {} : { atBooksy };
    const answer = await the().engine.api.send('POST', `${UNDO}/${id}/confirm`, body);
    expect([200, 202], JSON.stringify(answer.body)).toContain(answer.status);
    return eventually(
      async () => {
        const now = await show(id);
        return now.state === 'done' ? now : null;
      },
      { ...PATIENCE, what: 'the end of the undo' },
    );
  }

  async function refused(id: string): Promise<string> {
    const answer = await the().engine.api.send('POST', `${UNDO}/${id}/confirm`, {});
    return problemSchema.parse(answer.body).code;
  }

  async function decide(conflict: Card, body: Readonly<Record<string, unknown>>): Promise<string> {
    const answered = await the().resolve(conflict, body);
    const { answer } = z.object({ answer: z.object({ resolutionId: z.guid() }) }).parse(answered);
    await eventually(async () => (await the().row(conflict.id)).status === 'resolved', {
      ...PATIENCE,
      what: 'the decision',
    });
    return answer.resolutionId;
  }

  async function openedBy({ opened }: Undo): Promise<Card> {
    expect(opened).not.toBeNull();
    const card = await the().card(opened ?? '');
    expect(card.status).toBe('open');
    await eventually(
      async () => {
        const handle = the().engine.worker.client.workflow.getHandle(`conflict/${card.id}`);
        return handle.describe().then(
          ({ status }) => status.name === 'RUNNING',
          () => false,
        );
      },
      { ...PATIENCE, what: 'the workflow of the conflict' },
    );
    return card;
  }

  return { ask, show, confirm, refused, decide, openedBy };
}
