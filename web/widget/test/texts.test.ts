import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import en from '../../../locales/en/widget.json';
import zh from '../../../locales/zh-CN/widget.json';

const stem = (key: string) => key.replace(/_(one|other)$/, '');
const params = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('both languages have the same keys and parameters', () => {
  expect([...new Set(Object.keys(zh).map(stem))].sort()).toEqual(
    [...new Set(Object.keys(en).map(stem))].sort(),
  );
  const chinese: Record<string, string> = zh;
  for (const [key, text] of Object.entries(en)) {
    const other = chinese[key] ?? chinese[`${stem(key)}_other`] ?? '';
    expect([key, params(other)]).toEqual([key, params(text)]);
  }
});

test('every text is used', () => {
  const folder = new URL('../src', import.meta.url);
  const source = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.tsx?$/.test(file.name))
    .map((file) => readFileSync(`${file.parentPath}/${file.name}`, 'utf8'))
    .join('\n');
  // Keys that are put together from what the desk says.
  const composed = /^(state|event|mark|secret|step|about)_|^(sending|queued)$/;
  const unused = Object.keys(en).filter(
    (key) => !composed.test(key) && !source.includes(`'${stem(key)}'`),
  );
  expect(unused).toEqual([]);
});
