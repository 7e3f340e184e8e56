/** A person resolves a conflict: checked, stored, handed to its workflow, and waited for a little (R33). */
import { v7 as uuidv7 } from 'uuid';
import { fit } from '../../domain/conflicts/choices.ts';
import {
  misfitRefusal,
  readRefusal,
  type Refusal,
  type RefusalCode,
} from '../../domain/conflicts/refusals.ts';
import type { Resolution } from '../../domain/conflicts/resolution.ts';
import { loadPicture } from '../../infra/conflicts/picture.ts';
import { readConflict, type ConflictRow } from '../../infra/conflicts/row.ts';
import type { TokenGrant } from '../../infra/tokens.ts';
import { reachableBusinesses, type BusinessRef } from '../businesses.ts';
import type { ApiDeps } from '../deps.ts';
import { notFound, Problem, type ProblemCode } from '../http/problem.ts';
import { OUTCOME_WAIT_MS } from '../runs/record.ts';
import { actorOf, within, type Note } from '../wire.ts';
import type { ResolveBody } from './schema.ts';

const TEMPORAL_TIMEOUT_MS = 5000;
const POLL_MS = 40;

export interface Resolved {
  /** `resolved`: carried out; `recorded`: it will be. */
  readonly state: 'resolved' | 'recorded';
  readonly id: string;
  readonly resolutionId: string;
  readonly conflict: string;
  readonly notes: readonly Note[];
}

type Deps = Pick<ApiDeps, 'prisma' | 'conflicts' | 'logger' | 'outcomeWait'>;

/**
 * Resolves a conflict. The decision is stored before anything is asked of Temporal: it is carried out even if that is away.
 *
 * @throws {Problem} 404, `conflict_closed`, `conflict_changed`, `conflict_busy`, and what the conflict does not permit
 */
export async function resolve(
  deps: Deps,
  grant: TokenGrant,
  id: string,
  asked: ResolveBody,
): Promise<Resolved> {
  const businesses = await reachableBusinesses(deps.prisma, grant, undefined);
  const ids = businesses.map((each) => each.id);
  const row = await readConflict(deps.prisma, ids, id);
  if (row === null) throw notFound('This conflict');
  if (row.status !== 'open') throw closedAlready(row);
  if (row.version !== asked.version) throw changed();
  const resolution = resolutionOf(asked);
  await check(deps, row, asked, resolution);
  const resolutionId = uuidv7();
  const actor = actorOf(grant);
  await store(deps, row, { asked, resolution, resolutionId, actor });
  const answer = { id, resolutionId, conflict: conflictPath(id) };
  const business = businesses.find((each) => each.id === row.businessId);
  const reached = await signal(deps, row, { resolutionId, choice: resolution.choice, actor });
  if (!reached) return { ...answer, state: 'recorded', notes: [CARRIED_OUT_LATER] };
  const done = await outcome(deps, ids, id, resolutionId);
  return { ...answer, state: done ? 'resolved' : 'recorded', notes: notesOf(business, resolution) };
}

export function conflictPath(id: string): string {
  return `/api/admin/booksy/conflicts/${id}`;
}

function resolutionOf({ choice, groups, move, keep }: ResolveBody): Resolution {
  return {
    choice,
    groups: groups ?? {},
    move:
      move === undefined
        ? null
        : {
            startsLocal: move.startsLocal,
            recordId: move.recordId ?? null,
            itemId: move.itemId ?? null,
            staffId: move.staffId ?? null,
          },
    keep: keep ?? null,
  };
}

/** What can be seen to be wrong before anything is stored. The step that applies it checks again, on locked rows. */
async function check(
  deps: Deps,
  row: ConflictRow,
  asked: ResolveBody,
  resolution: Resolution,
): Promise<void> {
  const picture = await loadPicture(deps.prisma, row);
  if (asked.shown !== undefined && asked.shown !== picture.token) throw changed();
  const fitted = fit(picture.facts, resolution);
  if ('misfit' in fitted) throw problemOf(misfitRefusal(picture.facts, fitted));
}

interface Decision {
  readonly asked: ResolveBody;
  readonly resolution: Resolution;
  readonly resolutionId: string;
  readonly actor: string;
}

async function store(
  deps: Deps,
  row: ConflictRow,
  { asked, resolution, resolutionId, actor }: Decision,
): Promise<void> {
  const stored = {
    ...resolution,
    move: resolution.move,
    keep: resolution.keep ?? undefined,
    version: asked.version,
    shown: asked.shown ?? null,
    // Who reaches this line has the scope conflicts:resolve; a signal typed in the Web UI never does (R33).
    mayOverbook: true,
  };
  // A decision that waits for its workflow is not overtaken by another one for a minute.
  const written = await deps.prisma.$executeRaw`
    UPDATE booksy_sync_conflicts
       SET resolution_id = ${resolutionId}::uuid, resolution_choice = ${JSON.stringify(stored)}::jsonb,
           resolution_outcome = 'pending', resolution_detail = NULL, resolution_reason = ${asked.reason ?? null},
           resolved_by = ${actor}, updated_at = now()
     WHERE id = ${row.id}::uuid AND status = 'open' AND version = ${asked.version}
       AND (resolution_outcome IS DISTINCT FROM 'pending' OR updated_at < now() - interval '1 minute')`;
  if (written > 0) return;
  const now = await readConflict(deps.prisma, [row.businessId], row.id);
  if (now === null) throw notFound('This conflict');
  if (now.status !== 'open') throw closedAlready(now);
  if (now.version !== asked.version) throw changed();
  throw new Problem('conflict_busy', {
    detail: 'Another decision about this conflict is being carried out.',
    nextStep: 'Look at the conflict again in a moment.',
    headers: { 'Retry-After': '2' },
  });
}

async function signal(
  deps: Deps,
  row: ConflictRow,
  resolution: Parameters<Deps['conflicts']['resolveConflict']>[1],
): Promise<boolean> {
  try {
    const conflict = { businessId: row.businessId, conflictId: row.id };
    await within(TEMPORAL_TIMEOUT_MS, deps.conflicts.resolveConflict(conflict, resolution));
    return true;
  } catch (error) {
    deps.logger.warn(
      { err: error, conflictId: row.id },
      'a decision is stored, but Temporal did not take its signal',
    );
    return false;
  }
}

/** Waits a little for what becomes of it. @throws {Problem} where it was refused */
async function outcome(
  deps: Deps,
  ids: readonly string[],
  id: string,
  resolutionId: string,
): Promise<boolean> {
  const until = Date.now() + (deps.outcomeWait?.ms ?? OUTCOME_WAIT_MS);
  for (;;) {
    const row = await readConflict(deps.prisma, ids, id);
    if (row === null) throw notFound('This conflict');
    const mine = row.resolutionId === resolutionId;
    if (mine && row.resolutionOutcome === 'applied') return true;
    if (row.status !== 'open') throw closedAlready(row);
    if (!mine) throw changed();
    if (row.resolutionOutcome === 'refused' || row.resolutionOutcome === 'news') {
      throw problemOf(
        readRefusal(row.resolutionDetail) ?? { code: 'not_possible_yet', message: 'Look at it again.' },
      );
    }
    if (Date.now() >= until) return false;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

function notesOf(business: BusinessRef | undefined, { choice }: Resolution): readonly Note[] {
  if (business === undefined || choice === 'keep-booksy' || choice === 'ignore') return [];
  if (business.pausedAt !== null) {
    return [
      {
        code: 'business_paused',
        message: 'The business is paused: what goes to Booksy goes once it is resumed; cancels go at once.',
        nextStep: 'Resume the business.',
      },
    ];
  }
  if (business.pushAllowedAt !== null) return [];
  return [
    {
      code: 'push_not_allowed',
      message:
        'Nobody has allowed yet that Booksy is written to: it is decided here, and goes there afterwards.',
      nextStep: 'Look at a dry run and approve its plan.',
    },
  ];
}

const CARRIED_OUT_LATER: Note = {
  code: 'temporal_unavailable',
  message: 'The decision is recorded, but could not be carried out now: Temporal does not answer.',
  nextStep: 'Nothing: it is carried out once Temporal is back.',
};

/** Codes of refusals as the API says them. */
const PROBLEM_OF: Readonly<Record<RefusalCode, ProblemCode>> = {
  choice_not_offered: 'conflict_choice_not_offered',
  groups_unknown: 'conflict_choice_incomplete',
  groups_missing: 'conflict_choice_incomplete',
  move_missing: 'conflict_choice_incomplete',
  keep_missing: 'conflict_choice_incomplete',
  keep_unknown: 'conflict_choice_incomplete',
  conflict_changed: 'conflict_changed',
  conflict_needs_mapping: 'conflict_needs_mapping',
  overbooking_refused: 'conflict_not_possible',
  time_taken: 'conflict_time_taken',
  move_in_past: 'conflict_move_refused',
  move_ambiguous: 'conflict_move_refused',
  move_unknown_visit: 'conflict_move_refused',
  move_unknown_staff: 'conflict_move_refused',
  nothing_to_cancel: 'conflict_not_possible',
  record_gone: 'conflict_not_possible',
  value_unreadable: 'conflict_not_possible',
  not_possible_yet: 'conflict_not_possible',
};

function problemOf({ code, message }: Refusal): Problem {
  if (code === 'conflict_changed') return changed();
  return new Problem(PROBLEM_OF[code], {
    detail: message,
    nextStep: 'Choose again: GET the conflict shows what may be chosen, and suggestions.',
  });
}

function changed(): Problem {
  return new Problem('conflict_changed', {
    detail: 'One of the two sides has changed since the conflict was shown.',
    nextStep: 'Load the conflict again, look at it, and decide anew.',
  });
}

function closedAlready(row: ConflictRow): Problem {
  const how =
    row.status === 'resolved'
      ? `was resolved (${row.resolution ?? ''})`
      : `has closed by itself (${row.resolution ?? ''})`;
  return new Problem('conflict_closed', {
    detail: `The conflict ${how}: nothing is left to decide.`,
    nextStep: 'Load the list again. What was decided can be undone by the id of its decision.',
  });
}
