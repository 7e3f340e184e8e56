import type {
  WireAppointment,
  WireBusiness,
  WireCategory,
  WireCustomer,
  WireResource,
  WireService,
  WireTimeOff,
  WireVariant,
} from '../../../booksy/wire/shapes.ts';

/** The other side as a plain script talks to it: one token, `fetch` with its kept connections, JSON as it comes. */
export interface PlainBooksy {
  business(): Promise<WireBusiness>;
  resources(): Promise<readonly WireResource[]>;
  categories(): Promise<readonly WireCategory[]>;
  services(): Promise<readonly WireService[]>;
  variants(serviceId: number): Promise<readonly WireVariant[]>;
  /** `null` = the salon itself. */
  week(resourceId: number | null): Promise<readonly unknown[]>;
  customDays(resourceId: number | null, fromDate: string, tillDate: string): Promise<readonly unknown[]>;
  timeOff(resourceId: number): Promise<readonly WireTimeOff[]>;
  /** Every page once, in order. */
  clientPages(): AsyncGenerator<readonly WireCustomer[]>;
  appointmentPages(): AsyncGenerator<readonly WireAppointment[]>;
}

const PAGE_ROWS = 100;

interface Page<T> {
  readonly count: number;
  readonly results: readonly T[];
}

/** Signs in and reads one salon. */
export async function connectPlain(env: NodeJS.ProcessEnv, salonId: string): Promise<PlainBooksy> {
  const token = await signIn(env);
  const base = `${env['BOOKSY_BASE_URL'] ?? ''}business/${salonId}/`;
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json; version=0.3' };
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(base + path, { headers });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}.`);
    // A script of a day believes what it is told: there is no edge here.
    return (await response.json()) as T;
  };
  async function* pages<T>(path: string): AsyncGenerator<readonly T[]> {
    for (let offset = 0, count = 1; offset < count; offset += PAGE_ROWS) {
      const page = await get<Page<T>>(`${path}?offset=${offset}&limit=${PAGE_ROWS}`);
      count = page.count;
      yield page.results;
    }
  }
  const schedule = (resourceId: number | null) =>
    resourceId === null ? 'schedule/' : `schedule/resource/${resourceId}/`;
  return {
    business: () => get(''),
    resources: () => get('resource/'),
    categories: () => get('service_category/'),
    services: () => get('service/'),
    variants: (serviceId) => get(`service/${serviceId}/variant/`),
    week: (resourceId) => get(`${schedule(resourceId)}default/`),
    customDays: (resourceId, fromDate, tillDate) =>
      get(`${schedule(resourceId)}custom/?date_from=${fromDate}&date_to=${tillDate}`),
    timeOff: (resourceId) => get(`${schedule(resourceId)}time_off/`),
    clientPages: () => pages('customer/'),
    appointmentPages: () => pages('appointment/'),
  };
}

async function signIn(env: NodeJS.ProcessEnv): Promise<string> {
  const response = await fetch(`${env['BOOKSY_AUTH_URL'] ?? ''}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'client_credentials',
      client_id: env['BOOKSY_API_KEY'],
      client_secret: env['BOOKSY_API_SECRET'],
    }),
  });
  const { access_token: token } = (await response.json()) as { readonly access_token?: string };
  if (token === undefined) throw new Error(`The sign-in was answered with ${response.status}.`);
  return token;
}
