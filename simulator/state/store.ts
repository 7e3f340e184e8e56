import { generateSalon } from '../generate/index.ts';
import type { SeedParameters } from '../generate/index.ts';
import type { Clock } from '../clock.ts';
import { DEFAULT_SETTINGS, patchSettings } from '../settings.ts';
import type { Settings } from '../settings.ts';
import { compacted } from './compact.ts';
import { Journal } from './journal.ts';
import { factsOf, sumFacts } from './facts.ts';
import type { SalonFacts } from './facts.ts';
import { readEntry, readParameters, readSettings } from './replay.ts';
import { Salon } from './salon.ts';
import type { EntityKind, Put } from './salon.ts';

/** All salons, the settings, and the data file beneath them. */
export class Store {
  private salons = new Map<number, Salon>();
  private current: Settings = DEFAULT_SETTINGS;
  private seed: SeedParameters;
  private facts: SalonFacts | null = null;
  private readonly journal: Journal | null;
  private readonly clock: Clock;
  /** Told after each change: the salon's id, or null where everything was made anew. */
  onChange: (salon: number | null) => void = () => undefined;

  private constructor(seed: SeedParameters, journal: Journal | null, clock: Clock) {
    this.seed = seed;
    this.journal = journal;
    this.clock = clock;
  }

  /** Opens the data folder: what was there is replayed, else it is seeded. Without a folder nothing is kept. */
  static open(folder: string | null, seed: SeedParameters, settings: Settings, clock: Clock): Store {
    const journal = folder === null ? null : new Journal(folder);
    const known = journal?.readSeed() ?? null;
    const store = new Store(seed, journal, clock);
    if (journal === null || known === null) {
      store.reset(seed, settings);
      return store;
    }
    store.seed = readParameters(known.parameters);
    store.current = readSettings(known.settings);
    store.generate();
    const entries = journal.readEntries(known.journal);
    for (const entry of entries) store.replay(entry);
    const lastIds = new Map(store.all().map((salon) => [salon.business.id, salon.lastGivenId]));
    const fewer = compacted(entries, lastIds);
    if (fewer !== null) journal.rewrite(known.journal, fewer);
    journal.open(known.journal);
    return store;
  }

  get settings(): Settings {
    return this.current;
  }

  get parameters(): SeedParameters {
    return this.seed;
  }

  /** Name of the journal that is being written; null where nothing is kept. */
  get journalName(): string | null {
    return this.journal?.current ?? null;
  }

  /** What the salons were made with, before anybody changed anything. */
  get seeded(): SalonFacts | null {
    return this.facts;
  }

  /** Forgets everything and makes the salons anew. */
  reset(seed: SeedParameters, settings: Settings): void {
    this.seed = seed;
    this.current = settings;
    this.generate();
    this.journal?.begin(seed, settings);
    this.onChange(null);
  }

  /** Changes some settings for good. */
  configure(patch: Parameters<typeof patchSettings>[1]): void {
    this.current = patchSettings(this.current, patch);
    this.journal?.append({ t: 'settings', settings: this.current });
    this.onChange(null);
  }

  noteClock(offsetMs: number): void {
    this.journal?.append({ t: 'clock', offsetMs });
  }

  salon(id: number): Salon | undefined {
    return this.salons.get(id);
  }

  all(): Salon[] {
    return [...this.salons.values()];
  }

  put(salon: Salon, change: Put): void {
    salon.put(change);
    this.journal?.append({ t: 'put', salon: salon.business.id, ...change });
    this.onChange(salon.business.id);
  }

  remove(salon: Salon, kind: EntityKind, key: string): void {
    salon.remove(kind, key);
    this.journal?.append({ t: 'remove', salon: salon.business.id, kind, key });
    this.onChange(salon.business.id);
  }

  close(): void {
    this.journal?.close();
  }

  private generate(): void {
    this.salons = new Map();
    for (let index = 0; index < this.seed.salons; index += 1) {
      const salon = new Salon(generateSalon(this.seed, index));
      this.salons.set(salon.business.id, salon);
    }
    this.facts = sumFacts(this.all().map(factsOf));
  }

  private replay(raw: unknown): void {
    const entry = readEntry(raw);
    switch (entry.t) {
      case 'put':
        this.salons.get(entry.salon)?.put(entry.change);
        return;
      case 'remove':
        this.salons.get(entry.salon)?.remove(entry.kind, entry.key);
        return;
      case 'settings':
        this.current = entry.settings;
        return;
      case 'ids':
        this.salons.get(entry.salon)?.noteId(entry.lastId);
        return;
      case 'clock':
        this.clock.setOffset(entry.offsetMs);
        return;
    }
  }
}
