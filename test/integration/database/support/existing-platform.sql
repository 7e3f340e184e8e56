-- A small booking platform as it may exist before Booksy Sync is added. All persons are invented.
CREATE TYPE booking_status AS ENUM ('pending', 'confirmed', 'cancelled', 'completed');

CREATE TABLE profiles (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email varchar(255) UNIQUE,
  full_name text NOT NULL,
  touched_at timestamptz,
  created_at timestamptz DEFAULT now()
);

CREATE FUNCTION touch_profile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.touched_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER profiles_touch BEFORE UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION touch_profile();

CREATE TABLE services (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  description text,
  duration integer NOT NULL,
  price numeric(10, 2) NOT NULL
);

CREATE TABLE bookings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  client_id uuid NOT NULL REFERENCES profiles (id),
  service_id uuid NOT NULL REFERENCES services (id),
  start_time timestamptz NOT NULL,
  end_time timestamptz NOT NULL,
  status booking_status NOT NULL DEFAULT 'pending',
  traveling json,
  notes text
);

CREATE TABLE working_hours (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  weekday integer NOT NULL,
  opens time,
  closes time
);

INSERT INTO profiles (email, full_name) VALUES ('kim@client.example', 'Kim Example'), ('lea@client.example', 'Lea Example');
INSERT INTO services (name, duration, price) VALUES ('Cut', 30, 80), ('Colour', 90, 230);
INSERT INTO bookings (client_id, service_id, start_time, end_time, status)
SELECT p.id, s.id, '2030-01-01 10:00Z', '2030-01-01 11:00Z', 'confirmed' FROM profiles p, services s;
INSERT INTO working_hours (weekday, opens, closes) VALUES (1, '09:00', '17:00'), (2, '09:00', '17:00');
