import { assign, type ScoredPair } from './assign.ts';
import { HOUSEHOLD_MAX, isMadeUpPhone, isRoleMailbox, mailboxOf } from './contacts.ts';
import { readName } from './names.ts';
import { gradeOf } from './scale.ts';
import { scoreClients, type PreparedClient } from './score-clients.ts';
import { sharingOf, type Carriers } from './sharing.ts';
import type { ClientFacts, MatchDecision } from './types.ts';

/** A whole name that more profiles bear tells nobody apart: it is no reason to look at a profile. */
const MAX_NAMESAKES = 20;

/**
 * Which profile each card is, if any (SPEC 3.7). One-to-one and deterministic: the order of cards and profiles is of no
 * consequence. Near-linear: a card is compared only with profiles that share its e-mail, its phone or its whole name.
 *
 * Counts of who shares a contact are taken from the facts or from what is visible in the call, whichever is more.
 *
 * @param cards not linked yet; ids unique
 * @param profiles candidates, those that belong to a card already included: they are rivals
 */
export function matchClients(
  cards: readonly ClientFacts[],
  profiles: readonly ClientFacts[],
): readonly MatchDecision[] {
  const theirs = readSide(cards);
  const ours = readSide(profiles);
  const pairs: ScoredPair[] = [];
  for (const card of theirs.clients) {
    for (const profile of worthComparing(card, ours)) {
      const pair = scoreClients(card, profile, {
        email: () =>
          sharingOf(
            card,
            carriersOf(card.mailbox, theirs.mailboxes),
            profile,
            carriersOf(profile.mailbox, ours.mailboxes),
          ),
        phone: () =>
          sharingOf(
            card,
            carriersOf(card.phone, theirs.phones),
            profile,
            carriersOf(profile.phone, ours.phones),
          ),
      });
      if (gradeOf(pair.score) !== 'none') pairs.push(pair);
    }
  }
  return assign({
    externalIds: theirs.clients.map(({ id }) => id),
    pairs,
    linked: new Set(ours.clients.filter(({ linked }) => linked).map(({ id }) => id)),
  });
}

interface Group extends Carriers {
  readonly visible: PreparedClient[];
  known: number;
}

interface Side {
  readonly clients: readonly PreparedClient[];
  readonly mailboxes: ReadonlyMap<string, Group>;
  readonly phones: ReadonlyMap<string, Group>;
  readonly names: ReadonlyMap<string, Group>;
}

const NOBODY: Group = { visible: [], known: 0 };

/** Reads names and contacts of one side once, and who shares what. */
function readSide(side: readonly ClientFacts[]): Side {
  const mailboxes = new Map<string, Group>();
  const phones = new Map<string, Group>();
  const names = new Map<string, Group>();
  const clients = side.map((facts) => {
    const phone = facts.phone?.trim() ?? '';
    const client: PreparedClient = {
      id: facts.id,
      name: readName(facts.given, facts.family),
      mailbox: mailboxOf(facts.email),
      phone: phone === '' ? null : phone,
      linked: facts.linked,
    };
    note(mailboxes, client.mailbox, client, facts.emailSharedBy);
    note(phones, client.phone, client, facts.phoneSharedBy);
    note(names, client.name.wholeKey, client, 1);
    return client;
  });
  return { clients, mailboxes, phones, names };
}

function note(groups: Map<string, Group>, key: string | null, client: PreparedClient, known: number): void {
  if (key === null || key === '') return;
  const group = groups.get(key) ?? { visible: [], known: 0 };
  group.visible.push(client);
  group.known = Math.max(group.known, known);
  groups.set(key, group);
}

function carriersOf(key: string | null, groups: ReadonlyMap<string, Group>): Group {
  return key === null ? NOBODY : (groups.get(key) ?? NOBODY);
}

/** Profiles that share something with a card which not everybody shares. */
function worthComparing(card: PreparedClient, ours: Side): ReadonlySet<PreparedClient> {
  const { mailbox, phone, name } = card;
  const few = (group: Group, most: number) => (group.visible.length > most ? [] : group.visible);
  return new Set([
    ...(mailbox === null || isRoleMailbox(mailbox)
      ? []
      : few(carriersOf(mailbox, ours.mailboxes), HOUSEHOLD_MAX)),
    ...(phone === null || isMadeUpPhone(phone) ? [] : few(carriersOf(phone, ours.phones), HOUSEHOLD_MAX)),
    ...few(carriersOf(name.wholeKey, ours.names), MAX_NAMESAKES),
  ]);
}
