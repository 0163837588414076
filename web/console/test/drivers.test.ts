import { describe, expect, it } from 'vitest';
import type { ActiveDayOf, Driver } from '@standfast/api';
import { stretches, weekly } from '../src/drivers/days';
import { splitValues, toLines, toScope } from '../src/drivers/scope';
import { months, place } from '../src/drivers/timeline';
import { fromInput, toInput } from '../src/drivers/when';

const day = (name: string, users: number | null): ActiveDayOf => ({
  day: name,
  counted:
    users === null
      ? null
      : { source: 'csv', users, rows: 1, updated_at: '2026-11-21T00:00:00.000Z' },
  left_out: [],
});

function event(id: string, starts: string, ends: string | null = null): Driver {
  return {
    id,
    version: 1,
    kind: 'release',
    title: id,
    note: '',
    starts_at: starts,
    ends_at: ends,
    is_ongoing: false,
    scope: {},
    source: 'person',
    external_id: null,
    agent_id: null,
    created_at: starts,
    updated_at: starts,
  };
}

describe('times in inputs', () => {
  it('come back as they went', () => {
    for (const at of ['2026-11-10T08:00:00.000Z', '2026-03-29T00:30:00.000Z']) {
      expect(fromInput(toInput(at))).toBe(at);
    }
  });

  it('are nothing while they are half written', () => {
    expect(toInput(null)).toBe('');
    expect(fromInput('')).toBeNull();
    expect(fromInput('2026-11-')).toBeNull();
  });
});

describe('what an event touches', () => {
  it('is read with commas of both languages', () => {
    expect(splitValues(' 7.2.0，7.2.1、 7.3 ,, ')).toEqual(['7.2.0', '7.2.1', '7.3']);
  });

  it('is the same after editing', () => {
    const scope = { app_version: ['7.2.0', '7.2.1'], type: ['fee'] };
    expect(toScope(toLines(scope))).toEqual(scope);
    expect(
      toScope([
        { dimension: 'chain', values: 'tron' },
        { dimension: 'chain', values: 'ton' },
        { dimension: 'region', values: ' , ' },
      ]),
    ).toEqual({ chain: ['tron', 'ton'] });
  });
});

describe('the line of time', () => {
  const from = Date.parse('2026-10-01T00:00:00Z');
  const until = Date.parse('2026-10-11T00:00:00Z');

  it('puts what overlaps into lanes and leaves out what lies elsewhere', () => {
    const marks = place(
      [
        event('long', '2026-10-02T00:00:00Z', '2026-10-06T00:00:00Z'),
        event('within', '2026-10-03T00:00:00Z'),
        event('after', '2026-10-08T00:00:00Z'),
        event('before', '2026-09-01T00:00:00Z'),
        event('from before', '2026-09-28T00:00:00Z', '2026-10-01T12:00:00Z'),
      ],
      from,
      until,
    );
    expect(marks.map(({ event: { id }, lane }) => [id, lane])).toEqual([
      ['from before', 0],
      ['long', 0],
      ['within', 1],
      ['after', 0],
    ]);
    expect(marks[0]).toMatchObject({ left: 0 });
    expect(marks[1]?.width).toBeCloseTo(0.4);
    expect(marks[2]?.width).toBe(0);
  });

  it('has no more than four lanes, whatever happens at once', () => {
    const many = Array.from({ length: 9 }, (_, at) => event(String(at), '2026-10-03T00:00:00Z'));
    expect(Math.max(...place(many, from, until).map((mark) => mark.lane))).toBe(3);
  });

  it('names the months that begin in it', () => {
    const found = months(Date.parse('2026-08-15T00:00:00'), Date.parse('2026-11-20T00:00:00'));
    expect(found.map((at) => new Date(at).getMonth())).toEqual([8, 9, 10]);
  });
});

describe('days', () => {
  const days = [
    day('2026-11-13', null),
    day('2026-11-14', 10),
    day('2026-11-15', null),
    day('2026-11-16', null),
    day('2026-11-17', 20),
    day('2026-11-18', 5),
    day('2026-11-19', null),
  ];

  it('of which nothing is known are one gap, but not before the first and after the last', () => {
    expect(stretches(days).map((each) => (each.known ? each.day.day : each))).toEqual([
      '2026-11-18',
      '2026-11-17',
      { known: false, from: '2026-11-15', until: '2026-11-16', count: 2 },
      '2026-11-14',
    ]);
    expect(stretches([day('2026-11-13', null)])).toEqual([]);
  });

  it('have a mean of those that are over', () => {
    expect(weekly(days, '2026-11-18')).toBe(15);
    expect(weekly(days, '2026-11-01')).toBeNull();
  });
});
