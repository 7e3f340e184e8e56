/**
 * Defects planted on purpose, one at a time: each takes one rule away, and the named test must notice. A test that passes all
 * the same proves nothing about that rule.
 */
export interface Mutant {
  readonly name: string;
  /** The rule that it takes away. */
  readonly rule: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** A test file and what its name contains. */
  readonly test: { readonly file: string; readonly name: string };
}

const NAMED = 'test/simulation/named-seeds.test.ts';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no echo check',
    rule: 'R26',
    file: 'domain/merge.ts',
    find: `  if (!changedThere && !changedHere) return decide('equal', 'neither side changed since the base');`,
    replace: `  if (!changedThere && !changedHere) return decide('push', 'neither side changed since the base');`,
    test: { file: NAMED, name: 'our own write coming back' },
  },
  {
    name: 'no compare-and-set',
    rule: 'R13',
    file: 'test/simulation/platform.ts',
    find: `    if (!this.holds(owner) || view.version !== String(this.#version)) return false;`,
    replace: `    if (!this.holds(owner)) return false;`,
    test: { file: NAMED, name: 'an edit between look and commit' },
  },
  {
    name: 'no lease',
    rule: 'R13',
    file: 'domain/protocol/process.ts',
    find: `  if (!(await port.takeLease())) return report('leased', null);`,
    replace: `  await port.takeLease();`,
    test: { file: NAMED, name: 'who holds no lease' },
  },
  {
    name: 'no look-up before a create is sent again',
    rule: 'R15a',
    file: 'domain/protocol/unlinked.ts',
    find: `    view.sighting || openCreates(view).length > 0 || view.evidence`,
    replace: `    view.sighting || view.evidence`,
    test: { file: NAMED, name: 'a create whose answer was lost' },
  },
  {
    name: 'no adoption by import uid',
    rule: 'R15b',
    file: 'domain/protocol/process.ts',
    find: `    if (reading?.kind === 'found') {
      const adopted`,
    replace: `    if (reading?.kind === 'found' && view.generation < 0) {
      const adopted`,
    test: { file: NAMED, name: 'a create whose answer was lost' },
  },
  {
    name: 'no memory of late writes',
    rule: 'R14b',
    file: 'domain/protocol/writes.ts',
    find: `  return intent.rememberedUntil === null`,
    replace: `  return intent.rememberedUntil === null || intent.generation > 0`,
    test: { file: NAMED, name: 'a write that acts after it was given up' },
  },
  {
    name: 'no frozen groups',
    rule: 'R10',
    file: 'domain/merge.ts',
    find: `  if (input.frozen.has(group)) return decide('frozen', 'on an open conflict (R10)');`,
    replace: ``,
    test: { file: NAMED, name: 'another group while a conflict is open' },
  },
  {
    name: 'no block while a write is unknown',
    rule: 'R14a',
    file: 'domain/protocol/wish.ts',
    find: `  if (input.blocked) return NO_WISH;
  const fields`,
    replace: `  const fields`,
    test: { file: NAMED, name: 'an unanswered write' },
  },
  {
    name: 'no edit counters',
    rule: 'R7a',
    file: 'domain/merge.ts',
    find: `  const changedHere = input.editedHere.has(group) || !sameValue(`,
    replace: `  const changedHere = !sameValue(`,
    test: { file: NAMED, name: 'A → B → A here' },
  },
  {
    name: 'no suspicion of our own cancel',
    rule: 'R14e',
    file: 'domain/protocol/writes.ts',
    find: `  if (disputed !== null) return disputed;`,
    replace: ``,
    test: { file: NAMED, name: 'a cancel that was never answered' },
  },
  {
    name: 'news that came before the answer is judged as if nothing covered it',
    rule: 'R4a',
    file: 'domain/protocol/judge.ts',
    find: `judgeEvidence(view, known, seen, input.answered)`,
    replace: `judgeEvidence(view, known, seen, null)`,
    test: { file: NAMED, name: 'whose webhook comes before the answer' },
  },
  {
    name: 'no look at siblings before an end is taken in',
    rule: 'R18a',
    file: 'domain/protocol/siblings.ts',
    find: `  if (other === undefined) return [];`,
    replace: `  if (other === undefined || other !== '') return [];`,
    test: { file: NAMED, name: 'the linked one of two ends' },
  },
  {
    name: 'a list counts as complete however short it is',
    rule: 'R2',
    file: 'domain/walk.ts',
    find: `    cursor.firstTotal === cursor.lastTotal &&
    distinctIds === cursor.lastTotal`,
    replace: `    cursor.firstTotal === cursor.lastTotal`,
    test: { file: 'test/unit/domain/walk.test.ts', name: '' },
  },
  {
    name: 'a read that began too early is applied',
    rule: 'R1',
    file: 'domain/plan.ts',
    find: `  if (seen.interval.sentAt <= mirror.observedReceivedAt) return { kind: 'stale' };`,
    replace: ``,
    test: { file: 'test/unit/domain/plan.test.ts', name: 'a read that began too early' },
  },
];
