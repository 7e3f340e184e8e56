import { ago } from '../format.ts';
import { clean, type Painter } from '../terminal.ts';
import type { Rule, RuleAnswer, RuleDiff, StoredRule } from './wire.ts';

/** One line for each rule, under its business where there are several. */
export function listLines(rules: readonly StoredRule[], paint: Painter): string[] {
  if (rules.length === 0) return ['No business has a rule of its own: the default rule counts.'];
  const several = new Set(rules.map(({ businessId }) => businessId)).size > 1;
  return rules.map(({ rule, version, businessName }) => {
    const state = rule.active ? paint.green('on ') : paint.dim('off');
    const where = several ? `  ${businessName}` : '';
    return `${state}  ${paint.bold(rule.id)}  ${clean(rule.name)}  ${summary(rule)}  ${paint.dim(`version ${String(version)}`)}${where}`;
  });
}

function summary(rule: Rule): string {
  const lines = Object.keys(rule.policies).length + Object.keys(rule.directions).length;
  return `priority ${String(rule.priority)}, ${rule.sourceSystem}, ${String(rule.conditions.maxAdvanceBooking)} days ahead${
    lines === 0 ? '' : `, ${String(lines)} groups stated`
  }`;
}

/** One rule, value by value, and who changed it when. */
export function showLines(
  { rule, counts, versions }: RuleAnswer,
  paint: Painter,
  now = Date.now(),
): string[] {
  const sides = [counts.platform ? 'the platform' : '', counts.booksy ? 'Booksy' : ''].filter(
    (side) => side !== '',
  );
  return [
    ...(rule === null ? ['It was deleted.'] : ruleLines(rule, paint)),
    ...(rule === null
      ? []
      : [
          sides.length === 0
            ? 'It does not count now: another rule comes first, or it is off.'
            : `It counts now for changes of ${sides.join(' and ')}.`,
        ]),
    '',
    'Versions:',
    ...versions.map(
      ({ version, deleted, changedAt, changedBy }) =>
        `  ${String(version)}  ${ago(changedAt, now)}  by ${changedBy}${deleted ? '  (deleted)' : ''}`,
    ),
  ];
}

function ruleLines({ rule, version, businessName }: StoredRule, paint: Painter): string[] {
  const { bufferTimes, maxAdvanceBooking } = rule.conditions;
  const table = (title: string, entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).map(([key, value]) => `  ${title} ${key} = ${value}`);
  return [
    `${paint.bold(rule.id)}  ${clean(rule.name)}  of ${businessName}, version ${String(version)}, ${rule.active ? 'on' : 'off'}`,
    `  sourceSystem ${rule.sourceSystem}, priority ${String(rule.priority)}`,
    `  buffers ${String(bufferTimes.before)} min before, ${String(bufferTimes.after)} min after; ${String(maxAdvanceBooking)} days ahead`,
    ...Object.entries(rule.actions).map(([name, value]) => `  ${name} ${value ? 'yes' : 'no'}`),
    ...table('policy', rule.policies),
    ...table('direction', rule.directions),
  ];
}

const MARK = { create: '+', update: '~', delete: '-', unchanged: '=' } as const;

/** What a change does, value by value. */
export function diffLines(changes: readonly RuleDiff[], paint: Painter): string[] {
  if (changes.length === 0) return ['The file has no rule.'];
  return changes.flatMap(({ id, change, fields }) => [
    `${MARK[change]} ${paint.bold(clean(id))}  ${change}`,
    ...(change === 'update'
      ? fields.map(({ path, before, after }) => `    ${path}: ${worded(before)} → ${worded(after)}`)
      : []),
  ]);
}

function worded(value: unknown): string {
  return value === undefined ? '(none)' : clean(JSON.stringify(value));
}
