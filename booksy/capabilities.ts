/** What a Booksy account can do, where the other side's documentation leaves it open (R5). Configured, tried both ways. */
export interface BooksyCapabilities {
  /** A row of the visit list is as full as the visit read by id (`traveling` may be detail-only). */
  readonly listRowsFull: boolean;
  /** Does a window list what starts in it, or what overlaps it? */
  readonly listFilter: 'start' | 'overlap';
  readonly listOrder: 'id' | 'start' | 'start_desc' | 'unknown';
  readonly webhooks: boolean;
  /** May this partner write visits? If not, every write of a visit is refused before it is sent. */
  readonly appointmentWrites: boolean;
  readonly cancelledListed: boolean;
  /** A create by API tells the client. */
  readonly createNotifies: boolean;
  /** Is the limit counted for the partner as a whole or for each business? */
  readonly limitScope: 'partner' | 'business';
  /** May the status be left out of a PUT (R13a)? Not set = yes. */
  readonly statusOptionalInPut?: boolean;
}

/** Largest page of the two paged lists. The contract says 100; the other side publishes none. */
export const MAX_PAGE_ROWS = 100;
