import Holidays from 'date-holidays';
import { addDays } from '../local-time.ts';

/**
 * Public holidays by country and region, from the library date-holidays (its data: CC BY-SA 3.0). They are suggestions: that a
 * salon is closed is said by its owner.
 */
export interface PublicHoliday {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** The same in every year. */
  readonly code: string;
  /** In the language of the country. */
  readonly name: string;
}

/** A country or region that is not known; says which are. */
export class HolidayPlaceError extends Error {
  readonly code = 'holiday_place_unknown';
  readonly field: 'country' | 'region';
  readonly known: readonly string[];

  constructor(field: 'country' | 'region', known: readonly string[]) {
    super(
      known.length === 0
        ? 'This country has no regions here: name none.'
        : `The ${field} is not known. Known are: ${known.join(', ')}.`,
    );
    this.name = 'HolidayPlaceError';
    this.field = field;
    this.known = known;
  }
}

/** A year of a place takes the library a good part of a second, and many salons share one. */
const known = new Map<string, readonly PublicHoliday[]>();
const KEPT = 200;

const DAY_MS = 86_400_000;
/** More days in a row are a season, not a holiday. */
const MOST_DAYS = 14;

/**
 * The public holidays of a year.
 *
 * @param country ISO 3166-1 alpha-2
 * @param region as the library names it (`BY` of Germany), null = those of the whole country
 * @throws HolidayPlaceError
 */
export function publicHolidays(
  country: string,
  region: string | null,
  year: number,
): readonly PublicHoliday[] {
  const key = `${country.toUpperCase()}|${region?.toUpperCase() ?? ''}|${String(year)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const place = checkedPlace(country, region);
  const library =
    place.region === null ? new Holidays(place.country) : new Holidays(place.country, place.region);
  const found = new Map<string, PublicHoliday>();
  for (const { date, start, end, name, rule, type } of library.getHolidays(year)) {
    if (type !== 'public') continue;
    const days = Math.min(Math.max(1, Math.round((end.getTime() - start.getTime()) / DAY_MS)), MOST_DAYS);
    for (let day = 0; day < days; day += 1) {
      const on = addDays(date.slice(0, 10), day);
      const code = `${rule.slice(0, 80)}${day === 0 ? '' : ` +${String(day)}`}`;
      found.set(`${on} ${code}`, { date: on, code, name: name.slice(0, 200) });
    }
  }
  const all = [...found.values()].sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  if (known.size >= KEPT) known.clear();
  known.set(key, all);
  return all;
}

/** Countries, or regions of one, that are known. */
function checkedPlace(country: string, region: string | null) {
  const all = new Holidays();
  const countries = Object.keys(all.getCountries());
  const upper = country.toUpperCase();
  if (!countries.includes(upper)) throw new HolidayPlaceError('country', countries);
  if (region === null) return { country: upper, region: null };
  const regions = Object.keys(all.getStates(upper) ?? {});
  const named = regions.find((each) => each.toUpperCase() === region.toUpperCase());
  if (named === undefined) throw new HolidayPlaceError('region', regions);
  return { country: upper, region: named };
}
