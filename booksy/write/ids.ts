/** Ids of ours are strings, on the wire they are integers. */

/** @throws RangeError for anything that is no id: a defect of the caller, found before it is sent */
export function wireId(externalId: string): number {
  const id = /^-?\d{1,15}$/.test(externalId) ? Number(externalId) : NaN;
  if (!Number.isSafeInteger(id)) throw new RangeError('An external id of Booksy is a whole number.');
  return id;
}

export function wireIdOrNull(externalId: string | null): number | null {
  return externalId === null ? null : wireId(externalId);
}

/** Leaves out the fields that are `undefined`. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
