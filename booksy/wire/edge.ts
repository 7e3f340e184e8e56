/**
 * The edge of R40: fields that this product has no basis to hold are taken out of an answer before anything else
 * looks at it. They are neither translated nor kept among the unknown fields, and no error message can name a value
 * of theirs. Only the opaque document of a read-for-write still has them, so that a PUT does not wipe them out there.
 */
const NEVER_PASSES: readonly RegExp[] = [
  /birth|^dob$|^age$/,
  /allerg|health|medic|diagnos|disease|illness|pregnan|disabilit|contraindic|skintype|skincondition/,
  /secret|(business|private|internal|staff|salon)note/,
  /relig|ethnic|sexual|politic|biometr|genetic|tradeunion/,
  /pesel|passport|nationalid|identitycard|socialsecurity|^ssn$/,
  /photo|picture|avatar|selfie/,
];

/** Names that would reach into an object's prototype. */
const HARMFUL = new Set(['__proto__', 'constructor', 'prototype']);

/** The same few names come with every row. Bounded: names that a sender makes up must not fill the process. */
const judged = new Map<string, boolean>();
const MOST_JUDGED = 2_000;

/** Is this a field that never passes the edge? Upper case, underscores and dashes make no difference. */
export function neverPasses(field: string): boolean {
  const known = judged.get(field);
  if (known !== undefined) return known;
  const plain = field.toLowerCase().replace(/[^a-z]/g, '');
  const never = NEVER_PASSES.some((pattern) => pattern.test(plain));
  if (judged.size < MOST_JUDGED) judged.set(field, never);
  return never;
}

/** A deep copy without the fields that never pass. */
export function passEdge(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(passEdge);
  if (!isRecord(value)) return value;
  const passed: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(value)) {
    if (!HARMFUL.has(field) && !neverPasses(field)) passed[field] = passEdge(inner);
  }
  return passed;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
