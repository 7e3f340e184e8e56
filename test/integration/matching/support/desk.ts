import { v7 as uuidv7 } from 'uuid';
import { applyRecords, type ApplyOutcome } from '../../../../activities/apply/apply-records.ts';
import type { EntityBinding } from '../../../../activities/apply/binding.ts';
import { applyClients, applyVisits } from '../../../../activities/inbound/apply-page.ts';
import {
  inStep,
  type InboundDeps,
  type RunBusiness,
  type RunRef,
  type StepScope,
} from '../../../../activities/inbound/run.ts';
import { NO_LINKS } from '../../../../activities/apply/links.ts';
import { carryOut, type CarriedOut } from '../../../../activities/matching/index.ts';
import type { ObservedClient, ObservedVisit } from '../../../../domain/observed.ts';
import type { SeenRecord } from '../../../../domain/states/seen.ts';
import { vaultContext } from '../../../../infra/crypto.ts';
import { decideMapping, type MappingRequest } from '../../../../infra/mappings.ts';
import { createTestDatabase, type TestDatabase } from '../../../support/database.ts';
import { item, makeBusiness, makeRun, nextInterval, testVault, visit } from '../../../support/salon.ts';

/** A salon's front desk: what arrives from Booksy is made by hand, the database and the pipeline are the real ones. */
export interface Desk {
  readonly database: TestDatabase;
  readonly deps: InboundDeps;
  readonly business: RunBusiness;
  /** Work in one transaction of a run, as an activity does it. */
  inRun<T>(work: (scope: StepScope) => Promise<T>, run?: RunRef): Promise<T>;
  /** Takes in what Booksy shows now. */
  clients(...cards: ObservedClient[]): Promise<void>;
  visits(...visits: ObservedVisit[]): Promise<void>;
  records(binding: EntityBinding, ...seen: SeenRecord[]): Promise<ApplyOutcome>;
  /** A profile that the platform's own app makes. */
  ownProfile(values?: OwnProfile): Promise<string>;
  /** Records a person's decision on the mapping as it is now. */
  decide(externalId: string, decision: Partial<MappingRequest>): Promise<void>;
  carryOut(externalId: string): Promise<CarriedOut>;
  mapping(externalId: string, entity?: string): Promise<MappingView | null>;
  profileOf(externalId: string): Promise<string | null>;
  /** Rows of the business in a form that can be compared, without ids of versions and times of writing. */
  snapshot(): Promise<unknown>;
  auditOf(action: string): Promise<readonly AuditView[]>;
}

export interface OwnProfile {
  readonly given?: string;
  readonly family?: string;
  readonly email?: string | null;
  readonly phone?: string | null;
}

export interface MappingView {
  readonly state: string;
  readonly recordId: string | null;
  readonly reason: string;
  readonly version: number;
  readonly decision: string | null;
  readonly applied: boolean;
  readonly score: number | null;
  readonly candidates: readonly string[];
  readonly card: unknown;
}

export interface AuditView {
  readonly entity: string | null;
  readonly recordId: string | null;
  readonly externalId: string | null;
  readonly actor: string;
  readonly reasonCode: string | null;
  readonly groups: readonly string[];
}

/** A Booksy card. */
export function card(externalId: string, more: Partial<ObservedClient> = {}): ObservedClient {
  return {
    externalId,
    givenName: 'Zofia',
    familyName: 'Zmyślona',
    email: null,
    phone: null,
    createdAt: null,
    unknown: null,
    ...more,
  };
}

/** A visit of a card, an hour of nobody's time. */
export function visitOf(externalId: string, clientExternalId: string | null): ObservedVisit {
  const day = String((Number(externalId) % 27) + 1).padStart(2, '0');
  const at = (hour: string) => `2027-03-${day}T${hour}`;
  const part = item(`i${externalId}`, at('10:00'), at('11:00'), {
    staffExternalId: null,
    variantExternalId: null,
  });
  return visit(externalId, [part], { clientExternalId });
}

export async function openDesk(): Promise<Desk> {
  const database = await createTestDatabase();
  const deps = { db: database.database.prisma, vault: testVault } as InboundDeps;
  return deskOf(database, deps, await makeBusiness(deps.db));
}

/** Another salon of the same installation. */
export async function anotherDesk(desk: Desk): Promise<Desk> {
  return deskOf(desk.database, desk.deps, await makeBusiness(desk.deps.db));
}

function deskOf(database: TestDatabase, deps: InboundDeps, business: RunBusiness): Desk {
  const { db } = deps;
  const inRun: Desk['inRun'] = async (work, run) =>
    inStep(deps, business, run ?? (await makeRun(db, business.id)), NO_LINKS, work);
  const desk: Desk = {
    database,
    deps,
    business,
    inRun,
    clients: (...cards) =>
      inRun((scope) =>
        applyClients(
          scope,
          cards.map((row) => ({ row, interval: nextInterval() })),
          [],
        ),
      ),
    visits: (...visits) =>
      inRun(async (scope) => {
        await applyVisits(
          scope,
          visits.map((row) => ({ row, interval: nextInterval() })),
          [],
          null,
        );
      }),
    records: (binding, ...seen) => inRun((scope) => applyRecords(scope, binding, seen)),
    async ownProfile({ given = 'Zofia', family = 'Zmyślona', email = null, phone = null } = {}) {
      const id = uuidv7();
      await db.profile.create({
        data: { id, businessId: business.id, givenName: given, familyName: family, email, phoneE164: phone },
      });
      return id;
    },
    async decide(externalId, decision) {
      const entity = decision.entity ?? 'profile';
      const now = await desk.mapping(externalId, entity);
      await decideMapping(db, {
        businessId: business.id,
        entity,
        externalId,
        decision: 'link',
        recordId: null,
        version: now?.version ?? 0,
        actor: 'user:ola',
        ...decision,
      });
    },
    carryOut: (externalId) => inRun((scope) => carryOut(scope, 'profile', externalId)),
    async mapping(externalId, entity = 'profile') {
      const row = await db.mapping.findFirst({ where: { businessId: business.id, entity, externalId } });
      if (row === null) return null;
      const place = { tenant: business.id, table: 'mappings', column: 'sealed_card', row: row.id };
      return {
        state: row.state,
        recordId: row.recordId,
        reason: row.reason,
        version: row.version,
        decision: row.decision,
        applied: row.appliedAt !== null,
        score: row.score === null ? null : row.score.toNumber(),
        candidates: (row.candidates as unknown as readonly { recordId: string }[]).map(
          (each) => each.recordId,
        ),
        card:
          row.sealedCard === null
            ? null
            : (JSON.parse(testVault.open(row.sealedCard, vaultContext(place)).toString('utf8')) as unknown),
      };
    },
    async profileOf(externalId) {
      const row = await db.externalClient.findFirst({ where: { businessId: business.id, externalId } });
      return row?.profileId ?? null;
    },
    async snapshot() {
      const { rows } = await database.pool.query<{ snapshot: unknown }>(SNAPSHOT, [business.id]);
      return rows[0]?.snapshot;
    },
    async auditOf(action) {
      const rows = await db.booksyAuditLog.findMany({
        where: { businessId: business.id, action },
        orderBy: { id: 'asc' },
      });
      return rows.map(({ entity, recordId, externalId, actor, reasonCode, groups }) => ({
        entity,
        recordId,
        externalId,
        actor,
        reasonCode,
        groups,
      }));
    },
  };
  return desk;
}

/** Profiles, cards and visits with all that a plan could see. Edit counters only as the distance from their base. */
const SNAPSHOT = `
  SELECT jsonb_build_object(
    'profiles', (SELECT jsonb_agg(jsonb_build_object(
        'id', p.id, 'given', p.given_name, 'family', p.family_name, 'email', p.email, 'phone', p.phone_e164,
        'provenance', p.provenance) ORDER BY p.id)
      FROM profiles p WHERE p.business_id = $1),
    'cards', (SELECT jsonb_agg(jsonb_build_object(
        'id', c.external_id, 'profile', c.profile_id, 'primary', c.is_primary, 'remote', c.remote, 'hash', c.remote_hash,
        'theirs', c.base_theirs, 'ours', c.base_ours, 'extra', c.sealed_extra IS NOT NULL, 'gone', c.gone_at IS NOT NULL,
        'ahead', jsonb_build_object(
          'name', p.name_edits - coalesce((c.base_counters ->> 'name')::int, 0),
          'email', p.email_edits - coalesce((c.base_counters ->> 'email')::int, 0),
          'phone', p.phone_edits - coalesce((c.base_counters ->> 'phone')::int, 0))) ORDER BY c.external_id)
      FROM external_clients c LEFT JOIN profiles p ON p.id = c.profile_id WHERE c.business_id = $1),
    'visits', (SELECT jsonb_agg(jsonb_build_object(
        'id', m.external_id, 'profile', b.profile_id, 'shown', m.client_external_id,
        'source', m.source_client_external_id, 'ours', m.base_ours, 'theirs', m.base_theirs, 'hash', m.remote_hash,
        'ahead', b.client_edits - coalesce((m.base_counters ->> 'client')::int, 0),
        'nameAhead', b.client_edits - coalesce((m.base_counters ->> 'clientName')::int, 0)) ORDER BY m.external_id)
      FROM external_bookings m JOIN bookings b ON b.id = m.booking_id WHERE m.business_id = $1)) AS snapshot`;
