import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import ratingEn from '../../../locales/en/rating.json';
import en from '../../../locales/en/widget.json';
import ratingZh from '../../../locales/zh-CN/rating.json';
import zh from '../../../locales/zh-CN/widget.json';

const stem = (key: string) => key.replace(/_(one|other)$/, '');
const params = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
const folder = new URL('../src', import.meta.url);
const source = (wanted: (path: string) => boolean) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name))
    .map((file) => `${file.parentPath}/${file.name}`)
    .filter(wanted)
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');

/** Texts, the code that says them, and keys that are put together from what the desk says. */
const AREAS: readonly [string, Record<string, string>, Record<string, string>, string, RegExp][] = [
  [
    'widget',
    en,
    zh,
    source((path) => !path.includes('/rating/')),
    /^(state|event|mark|secret|step|about)_|^(sending|queued)$/,
  ],
  [
    'rating',
    ratingEn,
    ratingZh,
    source((path) => path.includes('/rating/')),
    /^(score|reason|thanks)_/,
  ],
];

test.each(AREAS)(
  'both languages of %s have the same keys and parameters',
  (_, english, chinese) => {
    expect([...new Set(Object.keys(chinese).map(stem))].sort()).toEqual(
      [...new Set(Object.keys(english).map(stem))].sort(),
    );
    for (const [key, text] of Object.entries(english)) {
      const other = chinese[key] ?? chinese[`${stem(key)}_other`] ?? '';
      expect([key, params(other)]).toEqual([key, params(text)]);
    }
  },
);

test.each(AREAS)('every text of %s is used', (_, english, _chinese, code, composed) => {
  const unused = Object.keys(english).filter(
    (key) => !composed.test(key) && !code.includes(`'${stem(key)}'`),
  );
  expect(unused).toEqual([]);
});
