-- Opening hours, custom days and holidays go out to Booksy where a rule lets them (R8). Only adds.

-- ────────────────────────────────────────────── schedules ──────────────────────────────────────────────

-- A record of hours: the week, or the custom days, of one owner. Its days are rows of `working_hours`, and for the salon
-- itself also what was decided about holidays. Kept by triggers alone; a schedule is never deleted.
CREATE TABLE IF NOT EXISTS hours_schedules (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  owner_kind text NOT NULL,
  owner_id uuid NOT NULL,
  -- `weekly` or `custom`.
  part text NOT NULL,
  -- Edits of each day (R7a), by the names that the sync uses: `weekday:now:1`, `weekday:2027-01-01:1`, `date:2026-12-24`.
  counters jsonb NOT NULL DEFAULT '{}',
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT hours_schedules_pkey PRIMARY KEY (id),
  CONSTRAINT hours_schedules_part_check CHECK (part IN ('weekly', 'custom'))
);
CREATE INDEX IF NOT EXISTS hours_schedules_business_idx ON hours_schedules (business_id, owner_kind, owner_id);

-- The id of a schedule follows from what it is: whoever makes it first makes the same. `domain/states/hours.ts` does so too.
CREATE OR REPLACE FUNCTION hours_schedule_id(p_kind text, p_owner uuid, p_part text) RETURNS uuid
-- No search path of its own, here and below: the planner inlines it into its callers, which fix theirs.
LANGUAGE sql IMMUTABLE AS $$
  SELECT overlay(overlay(left(encode(sha256((p_kind || ':' || p_owner::text || ':' || p_part)::bytea), 'hex'), 32)
                         placing '8' from 13) placing '8' from 17)::uuid
$$;

-- The name under which a day is merged.
CREATE OR REPLACE FUNCTION hours_day_name(p_part text, p_from date, p_weekday int, p_date date) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_part = 'weekly'
              THEN 'weekday:' || coalesce(to_char(p_from::timestamp, 'YYYY-MM-DD'), 'now') || ':' || p_weekday::text
              ELSE 'date:' || to_char(p_date::timestamp, 'YYYY-MM-DD') END
$$;

-- Counts edits of days, makes the schedule where there is none, and reports it to the box: one statement, whatever the number of
-- days. Custom days that ceased to be stated follow the week: where that changes, its custom days are looked at too.
-- Rows of `p_days`: business_id, owner_kind, owner_id, part, day. What belongs to nobody is left out.
CREATE OR REPLACE FUNCTION hours_schedules_touch(
  p_business uuid[], p_kind text[], p_owner uuid[], p_part text[], p_day text[]
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH each AS MATERIALIZED (
    SELECT d.business_id, d.owner_kind, d.owner_id, d.part, jsonb_object_agg(d.day, 1) AS counters
    FROM unnest(p_business, p_kind, p_owner, p_part, p_day) d (business_id, owner_kind, owner_id, part, day)
    WHERE d.business_id IS NOT NULL AND d.owner_kind IS NOT NULL AND d.owner_id IS NOT NULL AND d.part IN ('weekly', 'custom')
      AND d.day IS NOT NULL
    GROUP BY 1, 2, 3, 4
  ), touched AS (
    INSERT INTO hours_schedules AS s (id, business_id, owner_kind, owner_id, part, counters)
    SELECT hours_schedule_id(e.owner_kind, e.owner_id, e.part), e.business_id, e.owner_kind, e.owner_id, e.part, e.counters
    FROM each e ORDER BY 1
    ON CONFLICT (id) DO UPDATE
       SET counters = s.counters || (SELECT jsonb_object_agg(k.day, coalesce((s.counters ->> k.day)::int, 0) + 1)
                                       FROM jsonb_object_keys(excluded.counters) k (day)),
           row_version = s.row_version + 1, updated_at = now()
    RETURNING s.id, s.business_id
  ), followers AS (
    UPDATE hours_schedules s SET row_version = s.row_version + 1, updated_at = now()
    FROM each w
    WHERE w.part = 'weekly' AND s.id = hours_schedule_id(w.owner_kind, w.owner_id, 'custom')
      AND NOT EXISTS (SELECT FROM each c WHERE c.part = 'custom' AND c.owner_kind = w.owner_kind AND c.owner_id = w.owner_id)
    RETURNING s.id, s.business_id
  )
  INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin)
  SELECT r.business_id, 'hours', r.id, 'update', nullif(current_setting('booksy_sync.origin', true), '')
  FROM (SELECT * FROM touched UNION ALL SELECT * FROM followers) r
$$;

-- ────────────────────────────────────────────── triggers (R27) ──────────────────────────────────────────────

-- Days are parts of a schedule, as items are of a visit: the box names the schedule.
CREATE OR REPLACE FUNCTION sync_outbox_of_hours() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  CASE TG_OP
    WHEN 'INSERT' THEN
      PERFORM hours_schedules_touch(array_agg(n.business_id), array_agg(n.owner_kind::text), array_agg(n.owner_id), array_agg(n.kind::text),
                                    array_agg(hours_day_name(n.kind::text, n.applies_from::date, n.day_of_week::int, n.date::date)))
      FROM new_rows n HAVING count(*) > 0;
    WHEN 'DELETE' THEN
      PERFORM hours_schedules_touch(array_agg(o.business_id), array_agg(o.owner_kind::text), array_agg(o.owner_id), array_agg(o.kind::text),
                                    array_agg(hours_day_name(o.kind::text, o.applies_from::date, o.day_of_week::int, o.date::date)))
      FROM old_rows o HAVING count(*) > 0;
    WHEN 'UPDATE' THEN
      -- A row that changed its day, or its owner, is news of both.
      PERFORM hours_schedules_touch(array_agg(c.business_id), array_agg(c.owner_kind::text), array_agg(c.owner_id), array_agg(c.kind::text),
                                    array_agg(hours_day_name(c.kind::text, c.applies_from::date, c.day_of_week::int, c.date::date)))
      FROM (
        SELECT DISTINCT v.business_id, v.owner_kind, v.owner_id, v.kind, v.applies_from, v.day_of_week, v.date
        FROM new_rows n FULL JOIN old_rows o USING (id)
        CROSS JOIN LATERAL (VALUES (n.business_id, n.owner_kind, n.owner_id, n.kind, n.applies_from, n.day_of_week, n.date),
                                   (o.business_id, o.owner_kind, o.owner_id, o.kind, o.applies_from, o.day_of_week, o.date))
          v (business_id, owner_kind, owner_id, kind, applies_from, day_of_week, date)
        WHERE n.row_version IS DISTINCT FROM o.row_version
      ) c HAVING count(*) > 0;
    WHEN 'TRUNCATE' THEN
      INSERT INTO sync_outbox (entity, operation, origin)
      VALUES ('hours', 'truncate', nullif(current_setting('booksy_sync.origin', true), ''));
  END CASE;
  RETURN NULL;
END
$$;

-- A holiday that was decided is a day of the salon. A suggestion is none.
CREATE OR REPLACE FUNCTION sync_outbox_of_holidays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  owners uuid[];
  days date[];
BEGIN
  CASE TG_OP
    WHEN 'INSERT' THEN
      SELECT array_agg(c.business_id), array_agg(c.date) INTO owners, days
      FROM (SELECT DISTINCT business_id, date FROM new_rows WHERE state <> 'suggested') c;
    WHEN 'DELETE' THEN
      SELECT array_agg(c.business_id), array_agg(c.date) INTO owners, days
      FROM (SELECT DISTINCT business_id, date FROM old_rows WHERE state <> 'suggested') c;
    WHEN 'UPDATE' THEN
      SELECT array_agg(c.business_id), array_agg(c.date) INTO owners, days
      FROM (
        SELECT DISTINCT v.business_id, v.date
        FROM new_rows n FULL JOIN old_rows o USING (id)
        CROSS JOIN LATERAL (VALUES (n.business_id, n.date), (o.business_id, o.date)) v (business_id, date)
        WHERE (n.business_id, n.date, n.state, n.intervals) IS DISTINCT FROM (o.business_id, o.date, o.state, o.intervals)
          AND (n.state <> 'suggested' OR o.state <> 'suggested')
      ) c;
    WHEN 'TRUNCATE' THEN
      INSERT INTO sync_outbox (entity, operation, origin)
      VALUES ('hours', 'truncate', nullif(current_setting('booksy_sync.origin', true), ''));
  END CASE;
  IF owners IS NOT NULL THEN
    PERFORM hours_schedules_touch(owners, array_fill('business'::text, ARRAY[cardinality(owners)]), owners,
                                  array_fill('custom'::text, ARRAY[cardinality(owners)]),
                                  ARRAY(SELECT hours_day_name('custom', NULL, NULL, d.day)
                                          FROM unnest(days) WITH ORDINALITY d (day, place) ORDER BY d.place));
  END IF;
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER booksy_sync_outbox_insert AFTER INSERT ON working_hours
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_hours();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_update AFTER UPDATE ON working_hours
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_hours();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_delete AFTER DELETE ON working_hours
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_hours();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_truncate AFTER TRUNCATE ON working_hours
  FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_hours();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_insert AFTER INSERT ON holidays
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_holidays();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_update AFTER UPDATE ON holidays
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_holidays();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_delete AFTER DELETE ON holidays
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_holidays();
CREATE OR REPLACE TRIGGER booksy_sync_outbox_truncate AFTER TRUNCATE ON holidays
  FOR EACH STATEMENT EXECUTE FUNCTION sync_outbox_of_holidays();

-- ────────────────────────────────────────────── the mirror ──────────────────────────────────────────────

ALTER TABLE external_hours
  -- What it is there, in one word: `staff:12:weekly`.
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS schedule_id uuid,
  ADD COLUMN IF NOT EXISTS flips jsonb NOT NULL DEFAULT '{}';

-- Both names of a row, whoever writes it: the release before this one knows the owner only.
CREATE OR REPLACE FUNCTION external_hours_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.external_id := NEW.owner_kind || ':' || NEW.owner_external_id || ':' || NEW.part;
  IF NEW.owner_id IS NULL AND NEW.schedule_id IS NOT NULL THEN
    SELECT s.owner_id INTO NEW.owner_id FROM hours_schedules s WHERE s.id = NEW.schedule_id;
  END IF;
  IF NEW.schedule_id IS NULL AND NEW.owner_id IS NOT NULL THEN
    NEW.schedule_id := hours_schedule_id(NEW.owner_kind, NEW.owner_id, NEW.part);
  END IF;
  -- Most owners have no custom day of their own, and a schedule all the same.
  IF NEW.owner_id IS NOT NULL THEN
    INSERT INTO hours_schedules (id, business_id, owner_kind, owner_id, part)
    VALUES (NEW.schedule_id, NEW.business_id, NEW.owner_kind, NEW.owner_id, NEW.part)
    ON CONFLICT (id) DO NOTHING;
  END IF;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER booksy_sync_name BEFORE INSERT ON external_hours
  FOR EACH ROW EXECUTE FUNCTION external_hours_name();

-- ──────────────────────────────────────────── what is there already ────────────────────────────────────────────

INSERT INTO hours_schedules (id, business_id, owner_kind, owner_id, part)
SELECT DISTINCT ON (1) hours_schedule_id(h.owner_kind::text, h.owner_id, h.kind::text), h.business_id, h.owner_kind::text, h.owner_id, h.kind::text
FROM working_hours h
WHERE h.business_id IS NOT NULL AND h.owner_kind IS NOT NULL AND h.owner_id IS NOT NULL AND h.kind::text IN ('weekly', 'custom')
ORDER BY 1, h.id
ON CONFLICT (id) DO NOTHING;
INSERT INTO hours_schedules (id, business_id, owner_kind, owner_id, part)
SELECT DISTINCT ON (1) hours_schedule_id(m.owner_kind, m.owner_id, m.part), m.business_id, m.owner_kind, m.owner_id, m.part
FROM external_hours m
WHERE m.owner_id IS NOT NULL
ORDER BY 1
ON CONFLICT (id) DO NOTHING;
INSERT INTO hours_schedules (id, business_id, owner_kind, owner_id, part)
SELECT DISTINCT ON (1) hours_schedule_id('business', h.business_id, 'custom'), h.business_id, 'business', h.business_id, 'custom'
FROM holidays h
WHERE h.state <> 'suggested'
ORDER BY 1
ON CONFLICT (id) DO NOTHING;

UPDATE external_hours m
   SET external_id = m.owner_kind || ':' || m.owner_external_id || ':' || m.part,
       schedule_id = hours_schedule_id(m.owner_kind, m.owner_id, m.part)
 WHERE m.external_id IS NULL OR m.schedule_id IS DISTINCT FROM hours_schedule_id(m.owner_kind, m.owner_id, m.part);
CREATE UNIQUE INDEX IF NOT EXISTS external_hours_external_id_key ON external_hours (business_id, external_id);
CREATE INDEX IF NOT EXISTS external_hours_schedule_id_idx ON external_hours (schedule_id);

-- ALWAYS: also where a session replays rows with session_replication_role = replica.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.relname, g.tgname
    FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT g.tgisinternal AND g.tgname LIKE 'booksy\_sync\_%'
      AND c.relname IN ('working_hours', 'holidays', 'external_hours')
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', t.relname, t.tgname);
  END LOOP;
END
$$;

-- What runs with the owner's rights is called by triggers only.
REVOKE ALL ON FUNCTION hours_schedules_touch(uuid[], text[], uuid[], text[], text[]) FROM PUBLIC;

DO $$
DECLARE
  web_role text;
BEGIN
  FOR web_role IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated') LOOP
    EXECUTE format('REVOKE ALL ON TABLE hours_schedules FROM %I', web_role);
    EXECUTE format('REVOKE ALL ON FUNCTION hours_schedules_touch(uuid[], text[], uuid[], text[], text[]) FROM %I', web_role);
  END LOOP;
END
$$;
