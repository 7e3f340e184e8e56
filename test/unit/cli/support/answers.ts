/** Answers of the API as its schemas would give them, for the stub. */

export const BUSINESS = '0199c0de-0000-7000-8000-000000000001';
export const RUN = '0199c0de-0000-7000-8000-0000000000aa';
export const MAPPING = '0199c0de-0000-7000-8000-0000000000bb';
export const RECORD = '0199c0de-0000-7000-8000-0000000000cc';

type Over = Readonly<Record<string, unknown>>;

export function status(over: Over = {}) {
  return {
    businessId: BUSINESS,
    name: 'Salon Aurora',
    paused: null,
    pushAllowed: null,
    entities: [],
    lastRun: null,
    running: null,
    waiting: { total: 0, conflicts: {}, unsureMappings: {}, quarantined: {} },
    ...over,
  };
}

export const statusPage = (...businesses: unknown[]) => ({ businesses, nextAfter: null, notes: [] });

export function operation(over: Over = {}) {
  return {
    operation: {
      id: RUN,
      businessId: BUSINESS,
      mode: 'apply',
      status: 'completed',
      paused: null,
      startedAt: '2026-03-01T10:00:00.000Z',
      finishedAt: '2026-03-01T10:00:12.000Z',
      phase: null,
      counts: { visits: { created: 3, linked: 2, unsure: 1 } },
      error: null,
      temporalUrl: null,
      progress: null,
      ...over,
    },
    notes: [],
  };
}

export function started(over: Over = {}) {
  return {
    runs: [
      {
        businessId: BUSINESS,
        state: 'started',
        mode: 'apply',
        workflowId: `full-sync/${BUSINESS}`,
        runId: RUN,
        operation: `/api/admin/booksy/operations/${RUN}`,
        ...over,
      },
    ],
    notes: [],
  };
}

export function plan(over: Over = {}) {
  return {
    plan: {
      operationId: RUN,
      businessId: BUSINESS,
      businessName: 'Salon Aurora',
      status: 'completed',
      version: 7,
      createdAt: '2026-03-01T10:00:00.000Z',
      approvedAt: null,
      approvedBy: null,
      blocked: null,
      counts: {
        inbound: {
          visits: { create: 1_200, link: 0, update: 2, unchanged: 5, unsure: 0, quarantined: 1, remove: 3 },
          clients: { create: 40, link: 350, update: 0, unchanged: 0, unsure: 12, quarantined: 0, remove: 0 },
        },
        outbound: {
          visits: { create: 4, change: 3, blocked: { begun_already: 2, too_soon: 0 } },
          clients: { create: 1, change: 0, blocked: {} },
        },
      },
      samples: [
        {
          ...{ entity: 'clients', action: 'link', externalId: '4711', recordId: RECORD },
          ...{ label: 'Anna Kowalska', groups: ['phone'] },
        },
        {
          ...{ entity: 'visits', action: 'push', externalId: null, recordId: RECORD },
          ...{ label: '2026-03-02 10:00', groups: [] },
        },
      ],
      ...over,
    },
    notes: [],
  };
}

export function mapping(over: Over = {}) {
  return {
    mapping: {
      id: MAPPING,
      businessId: BUSINESS,
      businessName: 'Salon Aurora',
      entity: 'profile',
      externalId: '4711',
      parentExternalId: null,
      state: 'unsure',
      recordId: null,
      recordLabel: null,
      score: 0.874,
      reason: 'phone_shared',
      reasonText: 'Several people share this phone.',
      card: { label: 'Anna Kowalska', lines: ['+48 600 000 001', 'anna@salon.example'] },
      candidates: [
        {
          recordId: RECORD,
          label: 'Anna Kowalska-Nowak',
          lines: ['+48 600 000 001'],
          score: 0.874,
          reasons: [
            { code: 'phone', text: 'The same phone.' },
            { code: 'name', text: 'A similar name.' },
          ],
        },
      ],
      version: 3,
      decision: null,
      decidedAt: null,
      appliedAt: null,
      ...over,
    },
    notes: [],
  };
}

export function error(over: Over = {}) {
  return {
    error: {
      id: `quarantine:${RUN}`,
      kind: 'quarantine',
      businessId: BUSINESS,
      businessName: 'Salon Aurora',
      entity: 'booking',
      externalId: 'window:near',
      reasonCode: 'blast_radius',
      reason: '37 of 400 known records were missing at once.',
      nextStep: 'Look in Booksy whether they are really gone.',
      firstSeenAt: '2026-03-01T10:00:00.000Z',
      lastSeenAt: '2026-03-01T11:00:00.000Z',
      urgent: true,
      affected: 37,
      attempt: null,
      nextAttemptAt: null,
      actions: ['release'],
      ...over,
    },
    notes: [],
  };
}
