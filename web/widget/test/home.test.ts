// @vitest-environment happy-dom
import { translator } from '@standfast/ui/i18n';
import { expect, test } from 'vitest';
import en from '../../../locales/en/widget.json';
import { render } from '../src/dom.ts';
import type { Support } from '../src/support.ts';
import { Home } from '../src/view/home.tsx';

const wait = (presence: string, count: number) => ({
  presence,
  count,
  agents_present: true,
  expected: null,
});

/** What a customer reads who opens the panel of a desk that says this of itself. */
function shown(desk: object | null): string {
  const root = document.createElement('div');
  const support = {
    t: translator('en', en),
    language: 'en',
    desk: desk && { name: 'Harbor', safety_line: { en: 'Never.' }, types: [], ...desk },
    requests: [],
    api: { base: '' },
    view: { name: 'home' },
  } as unknown as Support;
  render(root, Home({ support }));
  return root.textContent ?? '';
}

test('says who is there for users of the widget in their language', () => {
  const waits = { en: wait('English team is there', 3), 'zh-CN': wait('中文', 9) };
  const said = shown({ waits, waiting: wait('somebody', 12) });
  expect(said).toContain('English team is there');
  expect(said).toContain('3');
  expect(said).not.toContain('12');
});

test('a process of the version before knows one wait for all: the panel is not empty', () => {
  const said = shown({ waiting: wait('Somebody is there', 12) });
  expect(said).toContain('Harbor');
  expect(said).toContain('Somebody is there');
  expect(said).toContain('12');
});

test('says nothing of the queue before the desk has answered', () => {
  expect(shown(null)).toContain(en.wait_now);
});
