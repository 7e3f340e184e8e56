-- What a person sees and decides around an import: the mapping list, released quarantines, dry runs, pauses. Only adds.

-- Who stopped it, and since when a person allows that Booksy is written to (R18, R30).
ALTER TABLE businesses
  ADD COLUMN IF NOT EXISTS paused_by text,
  ADD COLUMN IF NOT EXISTS push_allowed_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS push_allowed_by text,
  ADD COLUMN IF NOT EXISTS push_allowed_run_id uuid;

-- A run can be paused by itself, and can be a dry one.
ALTER TABLE sync_runs
  ADD COLUMN IF NOT EXISTS mode text NOT NULL DEFAULT 'apply',
  ADD COLUMN IF NOT EXISTS paused_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS paused_by text;

-- The candidates of a decision by id, score and reason; names to show are sealed.
ALTER TABLE mappings
  ADD COLUMN IF NOT EXISTS parent_external_id text,
  ADD COLUMN IF NOT EXISTS candidates jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS decision text,
  ADD COLUMN IF NOT EXISTS decision_record_id uuid,
  ADD COLUMN IF NOT EXISTS applied_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS sealed_card bytea,
  ADD COLUMN IF NOT EXISTS sealed_before bytea;

-- A release permits so many removals, once (R3).
ALTER TABLE quarantine
  ADD COLUMN IF NOT EXISTS released_by text,
  ADD COLUMN IF NOT EXISTS affected integer,
  ADD COLUMN IF NOT EXISTS permits_left integer,
  ADD COLUMN IF NOT EXISTS urgent_at timestamptz(3);

-- The card a visit came with, whatever card Booksy shows it under later (R38).
ALTER TABLE external_bookings
  ADD COLUMN IF NOT EXISTS source_client_external_id text;

-- A card that Booksy merged into another one (R38).
ALTER TABLE external_clients
  ADD COLUMN IF NOT EXISTS merged_into text;

-- What a dry run would do: counts, and samples with names, sealed.
CREATE TABLE IF NOT EXISTS sync_plans (
  run_id uuid NOT NULL,
  business_id uuid NOT NULL,
  version integer NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}',
  sealed_samples bytea,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  approved_at timestamptz(3),
  approved_by text,
  CONSTRAINT sync_plans_pkey PRIMARY KEY (run_id)
);
CREATE INDEX IF NOT EXISTS sync_plans_business_id_created_at_idx ON sync_plans (business_id, created_at DESC);

-- A name as people compare it: without case, accents, spaces and punctuation. Only for finding candidates: both sides of
-- a comparison go through it, so it need not agree with anybody else's folding.
CREATE OR REPLACE FUNCTION booksy_fold_name(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  -- lower() last: where LC_CTYPE is C it knows plain letters only, and by then the accents are gone.
  SELECT lower(translate(
    regexp_replace(normalize(coalesce(value, ''), NFKD), '[\u0300-\u036f\s.,''’`´"()_/-]+', '', 'g'),
    'łŁøØđĐ', 'lloodd'))
$$;

DO $$
DECLARE
  web_role text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format('REVOKE ALL ON TABLE sync_plans FROM %I', web_role);
  END LOOP;
END
$$;
