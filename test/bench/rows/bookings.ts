import { writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { createDatabase, type PrismaClient } from '../../../infra/database/index.ts';
import { mintToken } from '../../../infra/tokens.ts';
import { dateIn, makeSalon, overlaps, type TestSalon } from '../../integration/bookings/support/salon.ts';
import { atMost, type Bench, type RowSpec } from '../row.ts';
import { startPart } from '../support/part.ts';
import { percentile, spread } from '../support/percentile.ts';
import { startRig, type Rig } from '../support/rig.ts';

/** Free time asked for, and the same times wanted by many at once (SPEC 14). API and clients are processes of their own. */

const RATE = 50;
const SECONDS = 20;
const WARM_SECONDS = 4;
const STAFF = 10;
const WANTING = 500;
const SLOTS = 50;
const NO_SALON = { visits: 20, clients: 5, limit: null };

export function bookingRows(): readonly RowSpec[] {
  return [
    {
      name: 'availability.api_p99_ms',
      unit: 'ms',
      goal: atMost(60),
      measure: (bench) => measureAvailability(bench),
    },
    {
      name: 'booking.race_overlaps',
      unit: 'overlaps',
      goal: atMost(0),
      async measure(bench) {
        const { found, sold, lost } = await bench.shared('booking race', () => measureRace(bench));
        return {
          value: found + Math.abs(sold - SLOTS),
          detail: `${WANTING} at once on ${SLOTS} slots, instant: ${sold} sold, ${lost} told other times, ${found} overlaps`,
        };
      },
    },
    {
      name: 'booking.race_p99_ms',
      unit: 'ms',
      goal: atMost(500),
      async measure(bench) {
        const { times } = await bench.shared('booking race', () => measureRace(bench));
        return {
          value: percentile(times, 0.99),
          detail: `${WANTING} at once on ${SLOTS} slots, instant, over open connections, all answers; the third race of a process; ${spread(times)}`,
        };
      },
    },
  ];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

const answered = z.object({ rounds: z.array(z.array(z.object({ status: z.number(), ms: z.number() }))) });

async function withSalon<T>(bench: Bench, work: (rig: Rig, prisma: PrismaClient) => Promise<T>): Promise<T> {
  const rig = await startRig(await bench.servers(), NO_SALON);
  const db = createDatabase({ url: rig.database.url, poolMax: 2, applicationName: 'bench' });
  try {
    return await work(rig, db.prisma);
  } finally {
    await db.close();
    await rig.stop();
  }
}

async function sendRounds(
  bench: Bench,
  rig: Rig,
  prisma: PrismaClient,
  rounds: readonly { readonly rate: number; readonly requests: readonly Asked[] }[],
) {
  const servers = await bench.servers();
  const file = path.join(servers.folder, `requests-${randomUUID()}.json`);
  await writeFile(file, JSON.stringify(rounds));
  const scopes = ['availability:read', 'bookings:write'] as const;
  const { token } = await mintToken(prisma, { name: 'bench', scopes, businesses: 'all', expiresAt: null });
  const api = await rig.startApi();
  const sender = await startPart(servers, {
    entry: 'test/bench/support/booking-sender.ts',
    env: { SENDER_API: String(api.ready['url']), SENDER_TOKEN: token, SENDER_FILE: file },
  });
  const sent = answered.parse(await sender.ask('sent', { withinMs: 180_000 }));
  await sender.stop();
  return sent.rounds;
}

/** The four weeks to come of a salon with 10 staff and 1,500 visits, by anybody or one; a booking a second drops what is kept. */
function measureAvailability(bench: Bench) {
  return withSalon(bench, async (rig, prisma) => {
    const salon = await makeSalon(prisma, { staff: STAFF, open: [8 * 60, 20 * 60] });
    await fillMonth(prisma, salon);
    const requests = Array.from({ length: RATE * (SECONDS + WARM_SECONDS) }, (_, index): Asked => {
      // The salon is sold on meanwhile: what was kept of it counts no more.
      if (index % RATE === RATE - 1) return bookingOf(salon, index);
      const from = 1 + 7 * (index % 4);
      const staff = index % 3 === 0 ? `@${salon.staff[index % STAFF] ?? 'any'}` : '';
      return {
        method: 'GET',
        path: `/api/availability?businessId=${salon.id}&items=${salon.variantId}${staff}&from=${dateIn(from)}&to=${dateIn(from + 6)}`,
        body: null,
      };
    });
    bench.say(`availability: ${RATE}/s for ${SECONDS + WARM_SECONDS} s`);
    const [answers = []] = await sendRounds(bench, rig, prisma, [{ rate: RATE, requests }]);
    const reads = answers.filter(
      (_, index) => index >= RATE * WARM_SECONDS && requests[index]?.method === 'GET',
    );
    const bad = reads.filter(({ status }) => status !== 200).length;
    if (bad > 0) throw new Error(`${bad} of ${reads.length} questions were not answered well.`);
    const times = reads.map(({ ms }) => ms);
    const sold = answers.filter(({ status }) => status === 201).length;
    return {
      value: percentile(times, 0.99),
      detail: `${RATE}/s for ${SECONDS} s, each one of four weeks of a salon with ${STAFF} staff and 1,500 visits; ${sold} bookings meanwhile, each of which drops what is kept; after ${WARM_SECONDS} s of the same; ${spread(times)}`,
    };
  });
}

function bookingOf(salon: TestSalon, index: number): Asked {
  const staffId = salon.staff[index % STAFF];
  const body = {
    businessId: salon.id,
    items: [{ variantId: salon.variantId, staffId }],
    startsLocal: `${dateIn(2 + (Math.floor(index / RATE) % 20))}T${index % 2 === 0 ? '19' : '18'}:00`,
  };
  return { method: 'POST', path: '/api/bookings', body: JSON.stringify(body) };
}

/** 1,500 visits: each of ten people has five a day, with half an hour between them. */
async function fillMonth(prisma: PrismaClient, salon: TestSalon): Promise<void> {
  await prisma.$executeRaw`
    WITH wanted AS (
      SELECT gen_random_uuid() AS id, gen_random_uuid() AS item_id, s.id AS staff_id,
             d.day + make_interval(mins => 480 + k.n * 90) AS starts
        FROM staff s CROSS JOIN generate_series(0, 4) k(n)
       CROSS JOIN LATERAL (SELECT (current_date + g)::timestamp AS day FROM generate_series(1, 30) g) d
       WHERE s.business_id = ${salon.id}::uuid
    ), visits AS (
      INSERT INTO bookings (id, business_id, zone, starts_local, ends_local, starts_at, ends_at)
      SELECT id, ${salon.id}::uuid, 'Europe/Warsaw', starts, starts + interval '1 hour', starts AT TIME ZONE 'Europe/Warsaw',
             (starts + interval '1 hour') AT TIME ZONE 'Europe/Warsaw' FROM wanted
    )
    INSERT INTO booking_items (id, booking_id, business_id, service_id, variant_id, staff_id, zone, starts_local, ends_local, starts_at, ends_at)
    SELECT item_id, id, ${salon.id}::uuid, ${salon.serviceId}::uuid, ${salon.variantId}::uuid, staff_id, 'Europe/Warsaw', starts,
           starts + interval '1 hour', starts AT TIME ZONE 'Europe/Warsaw', (starts + interval '1 hour') AT TIME ZONE 'Europe/Warsaw'
      FROM wanted`;
}

interface Race {
  readonly found: number;
  readonly sold: number;
  readonly lost: number;
  readonly times: readonly number[];
}

/** Two salons before the one that counts: a process that just began is slower, and not what is asked about. */
function measureRace(bench: Bench): Promise<Race> {
  return withSalon(bench, async (rig, prisma) => {
    const salons: TestSalon[] = [];
    for (let round = 0; round < 3; round += 1)
      salons.push(await makeSalon(prisma, { staff: SLOTS / 10, open: [8 * 60, 18 * 60] }));
    const rounds = salons.map((salon) => ({ rate: 0, requests: wishes(salon) }));
    bench.say(`bookings: ${WANTING} at once on ${SLOTS} slots`);
    const answers = await sendRounds(bench, rig, prisma, rounds);
    const last = answers.at(-1) ?? [];
    const counts = await Promise.all(salons.map((salon) => overlaps(prisma, salon.id)));
    const odd = last.filter(({ status }) => status !== 201 && status !== 409);
    if (odd.length > 0 || last.length !== WANTING)
      throw new Error(`${odd.length} answers are ${odd[0]?.status}.`);
    return {
      found: counts.reduce((sum, each) => sum + each, 0),
      sold: last.filter(({ status }) => status === 201).length,
      lost: last.filter(({ status }) => status === 409).length,
      times: last.map(({ ms }) => ms),
    };
  });
}

function wishes(salon: TestSalon): readonly Asked[] {
  return Array.from({ length: WANTING }, (_, index) => {
    const slot = index % SLOTS;
    const body = {
      businessId: salon.id,
      items: [{ variantId: salon.variantId, staffId: salon.staff[slot % salon.staff.length] }],
      startsLocal: `${dateIn(6)}T${String(8 + Math.floor(slot / salon.staff.length)).padStart(2, '0')}:00`,
      client: { givenName: `Gość ${index}` },
    };
    return { method: 'POST', path: '/api/bookings', body: JSON.stringify(body) };
  });
}
