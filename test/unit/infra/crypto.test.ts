import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVault, vaultContext, VaultError, type VaultErrorCode } from '../../../infra/crypto.ts';

const one = { key: Buffer.alloc(32, 1), keyId: 'k1' };
const two = { key: Buffer.alloc(32, 2), keyId: 'k2' };
const place = { tenant: 'b1', table: 'sync_intents', column: 'sealed_body', row: 'r1' };
const context = vaultContext(place);

function codeOf(act: () => unknown): VaultErrorCode | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof VaultError) return error.code;
    throw error;
  }
}

describe('createVault', () => {
  const vault = createVault(one);

  it('opens what it sealed, text and bytes, empty too', () => {
    expect(vault.open(vault.seal('żółć 💇', context), context).toString('utf8')).toBe('żółć 💇');
    expect(vault.open(vault.seal(Buffer.from([0, 255]), context), context)).toEqual(Buffer.from([0, 255]));
    expect(vault.open(vault.seal('', context), context).length).toBe(0);
  });

  it('opens what a database driver hands back as a view into a larger buffer', () => {
    const sealed = vault.seal('content', context);
    const slab = new Uint8Array(sealed.length + 20);
    slab.set(sealed, 7);
    expect(vault.open(slab.subarray(7, 7 + sealed.length), context).toString()).toBe('content');
  });

  it('never seals the same text to the same bytes, and never holds it in clear', () => {
    const first = vault.seal('the same text', context);
    expect(first.equals(vault.seal('the same text', context))).toBe(false);
    expect(first.includes('the same')).toBe(false);
  });

  it.each(['tenant', 'table', 'column', 'row'] as const)('does not open in another %s', (part) => {
    const sealed = vault.seal('content', context);
    expect(codeOf(() => vault.open(sealed, vaultContext({ ...place, [part]: 'other' })))).toBe(
      'vault_damaged',
    );
  });

  it('does not open with another key of the same id, and names a key it does not have', () => {
    const sealed = vault.seal('content', context);
    expect(codeOf(() => createVault({ key: two.key, keyId: 'k1' }).open(sealed, context))).toBe(
      'vault_damaged',
    );
    expect(codeOf(() => createVault(two).open(sealed, context))).toBe('vault_unknown_key');
  });

  it('does not open after any one bit was changed', () => {
    const sealed = vault.seal('content', context);
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = Buffer.from(sealed);
        const at = bit >> 3;
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << (bit & 7)), at);
        return codeOf(() => vault.open(changed, context)) !== null;
      }),
      { numRuns: 400 },
    );
  });

  it('does not open when cut at any length', () => {
    const sealed = vault.seal('content', context);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(() => vault.open(sealed.subarray(0, length), context))).not.toBeNull();
    }
  });

  it('does not take a head that names another of its keys', () => {
    const both = createVault({ ...two, previous: [one] });
    const sealed = both.seal('content', context);
    sealed.write('k1', 2, 'latin1');
    expect(codeOf(() => both.open(sealed, context))).toBe('vault_damaged');
  });

  it('goes on opening old seals after a rotation, and tells which are old', () => {
    const old = vault.seal('content', context);
    const rotated = createVault({ ...two, previous: [one] });
    expect(rotated.open(old, context).toString()).toBe('content');
    expect(rotated.keyIdOf(old)).toBe('k1');
    expect(rotated.keyIdOf(rotated.seal('content', context))).toBe(rotated.keyId);
  });

  it.each([
    ['a short key', () => createVault({ key: Buffer.alloc(16), keyId: 'k' }), 'vault_bad_key'],
    ['an id that breaks the layout', () => createVault({ ...one, keyId: 'k'.repeat(33) }), 'vault_bad_key'],
    ['two keys of one id', () => createVault({ ...one, previous: [one] }), 'vault_bad_key'],
    ['a context without row', () => vault.seal('x', 'b1|table|column'), 'vault_bad_context'],
    ['a part that holds the separator', () => vaultContext({ ...place, row: 'a|b' }), 'vault_bad_context'],
    ['an unknown version', () => vault.open(Buffer.alloc(80, 9), context), 'vault_unknown_version'],
  ])('refuses %s', (_what, act, code) => {
    expect(codeOf(act)).toBe(code);
  });
});
