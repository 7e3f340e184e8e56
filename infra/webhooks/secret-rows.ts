/** How a business's own webhook secrets are named in `integration_secrets`. */

/** `signature`: signs webhooks; `path_token`: stands in the address. */
export const KINDS = ['signature', 'path_token'] as const;
export type SecretKind = (typeof KINDS)[number];

const PREFIX: Readonly<Record<SecretKind, string>> = {
  signature: 'webhook_secret/',
  path_token: 'webhook_token/',
};

export function accountKeyOf(businessId: string): string {
  return `business:${businessId}`;
}

/** Name of one secret; with an empty id, what all of its kind begin with. */
export function nameOf(kind: SecretKind, id: string): string {
  return `${PREFIX[kind]}${id}`;
}

/** The id in a name; null where it is of another kind. */
export function idIn(name: string, kind: SecretKind): string | null {
  const prefix = PREFIX[kind];
  return name.startsWith(prefix) ? name.slice(prefix.length) : null;
}
