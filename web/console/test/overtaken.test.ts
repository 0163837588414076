import { describe, expect, it } from 'vitest';
import { daysAlike } from '../src/hours/week';
import { sentence } from '../src/maintenance/sentence';
import { differing, isGone, isOvertaken } from '../src/parts/overtaken';

describe('two versions of a form', () => {
  it('are shown where they differ', () => {
    const mine = [
      { label: 'Name', text: 'a' },
      { label: 'Zone', text: 'UTC' },
      { label: 'Week', text: 'Mon' },
    ];
    const theirs = [
      { label: 'Name', text: 'b' },
      { label: 'Zone', text: 'UTC' },
      { label: 'Seasons', text: 'summer' },
    ];
    expect(differing(mine, theirs)).toEqual([
      { label: 'Name', mine: 'a', theirs: 'b' },
      { label: 'Week', mine: 'Mon', theirs: '' },
      { label: 'Seasons', mine: '', theirs: 'summer' },
    ]);
    expect(differing(mine, mine)).toEqual([]);
  });

  it('keep lines of the same name together', () => {
    const lines = (...texts: string[]) => texts.map((text) => ({ label: 'Day', text }));
    expect(differing(lines('a', 'b'), lines('a'))).toEqual([
      { label: 'Day', mine: 'a\nb', theirs: 'a' },
    ]);
  });

  it('are told by the refusal', () => {
    expect(
      ['outdated_version', 'changed_meanwhile', 'invalid'].map((code) => isOvertaken({ code })),
    ).toEqual([true, true, false]);
    expect(['not_found', 'outdated_version'].map((code) => isGone({ code }))).toEqual([
      true,
      false,
    ]);
  });
});

describe('a week of hours in words', () => {
  const day = (weekday: number, opens: string, closes: string) => ({ weekday, opens, closes });

  it('names days alike once', () => {
    const week = [
      ...[1, 2, 3, 4, 5].flatMap((each) => [
        day(each, '09:00', '12:00'),
        day(each, '13:00', '02:00'),
      ]),
      day(7, '10:00', '16:00'),
    ];
    expect(daysAlike(week)).toEqual([
      { from: 1, until: 5, times: '09:00–12:00, 13:00–02:00' },
      { from: 7, until: 7, times: '10:00–16:00' },
    ]);
    expect(daysAlike([])).toEqual([]);
  });

  it('does not join what a closed day parts', () => {
    const week = [1, 2, 4].map((each) => day(each, '09:00', '18:00'));
    expect(daysAlike(week).map(({ from, until }) => [from, until])).toEqual([
      [1, 2],
      [4, 4],
    ]);
  });
});

describe('a text before another one', () => {
  it('ends with a stop', () => {
    expect(['换磁盘', '换磁盘。', '更新（数据库）'].map(sentence)).toEqual([
      '换磁盘。',
      '换磁盘。',
      '更新（数据库）。',
    ]);
    expect(['Faster disks', 'Faster disks?', 'He said “soon.”', ''].map(sentence)).toEqual([
      'Faster disks.',
      'Faster disks?',
      'He said “soon.”',
      '',
    ]);
  });
});
