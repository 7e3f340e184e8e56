import type { Addresses } from './run-file.ts';
import type { Running } from './start.ts';

/** The ready line of SPEC §15. */
export function readyObject(addresses: Addresses): Readonly<Record<string, unknown>> {
  return {
    ready: true,
    api: addresses.api,
    dashboard: addresses.api,
    temporalUi: addresses.temporalUi,
    temporalAddress: addresses.temporalAddress,
    simulator: addresses.simulator,
    databaseUrl: addresses.databaseUrl,
    adminToken: addresses.adminToken,
  };
}

/** Where to look, for a person. */
export function readyLines({ addresses }: Running): string[] {
  const { api, temporalUi, temporalAddress, simulator, adminToken } = addresses;
  return [
    '',
    'Ready. Where to look:',
    `  Start page    ${api}`,
    `  API docs      ${api}/api/docs`,
    `  Temporal UI   ${temporalUi ?? `none (server at ${temporalAddress})`}`,
    ...(simulator === null ? [] : [`  Simulator     ${simulator}`]),
    `  API token     ${adminToken}`,
    '                (for this run only: it is revoked when you stop)',
    '  In another terminal: npm run -s booksy -- sync status   ·   Ctrl-C here stops everything in order.',
    '',
  ];
}
