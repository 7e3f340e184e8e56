import type { Random } from '../random.ts';
import type { Category, GapTime, Service, Variant } from '../types.ts';
import type { IdSource } from './ids.ts';

const CATEGORIES: readonly (readonly [string, readonly string[]])[] = [
  [
    'Włosy – strzyżenie',
    [
      'Strzyżenie damskie',
      'Strzyżenie męskie',
      'Strzyżenie dziecięce',
      'Grzywka',
      'Modelowanie',
      'Upięcie okolicznościowe',
      'Keratynowe prostowanie',
    ],
  ],
  [
    'Włosy – koloryzacja',
    ['Koloryzacja całości', 'Baleyage', 'Odrosty', 'Tonowanie', 'Dekoloryzacja', 'Pasemka', 'Henna włosów'],
  ],
  [
    'Paznokcie',
    [
      'Manicure klasyczny',
      'Manicure hybrydowy',
      'Żele',
      'Pedicure',
      'Zdejmowanie hybrydy',
      'Zdobienie',
      'Parafina',
    ],
  ],
  [
    'Brwi i rzęsy',
    [
      'Regulacja brwi',
      'Laminacja brwi',
      'Henna pudrowa',
      'Lifting rzęs',
      'Rzęsy 1:1',
      'Uzupełnienie rzęs',
      'Zdjęcie rzęs',
    ],
  ],
  [
    'Twarz',
    [
      'Oczyszczanie wodorowe',
      'Peeling kwasowy',
      'Mezoterapia bezigłowa',
      'Masaż twarzy',
      'Maska algowa',
      'Konsultacja',
      'Zabieg bankietowy',
    ],
  ],
  [
    'Ciało',
    [
      'Masaż relaksacyjny',
      'Masaż gorącymi kamieniami',
      'Drenaż',
      'Peeling ciała',
      'Body wrapping',
      'Masaż pleców',
      'Bańki',
    ],
  ],
  [
    'Depilacja',
    [
      'Depilacja woskiem – nogi',
      'Depilacja woskiem – pachy',
      'Depilacja laserowa – nogi',
      'Depilacja laserowa – twarz',
      'Pasta cukrowa',
      'Nitkowanie',
    ],
  ],
  [
    'Barber',
    ['Broda', 'Golenie brzytwą', 'Combo: broda i włosy', 'Odsiwianie', 'Kontur', 'Pakiet „Dżentelmen”'],
  ],
  [
    'Zajęcia',
    ['Joga poranna', 'Joga twarzy', 'Warsztat makijażu', 'Stretching', 'Makijaż próbny', 'Pakiet ślubny'],
  ],
];

export interface Catalog {
  readonly categories: readonly Category[];
  readonly services: readonly Service[];
  readonly variants: readonly Variant[];
}

const NBSP = '\u00a0';

/** One amount in one of the notations that are seen: number, "230.00", "230,00 zł", and with `+` for "from". */
export function writePrice(random: Random, amount: number, from: boolean): number | string {
  const text = amount.toFixed(2);
  const display = `${text.replace('.', ',').replace(/^(\d)(\d{3},)/, `$1${NBSP}$2`)} zł${from ? '+' : ''}`;
  if (from) return random.chance(0.7) ? display : text;
  return random.weighted<number | string>([
    [amount, 5],
    [text, 3],
    [display, 2],
  ]);
}

const GAPS: readonly (readonly [number, GapTime])[] = [
  [120, { start_after: 45, duration: 30 }],
  [150, { start_after: 60, duration: 40 }],
  [90, { start_after: 30, duration: 20 }],
];

/** 9 categories and 60 services with their variants; every price type, padding kind, gap and session is there. */
export function generateCatalog(random: Random, ids: IdSource, staff: readonly number[]): Catalog {
  const categories: Category[] = [];
  const services: Service[] = [];
  const variants: Variant[] = [];
  for (const [categoryName, names] of CATEGORIES) {
    const category: Category = {
      id: ids(),
      name: categoryName,
      order: categories.length + 1,
      import_uid: null,
    };
    categories.push(category);
    for (const name of names) {
      const n = services.length;
      const session = categoryName === 'Zajęcia' && names.indexOf(name) < 4;
      const gap = categoryName.endsWith('koloryzacja') && n % 2 === 1 ? GAPS[n % GAPS.length] : undefined;
      const padding =
        n % 7 === 3 ? ('A' as const) : n % 11 === 5 ? ('B' as const) : n % 13 === 6 ? ('C' as const) : null;
      const service: Service = {
        id: ids(),
        name,
        description: n % 3 === 0 ? `${name}: opis zabiegu` : null,
        service_category_id: n % 29 === 28 ? null : category.id,
        price_type: priceType(name, n),
        padding_time_type: padding,
        padding_time: padding === null ? null : random.pick([5, 10, 15]),
        gap_time: gap?.[1] ?? null,
        parallel_clients: session ? random.between(4, 8) : 1,
        active: n % 31 !== 30,
        order: names.indexOf(name) + 1,
        import_uid: null,
      };
      services.push(service);
      const team = session
        ? staff.slice(0, 2)
        : staff.filter((_, index) => (index + n) % 3 !== 0 || index === n % staff.length);
      variants.push(...variantsOf(random, ids, service, gap?.[0] ?? null, team));
    }
  }
  return { categories, services, variants };
}

function priceType(name: string, n: number): Service['price_type'] {
  if (name.startsWith('Combo') || name.startsWith('Pakiet')) return 'C';
  if (name === 'Konsultacja') return 'F';
  if (n % 10 === 4) return 'V';
  if (n % 14 === 9) return 'D';
  return n % 4 === 1 ? 'S' : 'X';
}

const LABELS = ['krótkie', 'średnie', 'długie'] as const;

function variantsOf(
  random: Random,
  ids: IdSource,
  service: Service,
  gapDuration: number | null,
  staffers: readonly number[],
): Variant[] {
  const many =
    gapDuration === null && service.parallel_clients === 1 && random.chance(0.35) ? LABELS.length : 1;
  const type = service.price_type === 'C' ? 'X' : service.price_type;
  const amount = service.name.startsWith('Pakiet') ? random.between(200, 300) * 5 : random.between(4, 60) * 5;
  const duration = gapDuration ?? random.pick([15, 20, 30, 30, 45, 45, 60, 60, 75, 90]);
  return Array.from({ length: many }, (_, index) => ({
    id: ids(),
    service_id: service.id,
    type,
    price:
      type === 'V' || type === 'D'
        ? null
        : type === 'F'
          ? 0
          : writePrice(random, amount + index * 30, type === 'S'),
    duration: duration + index * 15,
    label: many === 1 ? null : (LABELS[index] ?? null),
    time_slot_interval: random.chance(0.6) ? 15 : null,
    staffers,
    import_uid: null,
  }));
}
