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
  ADD COLUMN IF NOT EXISTS commitment bytea,
  ADD COLUMN IF NOT EXISTS seq bigint,
  ADD COLUMN IF NOT EXISTS prev_hash bytea,
  ADD COLUMN IF NOT EXISTS hash bytea;
CREATE UNIQUE INDEX IF NOT EXISTS booksy_audit_log_chain_key ON booksy_audit_log (business_id, seq) NULLS NOT DISTINCT WHERE seq IS NOT NULL;
CREATE INDEX IF NOT EXISTS booksy_audit_log_run_id_idx ON booksy_audit_log (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS booksy_audit_values (
  audit_id bigint NOT NULL,
  business_id uuid,
  -- Salt, and the groups before and after, sealed; null once erased.
  sealed_values bytea,
  erased_at timestamptz(3),
  CONSTRAINT booksy_audit_values_pkey PRIMARY KEY (audit_id)
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

DO $$
DECLARE
  web_role text;
  own_table text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    FOREACH own_table IN ARRAY ARRAY['sync_failures', 'sync_rules', 'sync_rule_versions', 'sync_undos', 'booksy_audit_values', 'booksy_audit_heads'] LOOP
      EXECUTE format('REVOKE ALL ON TABLE %I FROM %I', own_table, web_role);
    END LOOP;
  END LOOP;
END
$$;
