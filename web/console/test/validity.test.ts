// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { wrongOf, type Asked, type Wrong } from '../src/parts/validity';

const box = (more: Partial<Asked> = {}): Asked => ({
  type: 'text',
  min: '',
  max: '',
  step: '',
  least: -1,
  ...more,
});
const none: Wrong = {
  badInput: false,
  rangeOverflow: false,
  rangeUnderflow: false,
  stepMismatch: false,
  tooShort: false,
  typeMismatch: false,
  valueMissing: false,
};
const wrong = (name: keyof Wrong, more: Partial<Asked>) =>
  wrongOf({ ...none, [name]: true }, box(more));

test('a number says its limits, whatever is wrong with it', () => {
  const number = { type: 'number', min: '1', max: '50' };
  const between = { key: 'box.whole.between', params: { min: '1', max: '50' } };
  for (const name of ['rangeOverflow', 'badInput', 'stepMismatch', 'valueMissing'] as const)
    expect(wrong(name, number)).toEqual(between);
  expect(wrong('rangeUnderflow', { ...number, step: '0.1' })?.key).toBe('box.number.between');
  expect(wrong('rangeUnderflow', { type: 'number', min: '0' })?.key).toBe('box.number.least');
  expect(wrong('badInput', { type: 'number' })?.key).toBe('box.number');
});

test('what else a browser refuses is said as well', () => {
  expect(wrong('valueMissing', {})?.key).toBe('box.missing');
  expect(wrong('valueMissing', { type: 'date' })?.key).toBe('box.date');
  expect(wrong('rangeUnderflow', { type: 'datetime-local', min: '2009-01-01T00:00' })).toEqual({
    key: 'box.time.least',
    params: { min: '2009-01-01 00:00' },
  });
  expect(wrong('typeMismatch', { type: 'email' })?.key).toBe('box.email');
  expect(wrong('tooShort', { type: 'password', least: 12 })?.params).toEqual({ least: 12 });
  expect(wrongOf(none, box())).toBeNull();
});
