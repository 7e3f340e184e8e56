import fc from 'fast-check';

/**
 * Property tests draw from one seed, so that two runs of the same code try the same cases. `PROPERTY_SEED=<number>` tries
 * others, `PROPERTY_SEED=random` new ones each time; a failure names its seed and path.
 */
const asked = process.env['PROPERTY_SEED'] ?? '1';
if (asked !== 'random') {
  const seed = Number(asked);
  if (!Number.isSafeInteger(seed)) throw new Error(`PROPERTY_SEED must be a whole number or "random".`);
  fc.configureGlobal({ seed });
}
