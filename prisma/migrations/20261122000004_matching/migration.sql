-- Finding whom a Booksy card could be among 100,000 clients, by the number of cards and not of clients. All are partial:
-- an import into an empty platform puts nothing into them. `provenance` is empty where no card has filled the profile: it
-- is the platform's own.

CREATE INDEX IF NOT EXISTS profiles_unclaimed_name_idx
  ON profiles (business_id, booksy_fold_name(given_name || ' ' || family_name)) WHERE provenance = '{}'::jsonb;
CREATE INDEX IF NOT EXISTS profiles_unclaimed_email_idx
  ON profiles (business_id, lower(btrim(email))) WHERE provenance = '{}'::jsonb;

-- Clients whose card is gone can be meant by another card.
CREATE INDEX IF NOT EXISTS external_clients_gone_idx
  ON external_clients (business_id, external_id) WHERE gone_at IS NOT NULL;

-- Visits that Booksy shows under another card than they came with: cards merged there (R38).
CREATE INDEX IF NOT EXISTS external_bookings_moved_idx
  ON external_bookings (business_id, source_client_external_id)
  WHERE source_client_external_id <> client_external_id;
