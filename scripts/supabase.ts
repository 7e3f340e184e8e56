/**
 * The migrations as files of `supabase/migrations`, for a platform that keeps its schema with the Supabase CLI.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  MIGRATIONS_FOLDER,
  MIGRATIONS_TABLE,
  readMigrations,
  type Migration,
} from '../infra/database/migrate.ts';
import { protectTables, REMEMBER_TABLES } from '../infra/database/web-roles.ts';

/** The export was refused. `next` says what to do; nothing was written. */
export class ExportRefused extends Error {
  readonly next: string;

  constructor(message: string, next: string) {
    super(message);
    this.name = 'ExportRefused';
    this.next = next;
  }
}

/** What an export did, by file name. */
export interface Exported {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * Writes every migration as `<project>/supabase/migrations/<stamp>_<name>.sql`. All or nothing; again, it changes nothing.
 * @param project folder of the project, the one that holds `supabase/`
 * @param replace overwrite our files that are there with another content
 * @throws ExportRefused when the folder is missing, a stamp is taken, or a file of ours would change
 */
export async function exportForSupabase(
  project: string,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<Exported> {
  if (!existsSync(project)) {
    throw new ExportRefused(
      `${project} does not exist.`,
      'Give the folder of the project that holds supabase/.',
    );
  }
  const folder = path.join(project, 'supabase', 'migrations');
  const files = await supabaseFiles();
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const taken = [...files.keys()].flatMap((name) => {
    const stamp = name.slice(0, 14);
    return there.filter((other) => other.startsWith(stamp) && other !== name);
  });
  if (taken.length > 0) {
    throw new ExportRefused(
      `${folder} already uses these stamps: ${taken.join(', ')}.`,
      'The Supabase CLI knows a migration by its stamp alone: give yours another one, then export again.',
    );
  }
  const changed = [...files].filter(
    ([name, text]) => there.includes(name) && readFileSync(path.join(folder, name), 'utf8') !== text,
  );
  if (changed.length > 0 && !replace) {
    throw new ExportRefused(
      `These files are there with another content: ${changed.map(([name]) => name).join(', ')}.`,
      'A migration that was pushed is not run again, whatever its file says. Put the files back, or use --replace if they were never pushed.',
    );
  }
  mkdirSync(folder, { recursive: true });
  const changedNames = new Set(changed.map(([name]) => name));
  const written = [...files.keys()].filter((name) => !there.includes(name) || changedNames.has(name));
  for (const name of written) writeFileSync(path.join(folder, name), files.get(name) ?? '');
  return { written, unchanged: [...files.keys()].filter((name) => !written.includes(name)) };
}

/** File name → text, in order. */
export async function supabaseFiles(): Promise<ReadonlyMap<string, string>> {
  const migrations = await readMigrations(MIGRATIONS_FOLDER);
  const protect = await protectTables();
  return new Map(migrations.map((migration) => [`${migration.name}.sql`, supabaseFile(migration, protect)]));
}

function supabaseFile({ name, sql, checksum }: Migration, protect: string): string {
  return `-- Booksy Sync, migration ${name}.
-- Made by \`npm run supabase:export\` out of prisma/migrations/${name} (SHA-256 ${checksum}).
-- Not to be edited: what changes later comes as a migration of its own. Running it again changes nothing.

DO $$
BEGIN
  IF current_schema() IS DISTINCT FROM 'public' THEN
    RAISE EXCEPTION 'Booksy Sync lives in the schema public, and this session would make its tables in %', current_schema()
      USING HINT = 'SET search_path = public, extensions';
  END IF;
END
$$;

-- Tables that are there stay as their owner has them.
${REMEMBER_TABLES}

-- The history that \`booksy migrate\` and \`booksy doctor\` read, as Prisma keeps it.
${MIGRATIONS_TABLE.trim()};

${sql.trim()}

INSERT INTO _prisma_migrations (id, checksum, started_at, finished_at, migration_name, applied_steps_count)
SELECT gen_random_uuid()::text, '${checksum}', clock_timestamp(), clock_timestamp(), '${name}', 1
WHERE NOT EXISTS (SELECT FROM _prisma_migrations WHERE migration_name = '${name}' AND rolled_back_at IS NULL);

-- What came into being here is served to the web by nobody's leave but the owner's.
${protect}
`;
}
