import { expect, test } from 'vitest';
import type { Alarm } from '@standfast/api';
import { expectedOf } from '../src/alarms/alarm';

test('what is hardly ever there is not said to be about none', () => {
  const of = (expected: number) => expectedOf({ expected } as Alarm);
  expect([0, 0.04, 0.5, 0.94].map(of)).toEqual([null, null, null, null]);
  expect([0.95, 3.24, 9.5, 120.4].map(of)).toEqual(['0.9', '3.2', '10', '120']);
});
