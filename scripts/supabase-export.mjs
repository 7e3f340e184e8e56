#!/usr/bin/env node
// `npm run supabase:export -- <project> [--replace]`: the migrations as files of <project>/supabase/migrations.
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';

/** @type {typeof import('./supabase.ts')} */
const { exportForSupabase, ExportRefused } = await tsImport('./supabase.ts', import.meta.url);

const USAGE = `Use: npm run supabase:export -- <project> [--replace]

<project>   folder that holds supabase/; the files go into supabase/migrations
--replace   overwrite files of ours that are there with another content`;

process.exitCode = await main();

async function main() {
  let project, replace;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { replace: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return say(USAGE, 0);
    [project] = positionals;
    replace = values.replace;
    if (positionals.length !== 1) return say(USAGE, 2);
  } catch (error) {
    return say(`${error.message}\n${USAGE}`, 2);
  }
  try {
    const { written, unchanged } = await exportForSupabase(project, { replace });
    for (const name of written) console.log(`written    ${name}`);
    for (const name of unchanged) console.log(`unchanged  ${name}`);
    if (written.length > 0)
      console.log('Next: supabase db push --include-all (our stamps may be older than yours).');
    return 0;
  } catch (error) {
    if (error instanceof ExportRefused)
      return say(`${error.message}\n${error.next}\nNothing was written.`, 1);
    throw error;
  }
}

/** @param {string} text @param {number} code */
function say(text, code) {
  (code === 0 ? console.log : console.error)(text);
  return code;
}
