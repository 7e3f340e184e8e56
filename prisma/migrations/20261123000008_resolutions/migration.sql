-- Conflicts and how they are resolved: what a rule wishes of each has a column of its own, and two looks have an index. Only adds.

-- ────────────────────────────────────────────── who is to be told ──────────────────────────────────────────────

ALTER TABLE booksy_sync_conflicts
  -- The rule in force asks that an admin be told (SPEC 3.9); null before the first look, and after news of it.
  ADD COLUMN IF NOT EXISTS notify_admin boolean;

-- The release before this one writes the wish into `detail`, while both run: `detail` says what was found, and nothing else.
CREATE OR REPLACE FUNCTION booksy_conflict_wish() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.notify_admin := NEW.detail -> 'notifyAdmin' = 'true'::jsonb;
  NEW.detail := NEW.detail - 'notifyAdmin';
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER booksy_sync_wish BEFORE INSERT OR UPDATE OF detail ON booksy_sync_conflicts
  FOR EACH ROW WHEN (NEW.detail ? 'notifyAdmin') EXECUTE FUNCTION booksy_conflict_wish();
-- ALWAYS: also where a session replays rows with session_replication_role = replica.
ALTER TABLE booksy_sync_conflicts ENABLE ALWAYS TRIGGER booksy_sync_wish;

-- What is there already: the trigger moves it.
UPDATE booksy_sync_conflicts SET detail = detail WHERE detail ? 'notifyAdmin';

-- ────────────────────────────────────────────── what is looked for ──────────────────────────────────────────────

-- The open question of a card, whichever of its visits it stands on.
CREATE INDEX IF NOT EXISTS booksy_sync_conflicts_card_idx
  ON booksy_sync_conflicts (business_id, (detail ->> 'cardExternalId')) WHERE kind = 'unsure_client';

-- Visits that wait for any member of staff (R24), beside those that have somebody.
CREATE INDEX IF NOT EXISTS booking_items_any_staff_idx
  ON booking_items (business_id, starts_at) WHERE any_staff AND staff_id IS NULL;
