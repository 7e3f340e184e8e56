import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { historyOfJson, textsOf } from '../support/history-file.ts';
import { expectReplays, sharedBundle } from '../support/temporal.ts';

const FOLDER = fileURLToPath(new URL('./histories/', import.meta.url));

/** Every committed history, `<workflowType>/<name>.json`. */
const recorded = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(path.join(FOLDER, name)).map((file) => `${name}/${file}`))
  .sort();
const read = (name: string) => historyOfJson(readFileSync(path.join(FOLDER, name), 'utf8'));

/** An e-mail address, a phone number, or a field that names a person (R41: history is no place for them). */
const PERSONAL =
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}|\+\d{9,}|"(?:firstName|lastName|givenName|familyName|clientName|phone|email|note)"/u;
/** A path or a process of the machine that recorded it. */
const MACHINE = /(?:file:\/\/)?\/(?:home|root|Users|work|tmp|usr)\/|^\d+@/u;

describe('recorded histories', () => {
  it('are there', () => {
    expect(recorded).not.toEqual([]);
  });

  it.each(recorded)(
    '%s is of the workflow that its folder names and agrees with the code of today',
    async (name) => {
      const { workflowId, history } = read(name);
      const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
      expect(started?.workflowType?.name).toBe(path.dirname(name));
      await expectReplays(sharedBundle(), [{ workflowId, history }]);
    },
  );

  it.each(recorded)('%s holds nothing personal and nothing of the machine it was recorded on', (name) => {
    const texts = textsOf(read(name).history);
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => PERSONAL.test(text) || MACHINE.test(text))).toEqual([]);
  });
});
