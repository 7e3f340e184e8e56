import { createRequire } from 'node:module';
import proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';

/** A workflow history as Temporal's own tools know it. */
export type History = proto.temporal.api.history.v1.IHistory;

/** The part of protobufjs that turns messages to and from their JSON. */
interface ProtoJson {
  fromJson(type: unknown, json: unknown, options: { ignoreUnknownFields: boolean }): History;
  toJson(type: unknown, message: object): unknown;
}

// The SDK's own historyToJSON refuses its types ("type must be a Type") where npm has installed protobufjs once for
// each of its packages. So the copy that made the types is asked.
const ofTheTypes = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
const { fromJson, toJson } = ofTheTypes('protobufjs/ext/protojson') as ProtoJson;
const root = patchProtobufRoot<Record<string, unknown>>(proto) as { lookupType?(name: string): unknown };
const historyType = root.lookupType?.('temporal.api.history.v1.History');

/** Reads a history in the JSON of `temporal workflow show --output json`. */
export function historyOfJson(text: string): { workflowId: string; history: History } {
  const history = fromJson(historyType, JSON.parse(text), { ignoreUnknownFields: true });
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
  const json = toJson(historyType, proto.temporal.api.history.v1.History.fromObject(history));
  return `${JSON.stringify(withoutMachine(json), null, 1)}\n`;
}

const OF_THE_MACHINE: Readonly<Record<string, string>> = { identity: 'recorder', stackTrace: '' };
/** Process and host, as the SDK names itself and the queue of its own. */
const PROCESS = /^\d+@\S+/u;

function withoutMachine(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(PROCESS, 'recorder');
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
