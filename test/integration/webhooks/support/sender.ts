/** Sends webhooks as Booksy would: real signatures over real bytes, made here and not by the product. */
import { createHmac, randomUUID } from 'node:crypto';
import type { TestApi } from '../../api/support/api.ts';

export const SECRET = 'whsec_dGVzdC13ZWJob29rLXNlY3JldC0zMi1ieXRlcyEhIQ==';
export const OLDER_SECRET = 'an-older-secret-as-plain-text';
export const TOKEN = 'path-token-canary-5f0c2a9d7e31';

/** A salon of the test, by both ids. */
export interface Salon {
  readonly id: string;
  readonly externalId: number;
}

let lastExternalId = 7000;

/** Connects a salon: what a webhook may speak of. */
export async function salonOf(api: TestApi): Promise<Salon> {
  const id = await api.business();
  lastExternalId += 1;
  await api.prisma.business.update({
    where: { id },
    data: { booksyBusinessId: String(lastExternalId) },
  });
  return { id, externalId: lastExternalId };
}

export interface BodyOptions {
  readonly action?: string;
  readonly appointment?: number;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A body in Booksy's own words. */
export function bodyOf(salon: Salon, { action = 'MODIFIED', appointment = 31, more = {} }: BodyOptions = {}) {
  return JSON.stringify({
    action,
    appointment: { id: appointment, business_id: salon.externalId, status: 'A', ...more },
  });
}

export interface SignOptions {
  readonly secrets?: readonly string[];
  readonly id?: string;
  /** Unix seconds. */
  readonly timestamp?: number | string;
}

/** The three headers over these bytes. */
export function signed(
  body: string | Buffer,
  {
    secrets = [SECRET],
    id = `msg_${randomUUID()}`,
    timestamp = Math.floor(Date.now() / 1000),
  }: SignOptions = {},
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Posts bytes as they are. */
export async function post(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Signs and posts to the signed form. */
export function send(api: Pick<TestApi, 'url'>, body: string, options: SignOptions = {}): Promise<Answered> {
  return post(`${api.url}/api/webhooks/booksy`, body, signed(body, options));
}

/** The box of a salon, oldest first. */
export async function boxOf(api: TestApi, salon: Salon) {
  return api.prisma.webhookLog.findMany({ where: { businessId: salon.id }, orderBy: { id: 'asc' } });
}
