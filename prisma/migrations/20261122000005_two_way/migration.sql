-- Both ways at once: waking, the engine's memory of its writes, conflicts that wait for a person, rules, undo, and an
-- audit trail that cannot be changed unseen. Only adds.

-- ─────────────────────────────────────────────── boxes and waking ───────────────────────────────────────────────

-- How it was proven that Booksy sent it (`signature` or `path_token`), and how often the same news came before it was used.
ALTER TABLE webhook_logs
  ADD COLUMN IF NOT EXISTS verified_by text,
  ADD COLUMN IF NOT EXISTS copies integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS judged_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS replayed_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS replayed_by text;
-- The same news is merged while nobody has used it; afterwards a copy is news again (R4).
CREATE UNIQUE INDEX IF NOT EXISTS webhook_logs_undrained_key
  ON webhook_logs (business_id, external_id, action, body_hash) NULLS NOT DISTINCT WHERE drained_at IS NULL;
CREATE INDEX IF NOT EXISTS webhook_logs_business_id_id_idx ON webhook_logs (business_id, id DESC);
CREATE INDEX IF NOT EXISTS sync_outbox_created_at_idx ON sync_outbox (created_at);
-- A drain takes the oldest rows of a business.
CREATE INDEX IF NOT EXISTS sync_outbox_business_id_id_idx ON sync_outbox (business_id, id);

-- Tells the relay (R28) that a box has news. Lost notifications do no harm: the relay looks every two seconds besides.
CREATE OR REPLACE FUNCTION sync_box_notify() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- An apply of this product takes its own rows back before it commits.
  IF TG_TABLE_NAME = 'sync_outbox' AND current_setting('booksy_sync.origin', true) = 'booksy' THEN RETURN NULL; END IF;
  PERFORM pg_notify('booksy_sync_box', coalesce(c.business_id::text, '*'))
  FROM (SELECT DISTINCT business_id FROM new_rows) c;
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER booksy_sync_notify AFTER INSERT ON sync_outbox
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_box_notify();
CREATE OR REPLACE TRIGGER booksy_sync_notify AFTER INSERT ON webhook_logs
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_box_notify();
ALTER TABLE sync_outbox ENABLE ALWAYS TRIGGER booksy_sync_notify;
ALTER TABLE webhook_logs ENABLE ALWAYS TRIGGER booksy_sync_notify;

-- A systemic failure stops the calls of a business until a probe succeeds (R29).
ALTER TABLE businesses
  -- Phone and e-mail go with a visit made at Booksy only where the business declares that it needs them (R39).
  ADD COLUMN IF NOT EXISTS visit_contact_needed boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS circuit_opened_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS circuit_code text,
  ADD COLUMN IF NOT EXISTS circuit_probe_at timestamptz(3);

-- Records that failed alone and have their own workflow (R29): the batches leave them out.
CREATE TABLE IF NOT EXISTS sync_failures (
  business_id uuid NOT NULL,
  entity text NOT NULL,
  -- The platform's id, or the other side's where there is none here yet.
  record_key text NOT NULL,
  record_id uuid,
  external_id text,
  state text NOT NULL DEFAULT 'open',
  error_code text NOT NULL,
  detail text NOT NULL,
  next_step text NOT NULL,
  workflow_id text,
  run_id uuid,
  first_failed_at timestamptz(3) NOT NULL DEFAULT now(),
  last_failed_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT sync_failures_pkey PRIMARY KEY (business_id, entity, record_key),
  CONSTRAINT sync_failures_state_check CHECK (state IN ('open', 'skipped'))
);
CREATE INDEX IF NOT EXISTS sync_failures_external_idx ON sync_failures (business_id, external_id) WHERE state = 'open';

-- ─────────────────────────────────────────── the engine's memory of its writes ───────────────────────────────────────────

ALTER TABLE sync_intents
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS parent_external_id text,
  ADD COLUMN IF NOT EXISTS step text,
  ADD COLUMN IF NOT EXISTS lease_owner text,
  ADD COLUMN IF NOT EXISTS sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS answered_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS look_ups timestamptz(3)[] NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_meanwhile bytea,
  ADD COLUMN IF NOT EXISTS run_id uuid,
  ADD COLUMN IF NOT EXISTS actor text;
-- What may still act, or is remembered: what every pass asks before it applies (R14a, R14b).
CREATE INDEX IF NOT EXISTS sync_intents_alive_idx
  ON sync_intents (business_id, entity, record_id) WHERE state IN ('open', 'unknown') OR remembered_until IS NOT NULL;
-- At most one write of a record is under way; cancels may pass one that is unknown (R14a).
CREATE UNIQUE INDEX IF NOT EXISTS sync_intents_open_key ON sync_intents (entity, record_id) WHERE state = 'open';

-- How often a group was turned over by one side and the other, and when (R6).
ALTER TABLE external_services ADD COLUMN IF NOT EXISTS flips jsonb NOT NULL DEFAULT '{}';
ALTER TABLE external_clients ADD COLUMN IF NOT EXISTS flips jsonb NOT NULL DEFAULT '{}';
ALTER TABLE external_time_off ADD COLUMN IF NOT EXISTS flips jsonb NOT NULL DEFAULT '{}';
-- A revived visit is a new appointment; the old one stays known (R16).
ALTER TABLE external_bookings
  ADD COLUMN IF NOT EXISTS flips jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS former_booking_id uuid,
  ADD COLUMN IF NOT EXISTS generation integer NOT NULL DEFAULT 1;
CREATE INDEX IF NOT EXISTS external_bookings_former_idx ON external_bookings (former_booking_id) WHERE former_booking_id IS NOT NULL;

-- ──────────────────────────────────────────── sweeps and their proof ────────────────────────────────────────────

ALTER TABLE integration_sync_status
  ADD COLUMN IF NOT EXISTS due_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS interval_seconds integer,
  ADD COLUMN IF NOT EXISTS claimed_by text,
  ADD COLUMN IF NOT EXISTS claimed_until timestamptz(3);
CREATE INDEX IF NOT EXISTS integration_sync_status_due_idx ON integration_sync_status (due_at) WHERE due_at IS NOT NULL;

-- ─────────────────────────────────────────────── sync rules ───────────────────────────────────────────────

CREATE TABLE IF NOT EXISTS sync_rules (
  business_id uuid NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  source_system text NOT NULL,
  priority integer NOT NULL,
  conditions jsonb NOT NULL DEFAULT '{}',
  actions jsonb NOT NULL DEFAULT '{}',
  policies jsonb NOT NULL DEFAULT '{}',
  directions jsonb NOT NULL DEFAULT '{}',
  active boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL DEFAULT 'system',
  CONSTRAINT sync_rules_pkey PRIMARY KEY (business_id, id),
  CONSTRAINT sync_rules_source_system_check CHECK (source_system IN ('platform', 'booksy', 'both'))
);
CREATE TABLE IF NOT EXISTS sync_rule_versions (
  business_id uuid NOT NULL,
  rule_id text NOT NULL,
  version integer NOT NULL,
  -- The whole rule as it was saved; null = deleted.
  document jsonb,
  changed_at timestamptz(3) NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  CONSTRAINT sync_rule_versions_pkey PRIMARY KEY (business_id, rule_id, version)
);

-- ─────────────────────────────────────────────── conflicts ───────────────────────────────────────────────

ALTER TABLE booksy_sync_conflicts
  ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS intent_id uuid,
  ADD COLUMN IF NOT EXISTS rule_id text,
  ADD COLUMN IF NOT EXISTS sealed_values bytea,
  ADD COLUMN IF NOT EXISTS remind_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS reminded_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS escalate_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS escalated_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS overtaken_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS resolution_id uuid,
  ADD COLUMN IF NOT EXISTS resolution_choice jsonb,
  ADD COLUMN IF NOT EXISTS resolution_outcome text,
  ADD COLUMN IF NOT EXISTS resolution_detail text,
  ADD COLUMN IF NOT EXISTS resolution_reason text,
  ADD COLUMN IF NOT EXISTS resolved_by text;
CREATE UNIQUE INDEX IF NOT EXISTS booksy_sync_conflicts_resolution_key ON booksy_sync_conflicts (resolution_id);

-- ─────────────────────────────────────────────── undo ───────────────────────────────────────────────

CREATE TABLE IF NOT EXISTS sync_undos (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  -- What is undone: a run, or the last change of one record.
  run_id uuid,
  entity text,
  record_id uuid,
  state text NOT NULL DEFAULT 'planned',
  counts jsonb NOT NULL DEFAULT '{}',
  sealed_plan bytea,
  requested_by text NOT NULL,
  confirmed_by text,
  outcome text,
  -- Unconfirmed by then it is no longer offered.
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  CONSTRAINT sync_undos_pkey PRIMARY KEY (id),
  CONSTRAINT sync_undos_state_check CHECK (state IN ('planned', 'confirmed', 'done', 'refused', 'expired'))
);
CREATE INDEX IF NOT EXISTS sync_undos_business_id_created_at_id_idx ON sync_undos (business_id, created_at DESC, id DESC);

-- ─────────────────────────────────────────────── the audit chain (R42) ───────────────────────────────────────────────

-- The chain runs over commitments: values and salts lie in a side table that an erasure can empty without breaking it.
ALTER TABLE booksy_audit_log
  ADD COLUMN IF NOT EXISTS reason text,
  ADD COLUMN IF NOT EXISTS undo_of bigint,
  -- Known before the insert: what the values are sealed for.
  ADD COLUMN IF NOT EXISTS entry_id uuid,
  ADD COLUMN IF NOT EXISTS commitment bytea,
  ADD COLUMN IF NOT EXISTS seq bigint,
  ADD COLUMN IF NOT EXISTS prev_hash bytea,
  ADD COLUMN IF NOT EXISTS hash bytea;
CREATE UNIQUE INDEX IF NOT EXISTS booksy_audit_log_chain_key ON booksy_audit_log (business_id, seq) NULLS NOT DISTINCT WHERE seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS booksy_audit_log_run_id_idx ON booksy_audit_log (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS booksy_audit_values (
  entry_id uuid NOT NULL,
  business_id uuid,
  -- Salt, and the groups before and after, sealed; null once erased.
  sealed_values bytea,
  erased_at timestamptz(3),
  CONSTRAINT booksy_audit_values_pkey PRIMARY KEY (entry_id)
);
-- The last link of each chain; the nil business is the installation's own.
CREATE TABLE IF NOT EXISTS booksy_audit_heads (
  chain_id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  -- Rows of before the chain began: their number and digest are in the first link.
  genesis jsonb NOT NULL DEFAULT '{}',
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT booksy_audit_heads_pkey PRIMARY KEY (chain_id)
);

-- What a link says of its row. One text per row, the same on every machine: `infra/audit/links.ts` writes it again to verify.
CREATE OR REPLACE FUNCTION booksy_audit_text(
  seq bigint, id bigint, business_id uuid, at timestamptz, actor text, action text, entity text, record_id uuid,
  external_id text, run_id uuid, reason_code text, groups text[], reason text, undo_of bigint, entry_id uuid
) RETURNS text
-- No search path of its own: the planner inlines it into its callers, which fix theirs.
LANGUAGE sql STABLE AS $$
  SELECT json_build_array(seq, id, business_id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), actor, action,
                          entity, record_id, external_id, run_id, reason_code, groups, reason, undo_of, entry_id)::text
$$;

-- One link: over the one before it, or the head where it is the first of this statement.
CREATE OR REPLACE FUNCTION booksy_audit_link(previous bytea, head bytea, content bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(coalesce(previous, head) || content) $$;
CREATE OR REPLACE AGGREGATE booksy_audit_links(head bytea, content bytea) (SFUNC = booksy_audit_link, STYPE = bytea);

-- The head of a business's chain, locked until the transaction ends; opens the chain where there is none.
CREATE OR REPLACE FUNCTION booksy_audit_head(p_business uuid) RETURNS booksy_audit_heads
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  chain CONSTANT uuid := coalesce(p_business, '00000000-0000-0000-0000-000000000000');
  head booksy_audit_heads;
BEGIN
  SELECT * INTO head FROM booksy_audit_heads WHERE chain_id = chain FOR UPDATE;
  IF FOUND THEN RETURN head; END IF;
  INSERT INTO booksy_audit_heads (chain_id, seq, hash, genesis)
  SELECT chain, 0,
         sha256(convert_to(format('booksy audit chain %s over %s rows %s', chain, g.known, g.digest), 'UTF8')),
         jsonb_build_object('rows', g.known, 'digest', g.digest, 'lastId', g.last_id)
  FROM (
    SELECT count(*) AS known, coalesce(max(l.id), 0) AS last_id,
           encode(sha256(coalesce(string_agg(sha256(convert_to(booksy_audit_text(
             NULL, l.id, l.business_id, l.at, l.actor, l.action, l.entity, l.record_id, l.external_id, l.run_id,
             l.reason_code, l.groups, l.reason, l.undo_of, l.entry_id), 'UTF8')), ''::bytea ORDER BY l.id), ''::bytea)), 'hex') AS digest
    FROM booksy_audit_log l
    WHERE l.business_id IS NOT DISTINCT FROM p_business AND l.seq IS NULL
  ) g
  ON CONFLICT (chain_id) DO NOTHING;
  SELECT * INTO head FROM booksy_audit_heads WHERE chain_id = chain FOR UPDATE;
  RETURN head;
END
$$;

-- Appends entries to the chain of a business (null: the installation's own) in their order, and returns the last one's id.
-- Whoever appends holds the head until the transaction ends: append last. `commitment` and `sealed` are hexadecimal.
CREATE OR REPLACE FUNCTION booksy_audit_append(p_business uuid, p_run uuid, p_entries jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head booksy_audit_heads;
  ids CONSTANT text := pg_get_serial_sequence('public.booksy_audit_log', 'id');
  last_id bigint;
  last_seq bigint;
  last_hash bytea;
BEGIN
  IF coalesce(jsonb_array_length(p_entries), 0) = 0 THEN RETURN NULL; END IF;
  head := booksy_audit_head(p_business);
  WITH entries AS MATERIALIZED (
    SELECT head.seq + e.place AS seq, nextval(ids) AS id, now()::timestamptz(3) AS at, e.actor, e.action, e.entity, e.record_id,
           e.external_id, e.reason_code, ARRAY(SELECT jsonb_array_elements_text(coalesce(e.groups, '[]'))) AS groups, e.reason,
           e.undo_of, e.entry_id, decode(e.commitment, 'hex') AS commitment, decode(e.sealed, 'hex') AS sealed
    FROM ROWS FROM (jsonb_to_recordset(p_entries) AS (
           entry_id uuid, actor text, action text, entity text, record_id uuid, external_id text, reason_code text,
           groups jsonb, reason text, undo_of bigint, commitment text, sealed text)) WITH ORDINALITY
         AS e(entry_id, actor, action, entity, record_id, external_id, reason_code, groups, reason, undo_of, commitment, sealed, place)
    ORDER BY e.place
  ), links AS MATERIALIZED (
    SELECT n.*,
           booksy_audit_links(head.hash, convert_to(booksy_audit_text(
             n.seq, n.id, p_business, n.at, n.actor, n.action, n.entity, n.record_id, n.external_id, p_run, n.reason_code,
             n.groups, n.reason, n.undo_of, n.entry_id), 'UTF8') || coalesce(n.commitment, ''::bytea))
             OVER (ORDER BY n.seq ROWS UNBOUNDED PRECEDING) AS hash
    FROM entries n
  ), kept AS (
    INSERT INTO booksy_audit_values (entry_id, business_id, sealed_values)
    SELECT entry_id, p_business, sealed FROM links WHERE sealed IS NOT NULL
  ), logged AS (
    INSERT INTO booksy_audit_log
      (id, business_id, at, actor, action, entity, record_id, external_id, run_id, reason_code, groups, reason, undo_of,
       entry_id, commitment, seq, prev_hash, hash)
    SELECT k.id, p_business, k.at, k.actor, k.action, k.entity, k.record_id, k.external_id, p_run, k.reason_code, k.groups,
           k.reason, k.undo_of, k.entry_id, k.commitment, k.seq, lag(k.hash, 1, head.hash) OVER (ORDER BY k.seq), k.hash
    FROM links k
  )
  SELECT k.id, k.seq, k.hash INTO last_id, last_seq, last_hash FROM links k ORDER BY k.seq DESC LIMIT 1;
  UPDATE booksy_audit_heads SET seq = last_seq, hash = last_hash, updated_at = now() WHERE chain_id = head.chain_id;
  RETURN last_id;
END
$$;

-- Chains begin with this migration: what was written before it is committed to by their first link.
DO $$
DECLARE
  business uuid;
BEGIN
  FOR business IN SELECT DISTINCT business_id FROM booksy_audit_log LOOP
    PERFORM booksy_audit_head(business);
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION booksy_audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege', HINT = 'Write a new row that says what is corrected.';
END
$$;
-- Values may only ever be erased, and once.
CREATE OR REPLACE FUNCTION booksy_audit_only_erase() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF (NEW.entry_id, NEW.business_id) IS NOT DISTINCT FROM (OLD.entry_id, OLD.business_id)
     AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.sealed_values IS NULL THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'booksy_audit_values can only be erased: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege', HINT = 'Set sealed_values to null and erased_at to the time of the erasure.';
END
$$;
CREATE OR REPLACE TRIGGER booksy_audit_append_only BEFORE DELETE OR TRUNCATE ON booksy_audit_values
  FOR EACH STATEMENT EXECUTE FUNCTION booksy_audit_refuse_change();
CREATE OR REPLACE TRIGGER booksy_audit_erase_only BEFORE UPDATE ON booksy_audit_values
  FOR EACH ROW EXECUTE FUNCTION booksy_audit_only_erase();
CREATE OR REPLACE TRIGGER booksy_audit_append_only BEFORE DELETE OR TRUNCATE ON booksy_audit_heads
  FOR EACH STATEMENT EXECUTE FUNCTION booksy_audit_refuse_change();
ALTER TABLE booksy_audit_values ENABLE ALWAYS TRIGGER booksy_audit_append_only;
ALTER TABLE booksy_audit_values ENABLE ALWAYS TRIGGER booksy_audit_erase_only;
ALTER TABLE booksy_audit_heads ENABLE ALWAYS TRIGGER booksy_audit_append_only;

REVOKE ALL ON FUNCTION booksy_audit_head(uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION booksy_audit_append(uuid, uuid, jsonb) FROM PUBLIC;

DO $$
DECLARE
  web_role text;
  own_table text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    FOREACH own_table IN ARRAY ARRAY['sync_failures', 'sync_rules', 'sync_rule_versions', 'sync_undos', 'booksy_audit_values', 'booksy_audit_heads'] LOOP
      EXECUTE format('REVOKE ALL ON TABLE %I FROM %I', own_table, web_role);
    END LOOP;
    EXECUTE format('REVOKE ALL ON FUNCTION booksy_audit_head(uuid) FROM %I', web_role);
    EXECUTE format('REVOKE ALL ON FUNCTION booksy_audit_append(uuid, uuid, jsonb) FROM %I', web_role);
  END LOOP;
END
$$;
