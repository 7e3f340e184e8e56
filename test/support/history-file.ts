import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** A workflow history as Temporal's own tools know it. */
export type History = ReturnType<typeof historyFromJSON>;

/** Reads a history in the JSON of `temporal workflow show --output json`. */
export function historyOfJson(text: string): { workflowId: string; history: History } {
  const history = historyFromJSON(JSON.parse(text));
  const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId;
  if (workflowId === null || workflowId === undefined || workflowId === '') {
    throw new Error('The history does not begin with the start of a workflow that names its id.');
  }
  return { workflowId, history };
}

/**
 * Writes a history to be committed: without what tells of the machine it was recorded on (process identities, paths in
 * stack traces, the SDK's build), which no replay looks at.
 */
export function historyToCommit(history: History): string {
  const json: unknown = JSON.parse(historyToJSON(history));
  return `${JSON.stringify(withoutMachine(json), null, 1)}\n`;
}

const OF_THE_MACHINE: Readonly<Record<string, string>> = { identity: 'recorder', stackTrace: '' };

function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, OF_THE_MACHINE[key] ?? withoutMachine(inner)]),
  );
}

/** Every text in a history, payloads decoded. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
