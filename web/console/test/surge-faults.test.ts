import { describe, expect, it } from 'vitest';
import type { SurgeActions, SurgePlan } from '@standfast/api';
import { faultsOf, refusedBox } from '../src/surge/faults';
import { MOST } from '../src/surge/texts';

const nothing: SurgeActions = {
  banner: null,
  answer: null,
  answer_types: [],
  help_first: false,
  promise_hours: null,
  team: null,
  pause_asking: false,
  pause_reports: false,
  call_out: [],
};
const people = (count: number) => ({ people: count, agents: [] });
const plan = (more: Partial<SurgePlan> = {}): SurgePlan => ({
  within_minutes: 60,
  rules: { busy: 1, surge: 2, storm: 4, leave: 0.7, up_minutes: 2, down_minutes: 15 },
  alarm: 'busy',
  expected: { level: 'normal', kinds: [] },
  signals: [],
  busy: nothing,
  surge: nothing,
  storm: nothing,
  reserve: { normal: people(0), busy: people(1), surge: people(1), storm: people(100) },
  ...more,
});
const text = (zh: string, en: string) => ({ 'zh-CN': zh, en });
/** "busy banner_en too_long" of each. */
const said = (of: SurgePlan) => faultsOf(of).map(({ part, name, why }) => `${part} ${name} ${why}`);

describe('the surge plan', () => {
  it('has nothing to put right as it is', () => {
    expect(faultsOf(plan())).toEqual([]);
  });

  it('names the box of a text that is too long, by level and language, counted in characters', () => {
    const full = '🙂'.repeat(MOST.banner);
    expect(said(plan({ busy: { ...nothing, banner: text(full, `${full} \n`) } }))).toEqual([]);
    expect(said(plan({ storm: { ...nothing, banner: text('', `${full}.`) } }))).toEqual([
      'storm banner_en too_long',
    ]);
    const long = 'a'.repeat(MOST.answer + 1);
    expect(said(plan({ surge: { ...nothing, answer: text(long, 'b') } }))).toEqual([
      'surge answer_zh-CN too_long',
    ]);
  });

  it('wants the known answer in both languages, where there is one', () => {
    expect(said(plan({ busy: { ...nothing, answer: text('', '') } }))).toEqual([]);
    expect(said(plan({ busy: { ...nothing, answer: text('稍候', ' ') } }))).toEqual([
      'busy answer_en missing',
    ]);
    const help = { ...nothing, help_first: true, answer: text('', '') };
    expect(said(plan({ busy: help }))).toEqual([
      'busy answer_zh-CN missing',
      'busy answer_en missing',
    ]);
  });

  it('says between what a number lies, also where the box is empty', () => {
    const reserve = { ...plan().reserve, normal: people(-5), busy: people(1.5) };
    expect(faultsOf(plan({ reserve }))).toEqual([
      { part: 'reserve', name: 'reserve_normal', why: 'whole', least: 0, most: 100 },
      { part: 'reserve', name: 'reserve_busy', why: 'whole', least: 0, most: 100 },
    ]);
    const empty = null as unknown as number;
    expect(faultsOf(plan({ within_minutes: empty }))).toEqual([
      { part: 'rules', name: 'within_minutes', why: 'whole', least: 5, most: 1440 },
    ]);
    expect(said(plan({ storm: { ...nothing, promise_hours: 200 } }))).toEqual([
      'storm promise_hours whole',
    ]);
  });

  it('wants each level above the one before, and a fall no faster than the rise', () => {
    const rules = { ...plan().rules, surge: 1, up_minutes: 20 };
    expect(faultsOf(plan({ rules }))).toEqual([
      { part: 'rules', name: 'surge', why: 'above', least: 1 },
      { part: 'rules', name: 'down_minutes', why: 'whole', least: 20, most: 1440 },
    ]);
  });

  it('names which figure of other systems it is', () => {
    const signal = {
      source: 'price:BTC',
      is_above: true,
      threshold: 1,
      level: 'busy',
      minutes: 30,
    };
    const signals = [
      signal,
      { ...signal, source: 'price BTC', minutes: 0 },
    ] as SurgePlan['signals'];
    expect(faultsOf(plan({ signals })).map(({ name, at }) => [name, at])).toEqual([
      ['source', 1],
      ['minutes', 1],
    ]);
  });

  it('finds the box that a refusal names', () => {
    expect(refusedBox('plan.storm.answer.zh-CN')).toEqual({
      part: 'storm',
      name: 'answer_zh-CN',
    });
    expect(refusedBox('within_minutes')).toBeNull();
    expect(refusedBox(undefined)).toBeNull();
  });
});
