import { expect, test } from 'vitest';
import { languageOf, translator } from '../src/i18n.ts';
import { shorten } from '../src/identifier.ts';
import { segments } from '../src/mark.ts';
import { clock, day, duration, durationRange, relative } from '../src/time.ts';

test('translates with parameters and plural forms', () => {
  const t = translator('en', {
    new_one: '{count} new message',
    new_other: '{count} new messages',
    hi: 'Hi {name}',
  });
  expect(t('new', { count: 1 })).toBe('1 new message');
  expect(t('new', { count: 3 })).toBe('3 new messages');
  expect(t('hi', { name: 'Li' })).toBe('Hi Li');
  expect(t('missing')).toBe('missing');
  const zh = translator('zh-CN', { new_other: '{count} 条新消息' });
  expect(zh('new', { count: 1 })).toBe('1 条新消息');
});

test('knows the language of a tag', () => {
  expect(['zh', 'zh-Hant-TW', 'ZH-cn', 'en-GB', 'fr', '', null].map(languageOf)).toEqual([
    'zh-CN',
    'zh-CN',
    'zh-CN',
    'en',
    'en',
    'en',
    'en',
  ]);
});

test('says lengths of time as people do', () => {
  expect(duration(20, 'en')).toBe('1 minute');
  expect(duration(95, 'en')).toBe('2 minutes');
  expect(duration(720, 'zh-CN')).toBe('12分钟');
  expect(durationRange({ low_seconds: 480, high_seconds: 900 }, 'en')).toBe('8 to 15 minutes');
  expect(durationRange({ low_seconds: 20, high_seconds: 50 }, 'en')).toBe('1 minute');
  expect(durationRange({ low_seconds: 3000, high_seconds: 7200 }, 'zh-CN')).toBe('1–2小时');
  expect(durationRange({ low_seconds: 3000, high_seconds: 5400 }, 'zh-CN')).toBe('50–90分钟');
  expect(durationRange({ low_seconds: 600, high_seconds: 620 }, 'en')).toBe('10 minutes');
});

test('says moments as people do', () => {
  const now = new Date(2026, 10, 21, 18, 30).getTime();
  expect(relative(now - 180_000, now, 'zh-CN')).toBe('3分钟前');
  expect(relative(now - 5_000, now, 'en')).toBe('this minute');
  expect(clock(now, 'zh-CN')).toBe('18:30');
  expect(day(now, now, 'en')).toBe('today');
  expect(day(now - 86_400_000, now, 'zh-CN')).toBe('昨天');
  expect(day(new Date(2025, 0, 2), now, 'en')).toBe('January 2, 2025');
});

test('shortens identifiers at both ends', () => {
  expect(shorten('0x71C7656EC7ab88b098defB751B7401B5f6d8976F')).toBe('0x71C7…d8976F');
  expect(shorten('bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq')).toBe('bc1qar0…wf5mdq');
  expect(shorten('short')).toBe('short');
});

test('cuts a text into its parts', () => {
  const address = 'TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t';
  expect(
    segments(
      `看 https://tronscan.org/#/a/${address}。地址 ${address}，⟦redacted:recovery_phrase:12⟧ ⟦redacted:private_key⟧`,
      [address],
    ),
  ).toEqual([
    { kind: 'plain', text: '看 ' },
    { kind: 'link', text: `https://tronscan.org/#/a/${address}` },
    { kind: 'plain', text: '。地址 ' },
    { kind: 'identifier', text: address },
    { kind: 'plain', text: '，' },
    { kind: 'mark', secret: 'recovery_phrase', detail: '12' },
    { kind: 'plain', text: ' ' },
    { kind: 'mark', secret: 'private_key', detail: null },
  ]);
  expect(segments('plain')).toEqual([{ kind: 'plain', text: 'plain' }]);
  expect(segments('(a https://x.y/z?a=1).', ['a'])).toContainEqual({
    kind: 'link',
    text: 'https://x.y/z?a=1',
  });
});
