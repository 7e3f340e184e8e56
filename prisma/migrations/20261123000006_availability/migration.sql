-- Availability: holds, holidays, calendars of others, feeds out, rooms of services, and what a salon has decided about
-- selling its time. Only adds.

-- ─────────────────────────────────────────── how a salon sells its time ───────────────────────────────────────────

ALTER TABLE businesses
  -- What a platform booking is told while the picture of Booksy is stale (R20).
  ADD COLUMN IF NOT EXISTS stale_policy text NOT NULL DEFAULT 'pending_only',
  -- Times are offered every so many minutes, where a variant has no step of its own.
  ADD COLUMN IF NOT EXISTS slot_step_minutes integer NOT NULL DEFAULT 15,
  -- A visit cannot be booked later than this before it begins.
  ADD COLUMN IF NOT EXISTS notice_minutes integer NOT NULL DEFAULT 0,
  -- Which public holidays are suggested; null = those of `country`.
  ADD COLUMN IF NOT EXISTS holiday_country text,
  ADD COLUMN IF NOT EXISTS holiday_region text;
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'businesses_stale_policy_check') THEN
    ALTER TABLE businesses ADD CONSTRAINT businesses_stale_policy_check
      CHECK (stale_policy IN ('pending_only', 'stop', 'sell')) NOT VALID;
    ALTER TABLE businesses VALIDATE CONSTRAINT businesses_stale_policy_check;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'businesses_slot_step_check') THEN
    ALTER TABLE businesses ADD CONSTRAINT businesses_slot_step_check
      CHECK (slot_step_minutes BETWEEN 5 AND 60 AND notice_minutes >= 0) NOT VALID;
    ALTER TABLE businesses VALIDATE CONSTRAINT businesses_slot_step_check;
  END IF;
END
$$;

-- A visit made here that is confirmed only once Booksy has taken it (R20, `booksy_first`).
ALTER TABLE bookings ADD COLUMN IF NOT EXISTS awaits_booksy boolean NOT NULL DEFAULT false;

-- Whatever made it something else than pending: it waits no more.
CREATE OR REPLACE FUNCTION booking_awaits_no_more() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.awaits_booksy := false;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER booking_awaits_no_more BEFORE UPDATE ON bookings FOR EACH ROW
  WHEN (NEW.awaits_booksy AND NEW.status::text IS DISTINCT FROM 'pending') EXECUTE FUNCTION booking_awaits_no_more();
ALTER TABLE bookings ENABLE ALWAYS TRIGGER booking_awaits_no_more;

-- Which object at Booksy made a record worth a look: it may lie on another day than the record (R15b).
ALTER TABLE sync_outbox ADD COLUMN IF NOT EXISTS external_id text;

-- Which rooms a service may be given in; a service without a row needs none.
CREATE TABLE IF NOT EXISTS service_rooms (
  service_id uuid NOT NULL,
  room_id uuid NOT NULL,
  CONSTRAINT service_rooms_pkey PRIMARY KEY (service_id, room_id),
  CONSTRAINT service_rooms_service_id_fkey FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE CASCADE,
  CONSTRAINT service_rooms_room_id_fkey FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS service_rooms_room_id_idx ON service_rooms (room_id);

-- ───────────────────────────────────────────────────── holds ─────────────────────────────────────────────────────

-- Time that is kept for somebody who is about to book. No personal data: items are variant, staff, room and time.
CREATE TABLE IF NOT EXISTS booking_holds (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  token_id uuid,
  items jsonb NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- `booked`, `released` or `expired`; null while it holds.
  outcome text,
  ended_at timestamptz(3),
  booking_id uuid,
  CONSTRAINT booking_holds_pkey PRIMARY KEY (id),
  CONSTRAINT booking_holds_outcome_check CHECK (outcome IN ('booked', 'released', 'expired'))
);
CREATE INDEX IF NOT EXISTS booking_holds_expires_at_idx ON booking_holds (business_id, expires_at) WHERE outcome IS NULL;
CREATE INDEX IF NOT EXISTS booking_holds_business_idx ON booking_holds (business_id, created_at);

-- Held time of holds lies beside that of visits and blocks, under the same constraint (R21).
ALTER TABLE occupancy ADD COLUMN IF NOT EXISTS hold_id uuid;
CREATE INDEX IF NOT EXISTS occupancy_hold_id_idx ON occupancy (hold_id) WHERE hold_id IS NOT NULL;
ALTER TABLE occupancy DROP CONSTRAINT IF EXISTS occupancy_source_check;
ALTER TABLE occupancy ADD CONSTRAINT occupancy_source_check CHECK (source IN ('item', 'block', 'hold')) NOT VALID;
ALTER TABLE occupancy VALIDATE CONSTRAINT occupancy_source_check;

-- Makes a hold. The caller has locked the resources and asked the slot engine; the constraint has the last word.
-- `p_items`: [{id, variantId, serviceId, staffId, roomId, startsAt, endsAt, gapAfterMinutes, gapMinutes, seats}, …]. Each item
-- has an id of its own in `occupancy`, so that a held seat counts as one (R24).
CREATE OR REPLACE FUNCTION booking_hold_take(p_id uuid, p_business uuid, p_token uuid, p_items jsonb, p_seconds int)
RETURNS timestamptz LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ends timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
BEGIN
  INSERT INTO booking_holds (id, business_id, token_id, items, expires_at) VALUES (p_id, p_business, p_token, p_items, ends);
  INSERT INTO occupancy (business_id, resource_kind, resource_id, during, source, item_id, hold_id, session_key)
  SELECT p_business, r.kind, r.id, s.during, 'hold', i.id, p_id,
         occupancy_session_key(i.id, i."seats", i."staffId", coalesce(i."serviceId", i."variantId"), i."startsAt")
  FROM jsonb_to_recordset(p_items) i (
    id uuid, "variantId" uuid, "serviceId" uuid, "staffId" uuid, "roomId" uuid, "startsAt" timestamptz, "endsAt" timestamptz,
    "gapAfterMinutes" int, "gapMinutes" int, seats int)
  CROSS JOIN LATERAL (VALUES ('staff', i."staffId"), ('room', i."roomId")) r (kind, id)
  CROSS JOIN LATERAL unnest(occupancy_stretches(i."startsAt", i."endsAt", i."gapAfterMinutes", i."gapMinutes")) s (during)
  WHERE r.id IS NOT NULL;
  RETURN ends;
END
$$;

-- Time of holds is free again: the marks of those that overlapped nothing else go, as in occupancy_refresh.
CREATE OR REPLACE FUNCTION booking_holds_freed(p_resources uuid[], p_ranges tstzrange[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE occupancy o SET exempt = false
  WHERE o.id = ANY (ARRAY(
    SELECT n.id
    FROM unnest(p_resources, p_ranges) r (resource_id, during)
    CROSS JOIN LATERAL (
      SELECT x.* FROM occupancy x WHERE x.exempt AND x.resource_id = r.resource_id AND x.during && r.during OFFSET 0
    ) n
    WHERE NOT EXISTS (
      SELECT FROM occupancy x
      WHERE x.exempt AND x.resource_id = n.resource_id AND x.during && n.during AND x.session_key <> n.session_key
    ) AND NOT EXISTS (
      SELECT FROM occupancy x
      WHERE NOT x.exempt AND x.resource_id = n.resource_id AND x.during && n.during AND x.session_key <> n.session_key
    )
  ))
$$;

-- Ends holds that still hold, under the lock of their resources. Returns how many there were.
CREATE OR REPLACE FUNCTION booking_holds_end(p_holds uuid[], p_outcome text, p_booking uuid DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  ended int;
  resources uuid[];
  ranges tstzrange[];
BEGIN
  PERFORM occupancy_lock(ARRAY(SELECT o.resource_id FROM occupancy o WHERE o.hold_id = ANY (p_holds)));
  UPDATE booking_holds SET outcome = p_outcome, ended_at = clock_timestamp(), booking_id = p_booking
  WHERE id = ANY (p_holds) AND outcome IS NULL;
  GET DIAGNOSTICS ended = ROW_COUNT;
  WITH gone AS (DELETE FROM occupancy o WHERE o.hold_id = ANY (p_holds) RETURNING o.resource_id, o.during)
  SELECT array_agg(g.resource_id), array_agg(g.during) INTO resources, ranges FROM gone g;
  IF resources IS NOT NULL THEN PERFORM booking_holds_freed(resources, ranges); END IF;
  RETURN ended;
END
$$;

-- Takes what late holds of a business keep of these resources, whose locks the caller has. A hold is over once nothing of it is
-- left: the rest of one that spans several resources goes with whoever wants that, or at night.
CREATE OR REPLACE FUNCTION booking_holds_expire(p_business uuid, p_resources uuid[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  late uuid[] := ARRAY(SELECT h.id FROM booking_holds h
                        WHERE h.business_id = p_business AND h.outcome IS NULL AND h.expires_at <= clock_timestamp());
  resources uuid[];
  ranges tstzrange[];
  ended int;
BEGIN
  IF cardinality(late) = 0 THEN RETURN 0; END IF;
  WITH gone AS (
    DELETE FROM occupancy o WHERE o.hold_id = ANY (late) AND o.resource_id = ANY (p_resources) RETURNING o.resource_id, o.during
  )
  SELECT array_agg(g.resource_id), array_agg(g.during) INTO resources, ranges FROM gone g;
  IF resources IS NOT NULL THEN PERFORM booking_holds_freed(resources, ranges); END IF;
  UPDATE booking_holds h SET outcome = 'expired', ended_at = clock_timestamp()
  WHERE h.id = ANY (late) AND h.outcome IS NULL AND NOT EXISTS (SELECT FROM occupancy o WHERE o.hold_id = h.id);
  GET DIAGNOSTICS ended = ROW_COUNT;
  RETURN ended;
END
$$;

-- Orders everybody who takes time of what could serve these wishes, and clears late holds of it out of the way.
-- `p_any`: variants that anybody who carries them out may serve; `p_variants`: all that are wanted, for their rooms.
CREATE OR REPLACE FUNCTION booking_lock(
  p_business uuid, p_staff uuid[], p_any uuid[], p_variants uuid[], p_holds uuid[], p_bookings uuid[]
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  resources uuid[] := ARRAY(
    SELECT unnest(p_staff)
    UNION SELECT x.staff_id FROM service_variant_staff x WHERE x.variant_id = ANY (p_any)
    UNION SELECT r.room_id FROM service_variants v JOIN service_rooms r ON r.service_id = v.service_id WHERE v.id = ANY (p_variants)
    UNION SELECT o.resource_id FROM occupancy o WHERE o.hold_id = ANY (p_holds)
    UNION SELECT r.id FROM booking_items i CROSS JOIN LATERAL (VALUES (i.staff_id), (i.room_id)) r (id)
           WHERE i.booking_id = ANY (p_bookings) AND r.id IS NOT NULL
  );
BEGIN
  PERFORM occupancy_lock(resources);
  PERFORM booking_holds_expire(p_business, resources);
END
$$;

-- ──────────────────────────────────────────────────── holidays ────────────────────────────────────────────────────

-- Public holidays are suggestions until the owner says that the salon is closed, or open at certain hours.
CREATE TABLE IF NOT EXISTS holidays (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  date date NOT NULL,
  -- Names the holiday whatever the year: the library's rule, or `own` for a day that the owner added.
  code text NOT NULL,
  name text NOT NULL,
  country text,
  region text,
  -- `suggested`, `closed` or `open`.
  state text NOT NULL DEFAULT 'suggested',
  -- `[[openMinute, closeMinute], …]` where it is open.
  intervals jsonb NOT NULL DEFAULT '[]',
  decided_at timestamptz(3),
  decided_by text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT holidays_pkey PRIMARY KEY (id),
  CONSTRAINT holidays_state_check CHECK (state IN ('suggested', 'closed', 'open'))
);
CREATE UNIQUE INDEX IF NOT EXISTS holidays_business_date_code_key ON holidays (business_id, date, code);

-- ───────────────────────────────────────────── calendars of others ─────────────────────────────────────────────

-- An iCalendar feed whose events block the time of a person or of the whole salon.
CREATE TABLE IF NOT EXISTS external_calendars (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  -- `staff` or `business`.
  owner_kind text NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL,
  -- The address is a secret: whoever has it reads the calendar.
  sealed_url bytea NOT NULL,
  -- Its host, for people.
  host text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  -- Whether its events also block time at Booksy.
  blocks_booksy boolean NOT NULL DEFAULT true,
  interval_seconds integer NOT NULL DEFAULT 900,
  due_at timestamptz(3) NOT NULL DEFAULT now(),
  claimed_until timestamptz(3),
  etag text,
  last_modified text,
  body_hash text,
  -- The last readable copy, sealed: 304 says "as before", and its repetitions go on.
  sealed_copy bytea,
  -- `new`, `ok`, `failing` (the last copy still counts) or `expired` (it does not any more).
  state text NOT NULL DEFAULT 'new',
  error_code text,
  error_detail text,
  failures integer NOT NULL DEFAULT 0,
  fetched_at timestamptz(3),
  ok_at timestamptz(3),
  failing_since timestamptz(3),
  -- Up to which instant events are laid out as blocks.
  laid_out_until timestamptz(3),
  events integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_calendars_pkey PRIMARY KEY (id),
  CONSTRAINT external_calendars_owner_kind_check CHECK (owner_kind IN ('staff', 'business')),
  CONSTRAINT external_calendars_state_check CHECK (state IN ('new', 'ok', 'failing', 'expired'))
);
CREATE INDEX IF NOT EXISTS external_calendars_due_at_idx ON external_calendars (due_at) WHERE active;
CREATE INDEX IF NOT EXISTS external_calendars_business_idx ON external_calendars (business_id, id);

-- Their events are blocks like all others (R19): one row for each stretch of each person.
ALTER TABLE time_off
  ADD COLUMN IF NOT EXISTS external_calendar_id uuid,
  -- Which event and repetition, as a hash.
  ADD COLUMN IF NOT EXISTS event_key text;
CREATE UNIQUE INDEX IF NOT EXISTS time_off_event_key ON time_off (external_calendar_id, owner_id, event_key)
  WHERE external_calendar_id IS NOT NULL;
ALTER TABLE time_off DROP CONSTRAINT IF EXISTS time_off_source_check;
ALTER TABLE time_off ADD CONSTRAINT time_off_source_check CHECK (source IN ('time_off', 'reservation', 'calendar')) NOT VALID;
ALTER TABLE time_off VALIDATE CONSTRAINT time_off_source_check;

-- Private feeds out. The address is the key; only its hash is here.
CREATE TABLE IF NOT EXISTS calendar_feeds (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  -- `staff` or `business`.
  owner_kind text NOT NULL,
  owner_id uuid NOT NULL,
  name text NOT NULL,
  token_hash bytea NOT NULL,
  -- Names of clients and services only where the owner asked for them.
  with_details boolean NOT NULL DEFAULT false,
  created_by text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  last_read_at timestamptz(3),
  CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id),
  CONSTRAINT calendar_feeds_owner_kind_check CHECK (owner_kind IN ('staff', 'business'))
);
CREATE UNIQUE INDEX IF NOT EXISTS calendar_feeds_token_hash_key ON calendar_feeds (token_hash);
CREATE INDEX IF NOT EXISTS calendar_feeds_business_idx ON calendar_feeds (business_id, id);

-- ─────────────────────────────────────── telling who keeps a copy of the time ───────────────────────────────────────

-- Whoever keeps a salon's free time for a minute drops it when something changes. One notification of a transaction.
CREATE OR REPLACE FUNCTION availability_notify() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('booksy_sync_time', coalesce(c.business_id::text, '*'))
  FROM (SELECT DISTINCT business_id FROM changed_rows) c;
  RETURN NULL;
END
$$;
-- For tables whose rows do not say whose they are, and for TRUNCATE.
CREATE OR REPLACE FUNCTION availability_notify_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('booksy_sync_time', '*');
  RETURN NULL;
END
$$;

DO $$
DECLARE
  own_table text;
BEGIN
  FOREACH own_table IN ARRAY ARRAY['occupancy', 'working_hours', 'holidays', 'services', 'service_variants', 'staff', 'rooms', 'sync_rules', 'time_off'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER availability_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION availability_notify()', own_table);
    EXECUTE format('CREATE OR REPLACE TRIGGER availability_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION availability_notify()', own_table);
    EXECUTE format('CREATE OR REPLACE TRIGGER availability_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION availability_notify()', own_table);
    EXECUTE format('CREATE OR REPLACE TRIGGER availability_truncate AFTER TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION availability_notify_all()', own_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER availability_insert', own_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER availability_update', own_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER availability_delete', own_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER availability_truncate', own_table);
  END LOOP;
  FOREACH own_table IN ARRAY ARRAY['service_variant_staff', 'service_rooms', 'businesses'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER availability_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION availability_notify_all()', own_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER availability_change', own_table);
  END LOOP;
END
$$;

-- ──────────────────────────────────── nothing of it for web roles of a hosted platform ────────────────────────────────────

DO $$
DECLARE
  web_role text;
  own_table text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    FOREACH own_table IN ARRAY ARRAY['booking_holds', 'external_calendars', 'calendar_feeds'] LOOP
      EXECUTE format('REVOKE ALL ON TABLE %I FROM %I', own_table, web_role);
    END LOOP;
  END LOOP;
END
$$;
