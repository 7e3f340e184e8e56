import { clientBinding } from '../../apply/client-binding.ts';
import type { ClientInput } from '../../../booksy/index.ts';
import { sameValue } from '../../../domain/canonical.ts';
import type { GroupStates } from '../../../domain/merge.ts';
import type { Interval, ObservedClient } from '../../../domain/observed.ts';
import { clientThere } from '../../../domain/states/others-there.ts';
import { seenClient } from '../../../domain/states/people-and-time.ts';
import { partText } from '../../../domain/states/there.ts';
import { textOrNull, type AdapterIo, type ReadRecord, type WriteAdapter } from './adapter.ts';

const PAGE = 100;
/** A look-up over more cards than this proves nothing: the next sweep finds it. */
const MOST_PAGES = 100;

/** Client cards. They carry nothing of ours: a create that was not answered is found by an exact match only (R15). */
export const clientAdapter: WriteAdapter = {
  entity: 'profile',
  table: 'profiles',
  mirror: clientBinding.mirror,
  binding: () => clientBinding,
  there: (ours, { base }) => clientThere(ours, base),

  async read(io, externalId) {
    const answer = await io.booksy.readClientForWrite(io.business, { externalId }, io.call);
    return { ...seenOf(answer), raw: answer.raw };
  },

  async find(io, view, _importUid, intent) {
    const wanted = intent?.body ?? view.oursThere;
    // A name alone is nobody: what such a create has made cannot be told from other cards.
    if (lacksContact(wanted)) return { records: [], conclusive: false };
    const found: ReadRecord[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const list = await io.booksy.listClients(io.business, { offset: page * PAGE, limit: PAGE }, io.call);
      for (const row of list.rows) {
        const record = seenOf({ value: row, interval: list.interval });
        if (row.externalId !== view.externalId && isExactly(record.seen.theirs, wanted)) found.push(record);
      }
      if ((page + 1) * PAGE >= list.total) return { records: await unlinked(io, found), conclusive: true };
    }
    return { records: [], conclusive: false };
  },

  async send(io, { intent, read }) {
    const { booksy, business, call } = io;
    const externalId = intent.externalId ?? '';
    switch (intent.operation) {
      case 'create':
        return seenOf(await booksy.createClient(business, { client: inputOf(intent.body) }, call));
      case 'change': {
        if (read?.raw == null) throw new RangeError('No PUT without a read (R13a).');
        const change = changeOf(intent.body, intent.groups);
        return seenOf(await booksy.putClient(business, { externalId, raw: read.raw, change }, call));
      }
      case 'status':
      case 'remove':
        throw new RangeError('A card has no status, and is removed by an erasure only.');
    }
  },
};

function seenOf({
  value,
  interval,
}: {
  readonly value: ObservedClient;
  readonly interval: Interval;
}): ReadRecord {
  return { seen: seenClient(value, interval), raw: null, importUid: null, ended: false };
}

function lacksContact(wanted: GroupStates): boolean {
  return textOrNull(wanted.email) === null && textOrNull(wanted.phone) === null;
}

/** A shared phone or address is no match (R15): all must be the same. */
function isExactly(theirs: GroupStates, wanted: GroupStates): boolean {
  return ['name', 'email', 'phone'].every((group) => sameValue(theirs[group] ?? null, wanted[group] ?? null));
}

/** A card that is somebody's already is not what we made. */
async function unlinked(io: AdapterIo, found: readonly ReadRecord[]): Promise<readonly ReadRecord[]> {
  const linked = await io.clientLinks(found.map(({ seen }) => seen.externalId));
  return found.filter(({ seen }) => !linked.has(seen.externalId));
}

function inputOf(body: GroupStates): ClientInput {
  return {
    givenName: partText(body.name, 'given') ?? '',
    familyName: partText(body.name, 'family') ?? '',
    email: textOrNull(body.email),
    phone: textOrNull(body.phone),
  };
}

function changeOf(body: GroupStates, groups: readonly string[]): Partial<ClientInput> {
  const { givenName, familyName, email, phone } = inputOf(body);
  return {
    ...(groups.includes('name') ? { givenName, familyName } : {}),
    ...(groups.includes('email') ? { email } : {}),
    ...(groups.includes('phone') ? { phone } : {}),
  };
}
