import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { idsOf, show, Tester, visitBody } from './client.ts';

let tester: Tester;
let staff = 0;
beforeAll(async () => {
  tester = await Tester.start({ visits: 0 });
  staff = idsOf(await tester.salon('GET', 'resource/'))[0] ?? 0;
});
afterAll(() => tester.stop());

/** What a listener has been told so far. */
async function listen() {
  const leave = new AbortController();
  const answer = await fetch(`${tester.simulator.url}/_control/changes`, { signal: leave.signal });
  let text = '';
  const read = async () => {
    const decoder = new TextDecoder();
    const body: AsyncIterable<Uint8Array> | null = answer.body;
    if (body === null) return;
    for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  };
  void read().catch(() => undefined);
  // The empty line: all from now on is told.
  await eventually(() => text.startsWith('\n'));
  const told = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line));
  return { answer, told, leave: () => leave.abort() };
}

it('tells a listener of each visit that is written, whoever does it, in order', async () => {
  const first = await listen();
  const second = await listen();
  expect(first.answer.headers.get('content-type')).toBe('application/x-ndjson');
  const made = await tester.salon(
    'POST',
    'appointment/',
    visitBody(staff, '2031-04-06T10:00', '2031-04-06T11:00'),
  );
  const id = Number(made.body['id']);
  await tester.control('PATCH', `visits/${show(id)}`, { customer_note: 'Uwaga' });
  await tester.control('DELETE', `visits/${show(id)}`);
  const salon = made.body['business_id'];
  for (const { told } of [first, second]) {
    await eventually(() => told().length === 3);
    expect(told()).toEqual([
      { salon, id, visit: made.body },
      { salon, id, visit: { ...made.body, customer_note: 'Uwaga' } },
      { salon, id, visit: null },
    ]);
  }
  second.leave();
  await tester.salon('POST', 'appointment/', visitBody(staff, '2031-04-07T10:00', '2031-04-07T11:00'));
  await eventually(() => first.told().length === 4);
  first.leave();
});

it('tells no other web site', async () => {
  const answer = await fetch(`${tester.simulator.url}/_control/changes`, {
    headers: { origin: 'https://elsewhere.example' },
  });
  expect(answer.status).toBe(403);
});
