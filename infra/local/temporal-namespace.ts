import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './errors.ts';

/** Search attribute name → type. */
export type SearchAttributes = Readonly<
  Record<string, 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList'>
>;

/** Closed workflows stay readable this long. */
export const RETENTION_DAYS = 30;
const SECONDS_PER_DAY = 86_400;

/** temporal.api.enums.v1.IndexedValueType. */
const INDEXED_TYPES: Record<SearchAttributes[string], number> = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
};

/** What a probe found. */
export type TemporalProbe =
  | {
      readonly ok: true;
      readonly serverVersion: string;
      readonly retentionDays: number;
      readonly searchAttributes: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

/** Asks a Temporal server by gRPC whether it is there and has the namespace. Never throws. */
export async function probeTemporal(
  address: string,
  namespace: string,
  timeoutMs: number,
): Promise<TemporalProbe> {
  try {
    return await withConnection(address, timeoutMs, async (connection) => {
      const [info, described, attributes] = await Promise.all([
        connection.workflowService.getSystemInfo({}),
        connection.workflowService.describeNamespace({ namespace }),
        connection.operatorService.listSearchAttributes({ namespace }),
      ]);
      return {
        ok: true,
        serverVersion: info.serverVersion ?? 'unknown',
        retentionDays:
          Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0) / SECONDS_PER_DAY,
        searchAttributes: Object.keys(attributes.customAttributes ?? {}),
      };
    });
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

/**
 * Makes the namespace as we need it: retention of at least 30 days, every search attribute registered. Adds only, so it
 * may run against a server that is also used by others, and on every start.
 */
export async function prepareNamespace(
  address: string,
  namespace: string,
  wanted: SearchAttributes,
): Promise<void> {
  await withConnection(address, 10_000, async (connection) => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const seconds = RETENTION_DAYS * SECONDS_PER_DAY;
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) < seconds) {
      await connection.workflowService.updateNamespace({
        namespace,
        config: { workflowExecutionRetentionTtl: msToTs(seconds * 1000) },
      });
    }
    const missing = async (): Promise<SearchAttributes> => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      return Object.fromEntries(
        Object.entries(wanted).filter(([name]) => !(name in (customAttributes ?? {}))),
      );
    };
    const toAdd = await missing();
    if (Object.keys(toAdd).length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        Object.entries(toAdd).map(([name, type]) => [name, INDEXED_TYPES[type]]),
      ),
    });
    for (let tries = 0; tries < 100 && Object.keys(await missing()).length > 0; tries += 1) await delay(50);
  });
}

async function withConnection<T>(
  address: string,
  timeoutMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: timeoutMs });
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, () => work(connection));
  } finally {
    await connection.close();
  }
}
