import { describe, expect, it } from 'vitest';
import {
  compareEmails,
  comparePhones,
  isMadeUpPhone,
  isRoleMailbox,
  mailboxOf,
} from '../../../../domain/matching/contacts.ts';

const alone = () => 'alone' as const;

describe('mailboxOf', () => {
  it.each([
    [null, null],
    ['', null],
    ['no address', null],
    ['@mail.example', null],
    ['anna@', null],
    [' Anna@Mail.example ', 'anna@mail.example'],
    ['anna+booksy@mail.example', 'anna@mail.example'],
    ['an.na@mail.example', 'an.na@mail.example'],
    ['an.na+x@gmail.com', 'anna@gmail.com'],
    ['anna@googlemail.com', 'anna@gmail.com'],
    ['+anna@mail.example', '+anna@mail.example'],
  ])('%j is the mailbox %j', (email, mailbox) => {
    expect(mailboxOf(email)).toBe(mailbox);
  });
});

describe('isRoleMailbox', () => {
  it.each([
    'info@mail.example',
    'kontakt@mail.example',
    'biuro@mail.example',
    'recepcja@mail.example',
    'salon@mail.example',
    'office@mail.example',
    'recepcja2@mail.example',
    'salon.kontakt@mail.example',
    'kontakt_uroda@mail.example',
    'biurorachunkowe@mail.example',
    'no.reply@noreply.example',
    'noreply@mail.example',
    'brak@brak.example',
    'nowak@nowak.example',
  ])('%s is nobody’s own', (mailbox) => {
    expect(isRoleMailbox(mailbox)).toBe(true);
  });

  it.each([
    'anna.nowak@mail.example',
    'informatyk@mail.example',
    'kwiatuszek7@mail.example',
    '501@mail.example',
  ])('%s is somebody’s', (mailbox) => {
    expect(isRoleMailbox(mailbox)).toBe(false);
  });
});

describe('isMadeUpPhone', () => {
  it.each([
    '+48111111111',
    '+48000000000',
    '+48123456789',
    '+48987654321',
    '+48500000000',
    '+48555555555',
    '+481',
  ])('%s is made up', (phone) => {
    expect(isMadeUpPhone(phone)).toBe(true);
  });
  it.each(['+48501234567', '+48600100200', '+48512000000', '+4915112345678'])('%s is a number', (phone) => {
    expect(isMadeUpPhone(phone)).toBe(false);
  });
});

describe('comparing contacts', () => {
  it.each([
    ['a.nowak@mail.example', 'a.nowak@mail.example', 'own'],
    ['info@mail.example', 'info@mail.example', 'common'],
    ['anowak@mail.example', 'anowka@mail.example', 'typo'],
    ['a.nowak@mail.example', 'a.nowak@mial.example', 'typo'],
    // Another digit is another person's address; short ones are alike by chance.
    ['a.nowak1@mail.example', 'a.nowak2@mail.example', 'differs'],
    ['ania@mail.example', 'anita@mail.example', 'differs'],
    ['a.nowak@mail.example', 'b.nowak@other.example', 'differs'],
    [null, 'a.nowak@mail.example', 'missing'],
  ])('e-mails %s and %s: %s', (left, right, relation) => {
    expect(compareEmails(left, right, alone).relation).toBe(relation);
    expect(compareEmails(right, left, alone).relation).toBe(relation);
  });

  it.each([
    ['+48501234567', '+48501234567', 'own'],
    ['+48111111111', '+48111111111', 'common'],
    ['+48501234567', '+48501234576', 'typo'],
    ['+48501234567', '+48501234568', 'typo'],
    ['+48501234567', '+48601234568', 'differs'],
    ['+48501234567', null, 'missing'],
  ])('phones %s and %s: %s', (left, right, relation) => {
    expect(comparePhones(left, right, alone).relation).toBe(relation);
    expect(comparePhones(right, left, alone).relation).toBe(relation);
  });

  it('weighs a contact less the more people share it', () => {
    const weights = (['alone', 'family', 'several', 'many'] as const).map((sharing) => [
      compareEmails('a@mail.example', 'a@mail.example', () => sharing).weight,
      comparePhones('+48501234567', '+48501234567', () => sharing).weight,
    ]);
    for (const at of [0, 1]) {
      const column = weights.map((row) => row[at] ?? 0);
      expect(column).toEqual([...column].sort((a, b) => b - a));
      expect(new Set(column).size).toBe(4);
    }
  });
});
