import { readFile } from 'node:fs/promises';
import { anchorText, parseAnchor, type NotedAnchor } from '../../infra/audit/anchors.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { counted, thousands } from '../format.ts';
import { CliError, type Output } from '../output.ts';
import { auditChains, auditVerified, type AuditChainRow, type AuditFaultRow } from '../wire-audit.ts';
import { AUDIT } from './list.ts';

export type VerifyOptions = {
  /** Undefined: every chain that the token may see. */
  readonly business: string | undefined;
  /** What was noted at an earlier verification. */
  readonly anchor: readonly string[];
};

type Verified = {
  readonly businessId: string | null;
  readonly entries: number;
  readonly olderEntries: number;
  readonly valuesChecked: number;
  readonly valuesErased: number;
  readonly faults: readonly AuditFaultRow[];
  readonly more: number;
  readonly last: { readonly seq: string; readonly hash: string };
};

/**
 * Verifies every chain of the audit trail to its end.
 * @returns `EXIT.failed` where anything is wrong
 * @throws CliError `anchor_unreadable`
 */
export async function verifyAudit(api: ApiClient, options: VerifyOptions, output: Output): Promise<ExitCode> {
  const anchors = options.anchor.map(readAnchor);
  const query = options.business === undefined ? '' : `?businessId=${encodeURIComponent(options.business)}`;
  const { chains } = auditChains.parse(await api.get(`${AUDIT}-chains${query}`));
  const reports: Verified[] = [];
  for (const chain of chains) reports.push(await verifyChain(api, chain, anchors, output));
  // A chain that was taken away whole is not listed any more.
  const gone = anchors.filter(
    (anchor) =>
      (options.business === undefined || options.business === anchor.businessId) &&
      !chains.some(({ businessId }) => businessId === anchor.businessId),
  );
  const ok = gone.length === 0 && reports.every(({ faults }) => faults.length === 0);
  const anchor = ({ businessId, last }: Verified) => anchorText({ businessId, ...last });
  output.result(
    {
      ok,
      chains: reports.map((report) => ({
        ...report,
        ok: report.faults.length === 0,
        anchor: anchor(report),
      })),
      missing: gone.map(({ businessId }) => businessId),
    },
    [
      ...chains.flatMap((chain, index) => {
        const report = reports[index];
        return report === undefined ? [] : chainLines(chain, report, anchor(report), output);
      }),
      ...gone.map(({ businessId }) =>
        output.paint.red(`✗ ${businessId ?? 'installation'}: the whole chain is gone.`),
      ),
      ...(chains.length === 0 && gone.length === 0 ? ['There is no audit trail yet.'] : []),
    ],
  );
  return ok ? EXIT.ok : EXIT.failed;
}

/**
 * The anchors of a file that the nightly sweep writes: every line that holds one.
 *
 * @throws CliError `anchors_unreadable`
 */
export async function anchorsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(
      'anchors_unreadable',
      `The file of anchors cannot be read: ${file}`,
      'Name the file that the worker writes: booksy-audit-anchors.txt beside its logs.',
      EXIT.usage,
      { cause: error instanceof Error ? Reflect.get(error, 'code') : null },
    );
  });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function readAnchor(text: string): NotedAnchor {
  const anchor = parseAnchor(text);
  if (anchor === null) {
    throw new CliError(
      'anchor_unreadable',
      `Not an anchor: ${text}`,
      'Give it as audit verify printed it: <business>:<place>:<hash>.',
      EXIT.usage,
    );
  }
  return anchor;
}

async function verifyChain(
  api: ApiClient,
  { businessId, businessName, head }: AuditChainRow,
  anchors: readonly NotedAnchor[],
  output: Output,
): Promise<Verified> {
  const ask = async (after: { readonly seq: string; readonly hash: string } | undefined) =>
    auditVerified.parse(
      await api.post(`${AUDIT}-chains/verify`, { businessId, ...(after === undefined ? {} : { after }) }),
    );
  let part = await ask(undefined);
  let whole: Verified = { businessId, ...part };
  while (!part.ended) {
    output.progress([`${businessName ?? businessId ?? 'installation'}: ${place(whole, head?.seq)}`]);
    part = await ask(part.last);
    whole = {
      businessId,
      entries: whole.entries + part.entries,
      olderEntries: whole.olderEntries,
      valuesChecked: whole.valuesChecked + part.valuesChecked,
      valuesErased: whole.valuesErased + part.valuesErased,
      faults: [...whole.faults, ...part.faults],
      more: whole.more + part.more,
      last: part.last,
    };
  }
  for (const { seq, hash } of anchors.filter((anchor) => anchor.businessId === businessId)) {
    const missed = (await ask({ seq, hash })).faults.filter(({ code }) => code === 'anchor_missed');
    whole = { ...whole, faults: [...whole.faults, ...missed] };
  }
  return whole;
}

function place(report: Verified, of: string | undefined): string {
  return `${thousands(report.entries)}${of === undefined ? '' : ` of ${thousands(Number(of))}`} entries`;
}

function chainLines(
  chain: AuditChainRow,
  report: Verified,
  anchor: string,
  { paint }: Output,
): readonly string[] {
  const name = chain.businessName ?? chain.businessId ?? 'installation';
  const size = counted(report.entries + report.olderEntries, 'entry', 'entries');
  if (report.faults.length === 0) {
    return [`${paint.green('✓')} ${name}: ${size}, whole`, paint.dim(`    ${anchor}`)];
  }
  return [
    `${paint.red('✗')} ${paint.bold(name)}: ${size}, ${counted(report.faults.length + report.more, 'fault')}`,
    ...report.faults.map(
      ({ code, message, seq, id }) =>
        `    ${code}${seq === null ? '' : ` at ${seq}`}${id === null ? '' : ` (#${id})`}: ${message}`,
    ),
    ...(report.more === 0 ? [] : [`    and ${thousands(report.more)} more`]),
    '    → Keep the database as it is and compare it with a backup of before.',
  ];
}
