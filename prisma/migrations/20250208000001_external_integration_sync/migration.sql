-- The platform's tables, what Booksy holds, and the engine's own state.
--
-- Standalone this makes everything. On a platform that exists already it only adds: a table that is there keeps its
-- rows, columns, keys and rules, and gets the columns that are missing (with a default, or nullable: its own
-- application must be able to go on writing). `booksy doctor` names what such a platform still has to fill in.

-- Tables that are there must be addressable by a uuid: links, occupancy and outbox name records by it.
DO $$
DECLARE
  offender text;
BEGIN
  SELECT string_agg(format('%I.id is %s', c.table_name, c.data_type), ', ' ORDER BY c.table_name)
  INTO offender
  FROM information_schema.columns c
  WHERE c.table_schema = 'public'
    AND c.column_name = 'id'
    AND c.data_type <> 'uuid'
    AND c.table_name IN (
      'businesses', 'service_categories', 'services', 'service_variants', 'staff', 'rooms', 'profiles',
      'bookings', 'booking_items', 'working_hours', 'time_off'
    );
  IF offender IS NOT NULL THEN
    RAISE EXCEPTION 'Booksy Sync cannot be added to these tables: %', offender
      USING ERRCODE = 'feature_not_supported',
            HINT = 'It needs "id uuid". Give Booksy Sync a database of its own, or views with uuid keys under these names.';
  END IF;
END
$$;

-- ───────────────────────────────────────────── platform ─────────────────────────────────────────────

CREATE TABLE IF NOT EXISTS businesses (
  id uuid NOT NULL,
  name text NOT NULL,
  zone text NOT NULL,
  country text NOT NULL,
  currency text NOT NULL,
  booksy_business_id text,
  booking_mode text,
  booksy_mode text NOT NULL DEFAULT 'booksy_first',
  paused_at timestamptz(3),
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT businesses_pkey PRIMARY KEY (id),
  CONSTRAINT businesses_booksy_mode_check CHECK (booksy_mode IN ('booksy_first', 'instant'))
);
ALTER TABLE businesses
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS zone text,
  ADD COLUMN IF NOT EXISTS country text,
  ADD COLUMN IF NOT EXISTS currency text,
  ADD COLUMN IF NOT EXISTS booksy_business_id text,
  ADD COLUMN IF NOT EXISTS booking_mode text,
  ADD COLUMN IF NOT EXISTS booksy_mode text NOT NULL DEFAULT 'booksy_first',
  ADD COLUMN IF NOT EXISTS paused_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX IF NOT EXISTS businesses_booksy_business_id_key ON businesses (booksy_business_id);

CREATE TABLE IF NOT EXISTS service_categories (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  name text NOT NULL,
  position integer NOT NULL DEFAULT 0,
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT service_categories_pkey PRIMARY KEY (id),
  CONSTRAINT service_categories_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION
);
ALTER TABLE service_categories
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS service_categories_business_id_position_id_idx ON service_categories (business_id, position, id);

CREATE TABLE IF NOT EXISTS services (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  category_id uuid,
  name text NOT NULL,
  description text,
  price_type text,
  padding_kind text,
  padding_minutes integer NOT NULL DEFAULT 0,
  gap_after_minutes integer,
  gap_minutes integer,
  parallel_clients integer NOT NULL DEFAULT 1,
  active boolean NOT NULL DEFAULT true,
  position integer NOT NULL DEFAULT 0,
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT services_pkey PRIMARY KEY (id),
  CONSTRAINT services_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
  CONSTRAINT services_category_id_fkey FOREIGN KEY (category_id) REFERENCES service_categories (id) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT services_padding_kind_check CHECK (padding_kind IN ('before', 'after', 'both')),
  CONSTRAINT services_parallel_clients_check CHECK (parallel_clients >= 1)
);
ALTER TABLE services
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS category_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS description text,
  ADD COLUMN IF NOT EXISTS price_type text,
  ADD COLUMN IF NOT EXISTS padding_kind text,
  ADD COLUMN IF NOT EXISTS padding_minutes integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS gap_after_minutes integer,
  ADD COLUMN IF NOT EXISTS gap_minutes integer,
  ADD COLUMN IF NOT EXISTS parallel_clients integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS services_business_id_position_id_idx ON services (business_id, position, id);
CREATE INDEX IF NOT EXISTS services_category_id_idx ON services (category_id);

CREATE TABLE IF NOT EXISTS service_variants (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  service_id uuid NOT NULL,
  label text,
  price_type text NOT NULL DEFAULT 'fixed',
  price_minor bigint,
  currency text NOT NULL,
  duration_minutes integer NOT NULL,
  slot_step_minutes integer,
  active boolean NOT NULL DEFAULT true,
  position integer NOT NULL DEFAULT 0,
  edits integer NOT NULL DEFAULT 0,
  staff_edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT service_variants_pkey PRIMARY KEY (id),
  CONSTRAINT service_variants_service_id_fkey FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT service_variants_price_type_check CHECK (price_type IN ('fixed', 'varies', 'hidden', 'free', 'from', 'combo'))
);
ALTER TABLE service_variants
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS service_id uuid,
  ADD COLUMN IF NOT EXISTS label text,
  ADD COLUMN IF NOT EXISTS price_type text NOT NULL DEFAULT 'fixed',
  ADD COLUMN IF NOT EXISTS price_minor bigint,
  ADD COLUMN IF NOT EXISTS currency text,
  ADD COLUMN IF NOT EXISTS duration_minutes integer,
  ADD COLUMN IF NOT EXISTS slot_step_minutes integer,
  ADD COLUMN IF NOT EXISTS active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS staff_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS service_variants_service_id_position_idx ON service_variants (service_id, position);
CREATE INDEX IF NOT EXISTS service_variants_business_id_idx ON service_variants (business_id);

CREATE TABLE IF NOT EXISTS staff (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  name text NOT NULL,
  email text,
  bookable boolean NOT NULL DEFAULT true,
  active boolean NOT NULL DEFAULT true,
  access_level text,
  position integer NOT NULL DEFAULT 0,
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT staff_pkey PRIMARY KEY (id),
  CONSTRAINT staff_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION
);
ALTER TABLE staff
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS email text,
  ADD COLUMN IF NOT EXISTS bookable boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS access_level text,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS staff_business_id_position_id_idx ON staff (business_id, position, id);

CREATE TABLE IF NOT EXISTS service_variant_staff (
  variant_id uuid NOT NULL,
  staff_id uuid NOT NULL,
  CONSTRAINT service_variant_staff_pkey PRIMARY KEY (variant_id, staff_id),
  CONSTRAINT service_variant_staff_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES service_variants (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT service_variant_staff_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE CASCADE ON UPDATE NO ACTION
);
ALTER TABLE service_variant_staff
  ADD COLUMN IF NOT EXISTS variant_id uuid,
  ADD COLUMN IF NOT EXISTS staff_id uuid;
CREATE INDEX IF NOT EXISTS service_variant_staff_staff_id_idx ON service_variant_staff (staff_id);

CREATE TABLE IF NOT EXISTS rooms (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  name text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  position integer NOT NULL DEFAULT 0,
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT rooms_pkey PRIMARY KEY (id),
  CONSTRAINT rooms_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION
);
ALTER TABLE rooms
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS name text,
  ADD COLUMN IF NOT EXISTS active boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS rooms_business_id_position_id_idx ON rooms (business_id, position, id);

CREATE TABLE IF NOT EXISTS profiles (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  given_name text NOT NULL DEFAULT '',
  family_name text NOT NULL DEFAULT '',
  email text,
  phone_e164 text,
  provenance jsonb NOT NULL DEFAULT '{}',
  name_edits integer NOT NULL DEFAULT 0,
  email_edits integer NOT NULL DEFAULT 0,
  phone_edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT profiles_pkey PRIMARY KEY (id),
  CONSTRAINT profiles_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION
);
ALTER TABLE profiles
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS given_name text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS family_name text NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS email text,
  ADD COLUMN IF NOT EXISTS phone_e164 text,
  ADD COLUMN IF NOT EXISTS provenance jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS name_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS email_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS phone_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS profiles_business_id_family_name_given_name_id_idx ON profiles (business_id, family_name, given_name, id);
CREATE INDEX IF NOT EXISTS profiles_business_id_email_idx ON profiles (business_id, email);
CREATE INDEX IF NOT EXISTS profiles_business_id_phone_e164_idx ON profiles (business_id, phone_e164);

CREATE TABLE IF NOT EXISTS bookings (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  profile_id uuid,
  status text NOT NULL DEFAULT 'confirmed',
  status_reason text,
  external_status text,
  client_name text,
  client_phone text,
  client_email text,
  client_note text,
  traveling jsonb,
  zone text NOT NULL,
  starts_local timestamp(0) NOT NULL,
  ends_local timestamp(0) NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  source text NOT NULL DEFAULT 'platform',
  generation integer NOT NULL DEFAULT 1,
  overbooking_allowed boolean NOT NULL DEFAULT false,
  gone_at_booksy timestamptz(3),
  status_edits integer NOT NULL DEFAULT 0,
  client_edits integer NOT NULL DEFAULT 0,
  note_edits integer NOT NULL DEFAULT 0,
  travel_edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT bookings_pkey PRIMARY KEY (id),
  CONSTRAINT bookings_business_id_fkey FOREIGN KEY (business_id) REFERENCES businesses (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
  CONSTRAINT bookings_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT bookings_status_check CHECK (
    status IN ('pending', 'confirmed', 'proposed', 'cancelled', 'completed', 'no_show')
  ),
  CONSTRAINT bookings_source_check CHECK (source IN ('platform', 'booksy')),
  CONSTRAINT bookings_generation_check CHECK (generation >= 1)
);
ALTER TABLE bookings
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS profile_id uuid,
  ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'confirmed',
  ADD COLUMN IF NOT EXISTS status_reason text,
  ADD COLUMN IF NOT EXISTS external_status text,
  ADD COLUMN IF NOT EXISTS client_name text,
  ADD COLUMN IF NOT EXISTS client_phone text,
  ADD COLUMN IF NOT EXISTS client_email text,
  ADD COLUMN IF NOT EXISTS client_note text,
  ADD COLUMN IF NOT EXISTS traveling jsonb,
  ADD COLUMN IF NOT EXISTS zone text,
  ADD COLUMN IF NOT EXISTS starts_local timestamp(0),
  ADD COLUMN IF NOT EXISTS ends_local timestamp(0),
  ADD COLUMN IF NOT EXISTS starts_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS ends_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS source text NOT NULL DEFAULT 'platform',
  ADD COLUMN IF NOT EXISTS generation integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS overbooking_allowed boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS gone_at_booksy timestamptz(3),
  ADD COLUMN IF NOT EXISTS status_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS client_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS note_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS travel_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS bookings_business_id_starts_at_id_idx ON bookings (business_id, starts_at, id);
CREATE INDEX IF NOT EXISTS bookings_profile_id_starts_at_idx ON bookings (profile_id, starts_at);

CREATE TABLE IF NOT EXISTS booking_items (
  id uuid NOT NULL,
  booking_id uuid NOT NULL,
  business_id uuid NOT NULL,
  position integer NOT NULL DEFAULT 0,
  service_id uuid,
  variant_id uuid,
  service_name text,
  staff_id uuid,
  any_staff boolean NOT NULL DEFAULT false,
  room_id uuid,
  starts_local timestamp(0) NOT NULL,
  ends_local timestamp(0) NOT NULL,
  zone text NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  start_mark text NOT NULL DEFAULT 'exact',
  end_mark text NOT NULL DEFAULT 'exact',
  prior_starts_at timestamptz(3),
  prior_ends_at timestamptz(3),
  price_type text,
  price_minor bigint,
  currency text,
  gap_after_minutes integer,
  gap_minutes integer,
  session_seats integer NOT NULL DEFAULT 1,
  time_edits integer NOT NULL DEFAULT 0,
  service_edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT booking_items_pkey PRIMARY KEY (id),
  CONSTRAINT booking_items_booking_id_fkey FOREIGN KEY (booking_id) REFERENCES bookings (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  CONSTRAINT booking_items_service_id_fkey FOREIGN KEY (service_id) REFERENCES services (id) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT booking_items_variant_id_fkey FOREIGN KEY (variant_id) REFERENCES service_variants (id) ON DELETE SET NULL ON UPDATE NO ACTION,
  CONSTRAINT booking_items_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
  CONSTRAINT booking_items_room_id_fkey FOREIGN KEY (room_id) REFERENCES rooms (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
  CONSTRAINT booking_items_marks_check CHECK (
    start_mark IN ('exact', 'gap', 'overlap_earlier', 'overlap_later')
    AND end_mark IN ('exact', 'gap', 'overlap_earlier', 'overlap_later')
  ),
  CONSTRAINT booking_items_session_seats_check CHECK (session_seats >= 1)
);
ALTER TABLE booking_items
  ADD COLUMN IF NOT EXISTS booking_id uuid,
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS position integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS service_id uuid,
  ADD COLUMN IF NOT EXISTS variant_id uuid,
  ADD COLUMN IF NOT EXISTS service_name text,
  ADD COLUMN IF NOT EXISTS staff_id uuid,
  ADD COLUMN IF NOT EXISTS any_staff boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS room_id uuid,
  ADD COLUMN IF NOT EXISTS starts_local timestamp(0),
  ADD COLUMN IF NOT EXISTS ends_local timestamp(0),
  ADD COLUMN IF NOT EXISTS zone text,
  ADD COLUMN IF NOT EXISTS starts_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS ends_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS start_mark text NOT NULL DEFAULT 'exact',
  ADD COLUMN IF NOT EXISTS end_mark text NOT NULL DEFAULT 'exact',
  ADD COLUMN IF NOT EXISTS prior_starts_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS prior_ends_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS price_type text,
  ADD COLUMN IF NOT EXISTS price_minor bigint,
  ADD COLUMN IF NOT EXISTS currency text,
  ADD COLUMN IF NOT EXISTS gap_after_minutes integer,
  ADD COLUMN IF NOT EXISTS gap_minutes integer,
  ADD COLUMN IF NOT EXISTS session_seats integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS time_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS service_edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS booking_items_booking_id_position_idx ON booking_items (booking_id, position);
CREATE INDEX IF NOT EXISTS booking_items_staff_id_starts_at_idx ON booking_items (staff_id, starts_at);

CREATE TABLE IF NOT EXISTS working_hours (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  owner_kind text NOT NULL,
  owner_id uuid NOT NULL,
  kind text NOT NULL,
  day_of_week integer,
  date date,
  applies_from date,
  intervals jsonb NOT NULL DEFAULT '[]',
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT working_hours_pkey PRIMARY KEY (id),
  CONSTRAINT working_hours_owner_kind_check CHECK (owner_kind IN ('business', 'staff', 'room')),
  CONSTRAINT working_hours_kind_check CHECK (
    (kind = 'weekly' AND day_of_week BETWEEN 0 AND 6 AND date IS NULL)
    OR (kind = 'custom' AND date IS NOT NULL AND day_of_week IS NULL)
  )
);
ALTER TABLE working_hours
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS owner_kind text,
  ADD COLUMN IF NOT EXISTS owner_id uuid,
  ADD COLUMN IF NOT EXISTS kind text,
  ADD COLUMN IF NOT EXISTS day_of_week integer,
  ADD COLUMN IF NOT EXISTS date date,
  ADD COLUMN IF NOT EXISTS applies_from date,
  ADD COLUMN IF NOT EXISTS intervals jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS working_hours_business_id_owner_kind_owner_id_idx ON working_hours (business_id, owner_kind, owner_id);

-- One row for each owner, kind and day. Not on a table that was there with rows that would break it: doctor tells.
DO $$
BEGIN
  IF EXISTS (
    SELECT FROM working_hours
    GROUP BY owner_kind, owner_id, kind, day_of_week, date, applies_from
    HAVING count(*) > 1
  ) THEN
    RAISE WARNING 'working_hours holds rows without owner: the index working_hours_owner_key was not made';
  ELSE
    CREATE UNIQUE INDEX IF NOT EXISTS working_hours_owner_key
      ON working_hours (owner_kind, owner_id, kind, day_of_week, date, applies_from) NULLS NOT DISTINCT;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS time_off (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  owner_kind text NOT NULL,
  owner_id uuid NOT NULL,
  source text NOT NULL DEFAULT 'time_off',
  zone text NOT NULL,
  starts_local timestamp(0) NOT NULL,
  ends_local timestamp(0) NOT NULL,
  starts_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  all_day boolean NOT NULL DEFAULT false,
  reason_code text NOT NULL DEFAULT 'other',
  approved boolean NOT NULL DEFAULT true,
  edits integer NOT NULL DEFAULT 0,
  row_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT time_off_pkey PRIMARY KEY (id),
  CONSTRAINT time_off_owner_kind_check CHECK (owner_kind IN ('staff', 'room')),
  CONSTRAINT time_off_source_check CHECK (source IN ('time_off', 'reservation'))
);
ALTER TABLE time_off
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS owner_kind text,
  ADD COLUMN IF NOT EXISTS owner_id uuid,
  ADD COLUMN IF NOT EXISTS source text NOT NULL DEFAULT 'time_off',
  ADD COLUMN IF NOT EXISTS zone text,
  ADD COLUMN IF NOT EXISTS starts_local timestamp(0),
  ADD COLUMN IF NOT EXISTS ends_local timestamp(0),
  ADD COLUMN IF NOT EXISTS starts_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS ends_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS all_day boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS reason_code text NOT NULL DEFAULT 'other',
  ADD COLUMN IF NOT EXISTS approved boolean NOT NULL DEFAULT true,
  ADD COLUMN IF NOT EXISTS edits integer NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS row_version bigint NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS time_off_business_id_starts_at_id_idx ON time_off (business_id, starts_at, id);
CREATE INDEX IF NOT EXISTS time_off_owner_id_starts_at_idx ON time_off (owner_id, starts_at);

-- ──────────────────────────────── what Booksy holds: mirror, base, links ────────────────────────────────
-- No foreign keys to the platform: a record that its owner deletes must leave its link behind (R18).

CREATE TABLE IF NOT EXISTS external_services (
  business_id uuid NOT NULL,
  entity text NOT NULL,
  external_id text NOT NULL,
  record_id uuid,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_services_pkey PRIMARY KEY (business_id, entity, external_id),
  CONSTRAINT external_services_entity_check CHECK (entity IN ('category', 'service', 'variant'))
);
ALTER TABLE external_services
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS record_id uuid,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX IF NOT EXISTS external_services_record_id_key ON external_services (record_id);

CREATE TABLE IF NOT EXISTS external_staff (
  business_id uuid NOT NULL,
  external_id text NOT NULL,
  staff_id uuid,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_staff_pkey PRIMARY KEY (business_id, external_id)
);
ALTER TABLE external_staff
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS staff_id uuid,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX IF NOT EXISTS external_staff_staff_id_key ON external_staff (staff_id);

CREATE TABLE IF NOT EXISTS external_rooms (
  business_id uuid NOT NULL,
  external_id text NOT NULL,
  room_id uuid,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_rooms_pkey PRIMARY KEY (business_id, external_id)
);
ALTER TABLE external_rooms
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS room_id uuid,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX IF NOT EXISTS external_rooms_room_id_key ON external_rooms (room_id);

CREATE TABLE IF NOT EXISTS external_clients (
  business_id uuid NOT NULL,
  external_id text NOT NULL,
  profile_id uuid,
  is_primary boolean NOT NULL DEFAULT false,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_clients_pkey PRIMARY KEY (business_id, external_id)
);
ALTER TABLE external_clients
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS profile_id uuid,
  ADD COLUMN IF NOT EXISTS is_primary boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS external_clients_profile_id_idx ON external_clients (profile_id);

CREATE TABLE IF NOT EXISTS external_hours (
  business_id uuid NOT NULL,
  owner_kind text NOT NULL,
  owner_external_id text NOT NULL,
  part text NOT NULL,
  owner_id uuid,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_hours_pkey PRIMARY KEY (business_id, owner_kind, owner_external_id, part)
);
ALTER TABLE external_hours
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS owner_kind text,
  ADD COLUMN IF NOT EXISTS owner_external_id text,
  ADD COLUMN IF NOT EXISTS part text,
  ADD COLUMN IF NOT EXISTS owner_id uuid,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();

CREATE TABLE IF NOT EXISTS external_time_off (
  business_id uuid NOT NULL,
  source text NOT NULL,
  external_id text NOT NULL,
  resource_external_id text NOT NULL,
  time_off_id uuid,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_time_off_pkey PRIMARY KEY (business_id, source, external_id)
);
ALTER TABLE external_time_off
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS source text,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS resource_external_id text,
  ADD COLUMN IF NOT EXISTS time_off_id uuid,
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE UNIQUE INDEX IF NOT EXISTS external_time_off_time_off_id_key ON external_time_off (time_off_id);

CREATE TABLE IF NOT EXISTS external_bookings (
  business_id uuid NOT NULL,
  external_id text NOT NULL,
  booking_id uuid,
  client_external_id text,
  import_uid text,
  item_links jsonb NOT NULL DEFAULT '{}',
  starts_local timestamp(0) NOT NULL,
  ends_local timestamp(0) NOT NULL,
  remote jsonb NOT NULL,
  remote_hash text NOT NULL,
  base_theirs jsonb NOT NULL,
  base_ours jsonb NOT NULL,
  base_counters jsonb NOT NULL DEFAULT '{}',
  sealed_extra bytea,
  observed_sent_at timestamptz(3) NOT NULL,
  observed_received_at timestamptz(3) NOT NULL,
  gone_at timestamptz(3),
  last_run_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT external_bookings_pkey PRIMARY KEY (business_id, external_id)
);
ALTER TABLE external_bookings
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS booking_id uuid,
  ADD COLUMN IF NOT EXISTS client_external_id text,
  ADD COLUMN IF NOT EXISTS import_uid text,
  ADD COLUMN IF NOT EXISTS item_links jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS starts_local timestamp(0),
  ADD COLUMN IF NOT EXISTS ends_local timestamp(0),
  ADD COLUMN IF NOT EXISTS remote jsonb,
  ADD COLUMN IF NOT EXISTS remote_hash text,
  ADD COLUMN IF NOT EXISTS base_theirs jsonb,
  ADD COLUMN IF NOT EXISTS base_ours jsonb,
  ADD COLUMN IF NOT EXISTS base_counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_extra bytea,
  ADD COLUMN IF NOT EXISTS observed_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS observed_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS gone_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS external_bookings_business_id_starts_local_external_id_idx ON external_bookings (business_id, starts_local, external_id);
CREATE UNIQUE INDEX IF NOT EXISTS external_bookings_booking_id_key ON external_bookings (booking_id);

-- One primary card for each profile (R38).
CREATE UNIQUE INDEX IF NOT EXISTS external_clients_primary_key ON external_clients (profile_id) WHERE is_primary;
-- Finding our own creates (R15), and doubles (R16a).
CREATE INDEX IF NOT EXISTS external_bookings_import_uid_idx ON external_bookings (business_id, import_uid) WHERE import_uid IS NOT NULL;

-- ─────────────────────────────────────── the engine's own state ───────────────────────────────────────

CREATE TABLE IF NOT EXISTS integration_sync_status (
  business_id uuid NOT NULL,
  entity text NOT NULL,
  window_key text NOT NULL,
  proven_sent_at timestamptz(3),
  proven_received_at timestamptz(3),
  complete boolean NOT NULL DEFAULT false,
  remote_count integer,
  last_run_id uuid,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT integration_sync_status_pkey PRIMARY KEY (business_id, entity, window_key)
);
ALTER TABLE integration_sync_status
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS window_key text,
  ADD COLUMN IF NOT EXISTS proven_sent_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS proven_received_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS complete boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS remote_count integer,
  ADD COLUMN IF NOT EXISTS last_run_id uuid,
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();

CREATE TABLE IF NOT EXISTS webhook_logs (
  id bigint GENERATED BY DEFAULT AS IDENTITY,
  business_id uuid NOT NULL,
  delivery_id text,
  action text NOT NULL,
  external_id text,
  body_hash text NOT NULL,
  sealed_body bytea,
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  drained_at timestamptz(3),
  CONSTRAINT webhook_logs_pkey PRIMARY KEY (id)
);
ALTER TABLE webhook_logs
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS delivery_id text,
  ADD COLUMN IF NOT EXISTS action text,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS body_hash text,
  ADD COLUMN IF NOT EXISTS sealed_body bytea,
  ADD COLUMN IF NOT EXISTS received_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS drained_at timestamptz(3);
CREATE INDEX IF NOT EXISTS webhook_logs_business_id_external_id_received_at_idx ON webhook_logs (business_id, external_id, received_at);
CREATE INDEX IF NOT EXISTS webhook_logs_received_at_idx ON webhook_logs (received_at);
CREATE UNIQUE INDEX IF NOT EXISTS webhook_logs_business_id_delivery_id_key ON webhook_logs (business_id, delivery_id);

-- What is still to be drained.
CREATE INDEX IF NOT EXISTS webhook_logs_undrained_idx ON webhook_logs (business_id, id) WHERE drained_at IS NULL;

CREATE TABLE IF NOT EXISTS sync_outbox (
  id bigint GENERATED BY DEFAULT AS IDENTITY,
  business_id uuid,
  entity text NOT NULL,
  record_id uuid,
  operation text NOT NULL,
  origin text,
  transaction_id xid8 DEFAULT pg_current_xact_id(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT sync_outbox_pkey PRIMARY KEY (id)
);
ALTER TABLE sync_outbox
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS record_id uuid,
  ADD COLUMN IF NOT EXISTS operation text,
  ADD COLUMN IF NOT EXISTS origin text,
  ADD COLUMN IF NOT EXISTS transaction_id xid8 DEFAULT pg_current_xact_id(),
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS sync_outbox_business_id_entity_record_id_idx ON sync_outbox (business_id, entity, record_id);

CREATE TABLE IF NOT EXISTS sync_intents (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  entity text NOT NULL,
  record_id uuid NOT NULL,
  operation text NOT NULL,
  state text NOT NULL,
  generation integer NOT NULL DEFAULT 1,
  import_uid text,
  groups text[] NOT NULL DEFAULT '{}',
  sealed_body bytea,
  sealed_pre_image bytea,
  sealed_held bytea,
  counters jsonb NOT NULL DEFAULT '{}',
  opened_at timestamptz(3) NOT NULL DEFAULT now(),
  due_at timestamptz(3),
  remembered_until timestamptz(3),
  resolved_at timestamptz(3),
  outcome text,
  CONSTRAINT sync_intents_pkey PRIMARY KEY (id)
);
ALTER TABLE sync_intents
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS record_id uuid,
  ADD COLUMN IF NOT EXISTS operation text,
  ADD COLUMN IF NOT EXISTS state text,
  ADD COLUMN IF NOT EXISTS generation integer NOT NULL DEFAULT 1,
  ADD COLUMN IF NOT EXISTS import_uid text,
  ADD COLUMN IF NOT EXISTS groups text[] NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS sealed_body bytea,
  ADD COLUMN IF NOT EXISTS sealed_pre_image bytea,
  ADD COLUMN IF NOT EXISTS sealed_held bytea,
  ADD COLUMN IF NOT EXISTS counters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS opened_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS due_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS remembered_until timestamptz(3),
  ADD COLUMN IF NOT EXISTS resolved_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS outcome text;
CREATE INDEX IF NOT EXISTS sync_intents_business_id_entity_record_id_opened_at_idx ON sync_intents (business_id, entity, record_id, opened_at);

-- Open intents and remembered writes wake by their due time (R28a).
CREATE INDEX IF NOT EXISTS sync_intents_due_idx ON sync_intents (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS sync_leases (
  entity text NOT NULL,
  record_id uuid NOT NULL,
  business_id uuid NOT NULL,
  owner text NOT NULL,
  taken_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  CONSTRAINT sync_leases_pkey PRIMARY KEY (entity, record_id)
);
ALTER TABLE sync_leases
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS record_id uuid,
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS owner text,
  ADD COLUMN IF NOT EXISTS taken_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS expires_at timestamptz(3);
CREATE INDEX IF NOT EXISTS sync_leases_expires_at_idx ON sync_leases (expires_at);

CREATE TABLE IF NOT EXISTS sync_runs (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  kind text NOT NULL,
  workflow_id text NOT NULL,
  temporal_run_id text,
  actor text NOT NULL,
  status text NOT NULL DEFAULT 'running',
  started_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3),
  phase text,
  counts jsonb NOT NULL DEFAULT '{}',
  cursor jsonb,
  error_code text,
  error_detail text,
  CONSTRAINT sync_runs_pkey PRIMARY KEY (id),
  CONSTRAINT sync_runs_status_check CHECK (status IN ('running', 'completed', 'failed', 'cancelled'))
);
ALTER TABLE sync_runs
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS kind text,
  ADD COLUMN IF NOT EXISTS workflow_id text,
  ADD COLUMN IF NOT EXISTS temporal_run_id text,
  ADD COLUMN IF NOT EXISTS actor text,
  ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT 'running',
  ADD COLUMN IF NOT EXISTS started_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS finished_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS phase text,
  ADD COLUMN IF NOT EXISTS counts jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS cursor jsonb,
  ADD COLUMN IF NOT EXISTS error_code text,
  ADD COLUMN IF NOT EXISTS error_detail text;
CREATE INDEX IF NOT EXISTS sync_runs_business_id_started_at_id_idx ON sync_runs (business_id, started_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS sync_runs_workflow_id_idx ON sync_runs (workflow_id);

-- Scratch: unlogged, its loss only makes a pass incomplete (R2).
CREATE UNLOGGED TABLE IF NOT EXISTS sync_pass_rows (
  run_id uuid NOT NULL,
  window_key text NOT NULL,
  external_id text NOT NULL,
  CONSTRAINT sync_pass_rows_pkey PRIMARY KEY (run_id, window_key, external_id)
);
ALTER TABLE sync_pass_rows
  ADD COLUMN IF NOT EXISTS run_id uuid,
  ADD COLUMN IF NOT EXISTS window_key text,
  ADD COLUMN IF NOT EXISTS external_id text;

CREATE TABLE IF NOT EXISTS mappings (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  entity text NOT NULL,
  external_id text NOT NULL,
  record_id uuid,
  state text NOT NULL,
  score numeric(6,4),
  reason text NOT NULL,
  decided_by text,
  decided_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT mappings_pkey PRIMARY KEY (id),
  CONSTRAINT mappings_state_check CHECK (state IN ('linked', 'unsure', 'rejected'))
);
ALTER TABLE mappings
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS record_id uuid,
  ADD COLUMN IF NOT EXISTS state text,
  ADD COLUMN IF NOT EXISTS score numeric(6,4),
  ADD COLUMN IF NOT EXISTS reason text,
  ADD COLUMN IF NOT EXISTS decided_by text,
  ADD COLUMN IF NOT EXISTS decided_at timestamptz(3),
  ADD COLUMN IF NOT EXISTS created_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS updated_at timestamptz(3) NOT NULL DEFAULT now();
CREATE INDEX IF NOT EXISTS mappings_business_id_state_entity_id_idx ON mappings (business_id, state, entity, id);
CREATE UNIQUE INDEX IF NOT EXISTS mappings_business_id_entity_external_id_key ON mappings (business_id, entity, external_id);

CREATE TABLE IF NOT EXISTS quarantine (
  id uuid NOT NULL,
  business_id uuid NOT NULL,
  entity text NOT NULL,
  external_id text NOT NULL,
  reason_code text NOT NULL,
  field text,
  detail text NOT NULL,
  next_step text NOT NULL,
  first_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  run_id uuid,
  released_at timestamptz(3),
  CONSTRAINT quarantine_pkey PRIMARY KEY (id)
);
ALTER TABLE quarantine
  ADD COLUMN IF NOT EXISTS business_id uuid,
  ADD COLUMN IF NOT EXISTS entity text,
  ADD COLUMN IF NOT EXISTS external_id text,
  ADD COLUMN IF NOT EXISTS reason_code text,
  ADD COLUMN IF NOT EXISTS field text,
  ADD COLUMN IF NOT EXISTS detail text,
  ADD COLUMN IF NOT EXISTS next_step text,
  ADD COLUMN IF NOT EXISTS first_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS last_seen_at timestamptz(3) NOT NULL DEFAULT now(),
  ADD COLUMN IF NOT EXISTS run_id uuid,
  ADD COLUMN IF NOT EXISTS released_at timestamptz(3);

-- One open row for each record; the open ones are the list that people look at.
CREATE UNIQUE INDEX IF NOT EXISTS quarantine_open_key ON quarantine (business_id, entity, external_id) WHERE released_at IS NULL;
CREATE INDEX IF NOT EXISTS quarantine_open_idx ON quarantine (business_id, last_seen_at DESC, id DESC) WHERE released_at IS NULL;
