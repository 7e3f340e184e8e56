/** What dist/ needs to be installed alone: package.json and package-lock.json with the product's packages and no others. */

/** Packages that only the sources need: to run TypeScript, to make the database client, to test. */
const SOURCES_ONLY: ReadonlySet<string> = new Set(['tsx', 'prisma', 'execa', 'yaml']);

type Versions = Readonly<Record<string, string>>;

/** A package.json as far as it is read here. */
export interface Manifest {
  readonly name: string;
  readonly dependencies: Versions;
  readonly [member: string]: unknown;
}

/** One place in the tree of a lock file. */
export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Versions;
  readonly optionalDependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly [member: string]: unknown;
}

/** A package-lock.json. */
export interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockEntry>>;
  readonly [member: string]: unknown;
}

/** Members of the manifest that the product keeps as they are. */
const KEPT = ['name', 'version', 'description', 'license', 'private', 'type', 'engines', 'bin'] as const;

/** The manifest of the built product, out of that of the repository. */
export function productManifest(manifest: Manifest): Manifest {
  return {
    ...Object.fromEntries(KEPT.map((member) => [member, manifest[member]])),
    name: manifest.name,
    // Nothing of the sources' own set-up: the product is ready as it comes.
    scripts: { start: 'node cli/booksy.mjs up', booksy: 'node cli/booksy.mjs' },
    dependencies: Object.fromEntries(
      Object.entries(manifest.dependencies).filter(([name]) => !SOURCES_ONLY.has(name)),
    ),
    overrides: manifest['overrides'],
    allowScripts: manifest['allowScripts'],
  };
}

/**
 * The part of the repository's lock file that the product reaches, so that `npm ci` installs exactly what was tested.
 * @throws Error when the lock file lacks a package that is needed, or has a form that is not known
 */
export function productLock(product: Manifest, lock: Lock): Lock {
  if (lock.lockfileVersion !== 3) {
    throw new Error(`package-lock.json has version ${lock.lockfileVersion}; only 3 is known.`);
  }
  const reached = [...reachedPlaces(product, lock)].sort(([a], [b]) => (a < b ? -1 : 1));
  const { name, version, license, engines, bin, dependencies } = product;
  return {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name, version, license, dependencies, bin, engines } as LockEntry,
      ...Object.fromEntries(
        reached.map(([place, needed]) => [place, entryOf(lock.packages[place] ?? {}, needed)]),
      ),
    },
  };
}

/** Places in the tree that the product reaches, each with: does anything need it that is not optional itself? */
function reachedPlaces(product: Manifest, { packages }: Lock): ReadonlyMap<string, boolean> {
  const reached = new Map<string, boolean>();
  const wanted = Object.keys(product.dependencies).map((name) => ({ name, from: '', needed: true }));
  // A list that grows while it is walked is walked to its end.
  for (const { name, from, needed } of wanted) {
    const place = placeOf(packages, from, name);
    if (place === null && needed) {
      throw new Error(`package-lock.json lacks ${name}, which ${from || 'the product'} needs.`);
    }
    if (place === null || reached.get(place) === true || reached.get(place) === needed) continue;
    reached.set(place, needed);
    const entry = packages[place] ?? {};
    const add = (names: Versions | undefined, alsoNeeded: boolean): void => {
      for (const next of Object.keys(names ?? {})) {
        const optionalPeer = entry.peerDependenciesMeta?.[next]?.optional === true;
        if (!optionalPeer) wanted.push({ name: next, from: place, needed: alsoNeeded });
      }
    };
    add(entry.dependencies, needed);
    add(entry.peerDependencies, needed);
    add(entry.optionalDependencies, false);
  }
  return reached;
}

function entryOf(known: LockEntry, needed: boolean): LockEntry {
  const kept = Object.entries(known).filter(([name]) => !['dev', 'devOptional', 'optional'].includes(name));
  return { ...Object.fromEntries(kept), ...(needed ? {} : { optional: true }) };
}

/** Where Node would find a package: beside the one that asks, else further up. */
function placeOf(packages: Lock['packages'], from: string, name: string): string | null {
  for (let folder = from; ;) {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[place] !== undefined) return place;
    if (folder === '') return null;
    const above = folder.lastIndexOf('/node_modules/');
    folder = above === -1 ? '' : folder.slice(0, above);
  }
}
