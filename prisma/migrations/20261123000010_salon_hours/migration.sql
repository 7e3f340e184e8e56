-- A person or a room whose own hours were taken away is there as the salon is, and at Booksy follows the salon's week. Only adds.

ALTER TABLE hours_schedules
  -- Of a week: somebody took it away so that the salon's counts. A day that is stated again ends it. False beside days that are
  -- merely gone: a week of which no day is stated any more closes nobody.
  ADD COLUMN IF NOT EXISTS follows_salon boolean NOT NULL DEFAULT false;

-- As before; and where the salon's week changes, whoever follows it is looked at too.
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
           follows_salon = false, row_version = s.row_version + 1, updated_at = now()
    RETURNING s.id, s.business_id
  ), followers AS (
    UPDATE hours_schedules s SET row_version = s.row_version + 1, updated_at = now()
    FROM each w
    WHERE w.part = 'weekly' AND s.id = hours_schedule_id(w.owner_kind, w.owner_id, 'custom')
      AND NOT EXISTS (SELECT FROM each c WHERE c.part = 'custom' AND c.owner_kind = w.owner_kind AND c.owner_id = w.owner_id)
    RETURNING s.id, s.business_id
  ), salon_followers AS (
    UPDATE hours_schedules s SET row_version = s.row_version + 1, updated_at = now()
    FROM each w JOIN hours_schedules f ON f.business_id = w.business_id
    WHERE w.part = 'weekly' AND w.owner_kind = 'business' AND w.owner_id = w.business_id
      AND f.part = 'weekly' AND f.follows_salon AND f.owner_kind <> 'business'
      AND s.id IN (f.id, hours_schedule_id(f.owner_kind, f.owner_id, 'custom'))
      AND NOT EXISTS (SELECT FROM each c WHERE c.owner_kind = f.owner_kind AND c.owner_id = f.owner_id)
    RETURNING s.id, s.business_id
  )
  INSERT INTO sync_outbox (business_id, entity, record_id, operation, origin)
  SELECT r.business_id, 'hours', r.id, 'update', nullif(current_setting('booksy_sync.origin', true), '')
  FROM (SELECT * FROM touched UNION ALL SELECT * FROM followers UNION ALL SELECT * FROM salon_followers) r
$$;
