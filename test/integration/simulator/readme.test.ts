import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCK_SKEW, FAULT_KINDS } from '../../../simulator/faults.ts';
import { FLAG_CHOICES, FLAG_NAMES } from '../../../simulator/flags.ts';
import { DEFAULT_FEES } from '../../../simulator/settlement/fees.ts';
import { DEFAULT_SETTINGS } from '../../../simulator/settings.ts';
import { Tester } from './client.ts';
import type { Body } from './client.ts';

const README = readFileSync(new URL('../../../simulator/README.md', import.meta.url), 'utf8');
const main = readFileSync(new URL('../../../simulator/main.ts', import.meta.url), 'utf8');

/** Rows of the table whose heading begins so: the cells of each. */
function table(heading: string): string[][] {
  const lines = README.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${heading} `).test(line));
  const rows = lines.slice(start + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const code = (cell: string | undefined): string => (cell ?? '').replaceAll('`', '');

/** What the curl lines of the page say. */
function curls(): { line: string; method: string; path: string; body: string | undefined }[] {
  const blocks = [...README.matchAll(/```sh\n(.*?)```/gs)].map(([, text]) => text ?? '');
  return blocks
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('curl '))
    .map((line) => {
      const parts = /^curl (?:-X (\w+) )?(?:-d '([^']*)' )?"?\$SIM(\/[^"\s]*)"?$/.exec(line);
      if (parts === null) throw new Error(`This example is written in another way: ${line}`);
      const [, method, body, path = ''] = parts;
      return { line, body, path, method: method ?? (body === undefined ? 'GET' : 'POST') };
    });
}

let tester: Tester;
beforeAll(async () => {
  tester = await Tester.start({ visits: 100, clients: 10 });
});
afterAll(() => tester.stop());

/** As curl sends it: with `-d` and nothing else said, a body is called a form. */
const curl = async (method: string, path: string, body: string | undefined): Promise<[number, string]> => {
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await fetch(tester.simulator.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return [reply.status, await reply.text()];
};

describe('the README', () => {
  it('names every fault, each with an example that is taken', async () => {
    const rows = table('kind');
    expect(rows.map(([kind]) => code(kind)).sort()).toEqual([...FAULT_KINDS].sort());
    expect(README).toContain(`\`${CLOCK_SKEW}\``);
    for (const [kind, , , example] of rows) {
      expect(JSON.parse(code(example))).toMatchObject({ kind: code(kind) });
      const [status, text] = await curl('POST', '/_control/faults', code(example));
      expect(status, `${code(example)}: ${text}`).toBe(201);
    }
    const { faults } = (await tester.control('GET', 'faults')).body as unknown as { faults: Body[] };
    expect(faults).toHaveLength(FAULT_KINDS.length);
    await tester.control('DELETE', 'faults');
  });

  it('names every flag with its values, each with an example that is taken', async () => {
    const rows = table('flag');
    expect(rows.map(([flag]) => code(flag)).sort()).toEqual([...FLAG_NAMES].sort());
    for (const name of FLAG_NAMES) {
      const [, values, , example] = rows.find(([flag]) => code(flag) === name) ?? [];
      const told = name === 'maxLimit' ? '100, or any number' : FLAG_CHOICES[name].join(', ');
      expect(values, name).toBe(told);
      const body = JSON.parse(code(example)) as { flags: Record<string, unknown> };
      expect(Object.keys(body.flags)).toEqual([name]);
      expect(body.flags[name], `the example of ${name} changes it`).not.toBe(FLAG_CHOICES[name][0]);
      expect((await curl('POST', '/_control/settings', code(example)))[0]).toBe(200);
    }
    await tester.control('POST', 'reset', {});
  });

  it('names every setting, limit, fee and word of the environment', () => {
    const { limits, tokens, webhooks } = DEFAULT_SETTINGS;
    const names = [...Object.keys(limits), ...Object.keys(tokens), 'targets', 'signing', 'secrets', 'token'];
    for (const name of [...names, ...Object.keys(DEFAULT_SETTINGS), 'boostBasisPoints']) {
      expect(README, name).toMatch(new RegExp(`\\b${name}\\b`));
    }
    expect(Object.keys(webhooks).length + Object.keys(DEFAULT_FEES).length).toBeGreaterThan(8);
    const environment = [...main.matchAll(/'(SIMULATOR_\w+)'/g)].map(([, name]) => name ?? '');
    expect(environment.length).toBeGreaterThan(10);
    for (const name of new Set(environment)) expect(README, name).toContain(name);
  });

  it('names every operation of the control surface', async () => {
    const { body } = await tester.control('GET', 'openapi.json');
    for (const path of Object.keys(body['paths'] ?? {})) {
      const name = path.replace('/_control/', '').replace(/\/?\{.*$/, '');
      expect(README, path).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });

  it('has examples that work as they stand, one after the other', async () => {
    const examples = curls();
    expect(examples.length).toBeGreaterThan(20);
    for (const { line, method, path, body } of examples) {
      const [status, text] = await curl(method, path, body);
      expect(status, `${line}: ${text.slice(0, 300)}`).toBeLessThan(300);
      expect(text, line).not.toContain('simulator_error');
    }
  });
});
