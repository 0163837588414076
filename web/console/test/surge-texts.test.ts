import { expect, test } from 'vitest';
import type { SurgeActions } from '@standfast/api';
import { hasOverlong, MOST } from '../src/surge/texts';

const actions = (more: Partial<SurgeActions>) =>
  ({ banner: null, answer: null, ...more }) as SurgeActions;

test('a text that the desk would refuse is found in either language', () => {
  const text = (zh: string, en: string) => ({ 'zh-CN': zh, en });
  const full = '字'.repeat(MOST.banner);
  expect(hasOverlong(actions({}))).toBe(false);
  expect(hasOverlong(actions({ banner: text(full, `${full} \n`) }))).toBe(false);
  expect(hasOverlong(actions({ banner: text('', `${full}.`) }))).toBe(true);
  expect(hasOverlong(actions({ answer: text('a'.repeat(MOST.answer + 1), '') }))).toBe(true);
});
