import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openEvidence, type SealedWebhook } from '../../../booksy/webhook-evidence.ts';
import { readClaimedBusiness, readWebhookEnvelope } from '../../../booksy/webhook.ts';
import { createVault } from '../../../infra/crypto.ts';
import { bodyContext } from '../../../infra/webhooks/body.ts';

const vault = createVault({ key: randomBytes(32), keyId: 'test' });
const BUSINESS = '0199c0de-0000-7000-8000-000000000001';
const salon = { externalId: '1001', zone: 'Europe/Warsaw', currency: 'PLN', country: 'PL' };

const appointment = {
  id: 12,
  business_id: 1001,
  booked_from: '2026-12-01T10:00',
  booked_till: '2026-12-01T11:00',
  status: 'A',
  type: 'C',
  customer_name: 'Zofia Zmyślona',
  customer_note: 'Proszę cicho',
  allergens: 'orzechy',
  business_timezone: 'Europe/Warsaw',
  import_uid: '0199c0de-0000-7000-8000-0000000000dd:1',
  subbookings: [{ id: 13, booked_from: '2026-12-01T10:00', booked_till: '2026-12-01T11:00', staffer_id: 2 }],
};

function sealed(body: unknown, more: Partial<SealedWebhook> = {}): SealedWebhook {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bodyHash = createHash('sha256').update(text).digest('hex');
  const receivedAt = new Date('2026-11-22T12:00:00Z');
  const sealedBody = vault.seal(text, bodyContext(BUSINESS, bodyHash));
  return { id: 7n, businessId: BUSINESS, bodyHash, sealedBody, receivedAt, ...more };
}

describe('the envelope of a webhook', () => {
  it('is action, appointment and business; the rest may be anything', () => {
    expect(readWebhookEnvelope({ action: 'CREATED', appointment, more: 1 })).toEqual({
      action: 'CREATED',
      appointmentId: '12',
      externalBusinessId: '1001',
    });
    expect(readClaimedBusiness({ appointment })).toBe('1001');
  });

  it.each([
    null,
    [],
    'CREATED',
    { appointment },
    { action: 'created', appointment },
    { action: 'CREATED', appointment: { ...appointment, id: '12' } },
    { action: 'CREATED', appointment: { ...appointment, id: 0 } },
    { action: 'CREATED', appointment: { ...appointment, business_id: 1.5 } },
    { action: 'CREATED', appointment: null },
  ])('is nothing else: %j', (body) => {
    expect(readWebhookEnvelope(body)).toBeNull();
  });

  it('takes no business from a prototype (15.3.3)', () => {
    const body: unknown = JSON.parse('{"__proto__":{"appointment":{"business_id":1001}}}');
    expect(readClaimedBusiness(body)).toBeNull();
    expect(readClaimedBusiness(Object.create({ appointment: { business_id: 1001 } }))).toBeNull();
  });
});

describe('evidence (R4a)', () => {
  it('is read as a visit that was read by its id, through the same edge (R40)', () => {
    const evidence = openEvidence(vault, sealed({ action: 'MODIFIED', appointment }), salon);
    expect(evidence).toMatchObject({
      id: '7',
      action: 'MODIFIED',
      externalId: '12',
      receivedAt: '2026-11-22T12:00:00.000Z',
      importUid: appointment.import_uid,
      visit: { kind: 'visit', externalId: '12', clientNote: 'Proszę cicho', status: 'confirmed' },
    });
    expect(JSON.stringify(evidence)).not.toContain('orzechy');
  });

  it('of a body that is no visit is at least its import uid: it proves that a create acted', () => {
    const broken = { ...appointment, booked_from: 'soon' };
    expect(openEvidence(vault, sealed({ action: 'CREATED', appointment: broken }), salon)).toMatchObject({
      visit: null,
      importUid: appointment.import_uid,
    });
    const block = { ...appointment, type: 'R' };
    expect(openEvidence(vault, sealed({ action: 'CREATED', appointment: block }), salon)?.visit).toBeNull();
  });

  it('is none where it was emptied, belongs elsewhere, or is of another business', () => {
    const body = { action: 'MODIFIED', appointment };
    expect(openEvidence(vault, sealed(body, { sealedBody: null }), salon)).toBeNull();
    expect(openEvidence(vault, sealed(body, { businessId: BUSINESS.replace('1', '2') }), salon)).toBeNull();
    expect(openEvidence(vault, sealed(body, { bodyHash: 'h' }), salon)).toBeNull();
    expect(openEvidence(vault, sealed(body), { ...salon, externalId: '1002' })).toBeNull();
    expect(openEvidence(vault, sealed('no json'), salon)).toBeNull();
  });
});
