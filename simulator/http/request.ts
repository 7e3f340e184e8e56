import type { Actor } from '../counters.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Salon } from '../state/salon.ts';
import { notFound } from './problem.ts';
import type { Answer } from './problem.ts';

/** A call of the partner API on its way to a handler. */
export interface ApiRequest {
  readonly sandbox: Sandbox;
  /** The partner, or the salon itself by way of the control surface. */
  readonly actor: Actor;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Address of the list itself, for `next` and `previous`. */
  readonly address: string;
}

export type Handler = (request: ApiRequest) => Answer | Promise<Answer>;

export interface Route {
  readonly method: string;
  readonly template: string;
  readonly handle: Handler;
}

/** The salon of the path, or 404. */
export function salonOf(request: ApiRequest): Salon {
  const salon = request.sandbox.store.salon(idParam(request, 'business_id'));
  if (salon === undefined) throw notFound();
  return salon;
}

/** An id of the path, or 404 where it is no number. */
export function idParam(request: ApiRequest, name: string): number {
  const text = request.params[name] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw notFound();
  return Number(text);
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const noContent = (): Answer => ({ status: 204 });
