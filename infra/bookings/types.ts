import type { Slot, WantedItem } from '../../domain/availability/index.ts';

/** Who asks, for the audit trail and for holds, which belong to the token that made them. */
export interface Asker {
  readonly actor: string;
  readonly tokenId: string;
}

/** A client as the platform tells of them: an existing profile, or what an existing one must equal (R38). */
export interface WantedClient {
  readonly profileId: string | null;
  readonly givenName: string;
  readonly familyName: string;
  /** Trimmed, lower case. */
  readonly email: string | null;
  /** As it was typed: read by the salon's country. */
  readonly phone: string | null;
}

/** When and what: told whole, or by a hold that was made before. */
export type WantedTime =
  { readonly holdId: string } | { readonly items: readonly WantedItem[]; readonly startsLocal: string };

export interface WantedBooking {
  readonly kind: 'booking';
  /** Of the visit to be made: a repeated request finds it by this. */
  readonly id: string;
  readonly time: WantedTime;
  readonly client: WantedClient | null;
  readonly note: string | null;
  readonly overbook: boolean;
  readonly asker: Asker;
}

export interface WantedHold {
  readonly kind: 'hold';
  readonly id: string;
  readonly time: { readonly items: readonly WantedItem[]; readonly startsLocal: string };
  readonly seconds: number;
  readonly asker: Asker;
}

export type Wish = WantedBooking | WantedHold;

/** What became of a wish. `waits`: it is confirmed once Booksy has taken it (R20). */
export type Made =
  | { readonly kind: 'booking'; readonly id: string; readonly waits: boolean; readonly isNew: boolean }
  | { readonly kind: 'hold'; readonly id: string; readonly expiresAt: string; readonly slot: Slot };
