/** What every call needs to know of the salon it is for. Comes from our own `businesses` row. */
export interface BusinessRef {
  /** Booksy's id. */
  readonly externalId: string;
  /** IANA zone. */
  readonly zone: string;
  /** ISO 4217: prices are read in it (R12). */
  readonly currency: string;
  /** ISO 3166-1 alpha-2: phone numbers without a country code are read in it. */
  readonly country: string;
}
