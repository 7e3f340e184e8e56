import { afterEach, describe, expect, it } from 'vitest';
import { startStubApi, type StubApi } from './support/stub-api.ts';

let stub: StubApi | null = null;
afterEach(async () => {
  await stub?.stop();
  stub = null;
});

describe('what the command line says of a request that the API refused', () => {
  it('names each value that cannot be used', async () => {
    stub = await startStubApi({
      'POST /things': () => ({
        stub: true,
        status: 400,
        json: {
          code: 'bad_request',
          detail: 'Two values of the request cannot be used.',
          nextStep: 'Correct what `errors` names and send it again.',
          errors: [
            { path: 'body.choice', message: 'must be one of move, keep-both' },
            { path: 'body.colour', message: 'is not known here' },
          ],
        },
      }),
    });
    await expect(stub.api.post('/things', {})).rejects.toMatchObject({
      code: 'bad_request',
      message: `The API at ${stub.url} refused: Two values of the request cannot be used.\n  body.choice: must be one of move, keep-both\n  body.colour: is not known here`,
    });
  });

  it('says only what the API said where no value is named', async () => {
    stub = await startStubApi({
      'GET /things': () => ({ stub: true, status: 409, json: { code: 'taken', detail: 'It is taken.' } }),
    });
    await expect(stub.api.get('/things')).rejects.toMatchObject({
      code: 'taken',
      message: `The API at ${stub.url} refused: It is taken.`,
    });
  });
});
