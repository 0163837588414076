// @vitest-environment happy-dom
import { beforeAll, expect, it } from 'vitest';
import { seenOf } from '../src/surge/seen';
import { useArea, useLanguage } from '../src/words.svelte';

beforeAll(async () => {
  await useLanguage('en');
  await useArea('surge');
});

it('says what is seen', () => {
  const seen = seenOf({ waiting: 32, present: 1 });
  expect([seen?.waiting, seen?.present]).toEqual([
    expect.stringContaining('32'),
    expect.stringContaining('1'),
  ]);
});

it.each([null, undefined])('says nothing where the desk says %s', (measured) => {
  expect(seenOf(measured)).toBeNull();
});
