import type { SurgeActions, SurgePlan } from '@standfast/api';
import { charactersOver } from '../parts/format';
import type { PlanPart } from './surge.svelte';
import { MOST } from './texts';

/** What the desk would refuse about one box of the plan. */
export interface Fault {
  /** Where the box is. */
  part: PlanPart;
  /** The name of the box in that part. */
  name: string;
  /** What is wrong: a number outside of what is possible or not above the level before, a text that is too long, missing or none. */
  why: 'number' | 'whole' | 'any' | 'above' | 'too_long' | 'missing' | 'source';
  least?: number;
  most?: number;
  /** Which of several boxes of that name. */
  at?: number;
}

/** Numbers of the plan's rules with the least and the most that each can be. */
export const RULES = {
  within_minutes: [5, 1_440],
  busy: [0.01, 1_000],
  surge: [0.01, 1_000],
  storm: [0.01, 1_000],
  leave: [0.1, 0.95],
  up_minutes: [1, 60],
  down_minutes: [1, 1_440],
} as const;
export const RESERVED = [0, 100] as const;
export const PROMISE_HOURS = [1, 168] as const;
export const SIGNAL_MINUTES = [1, 1_440] as const;

const LEVELS = ['busy', 'surge', 'storm'] as const;
const LANGUAGES = ['zh-CN', 'en'] as const;

/** A number that is none, or lies outside; an emptied box has none. */
function outside(value: unknown, [least, most]: readonly [number, number], whole: boolean) {
  const fits =
    typeof value === 'number' &&
    value >= least &&
    value <= most &&
    (!whole || Number.isInteger(value));
  return fits ? null : { why: whole ? ('whole' as const) : ('number' as const), least, most };
}

function ofActions(actions: SurgeActions, part: (typeof LEVELS)[number]): Fault[] {
  const found: Fault[] = [];
  for (const name of ['banner', 'answer'] as const) {
    const text = actions[name];
    if (!text) continue;
    for (const language of LANGUAGES) {
      const box = { part, name: `${name}_${language}` };
      if (charactersOver(text[language], MOST[name]) > 0)
        found.push({ ...box, why: 'too_long', most: MOST[name] });
      // Whoever reads the other language would be told nothing.
      const other = LANGUAGES.some((each) => text[each].trim() !== '');
      if (name === 'answer' && !text[language].trim() && (other || actions.help_first))
        found.push({ ...box, why: 'missing' });
    }
  }
  if (actions.promise_hours !== null) {
    const wrong = outside(actions.promise_hours, PROMISE_HOURS, true);
    if (wrong) found.push({ part, name: 'promise_hours', ...wrong });
  }
  return found;
}

function ofRules({ within_minutes, rules }: SurgePlan): Fault[] {
  const found: Fault[] = [];
  const check = (name: keyof typeof RULES, value: unknown, whole: boolean, least?: number) => {
    const [from, most] = RULES[name];
    const wrong = outside(value, [Math.max(from, least ?? from), most], whole);
    if (wrong) found.push({ part: 'rules', name, ...wrong });
    return !wrong;
  };
  check('within_minutes', within_minutes, true);
  check('busy', rules.busy, false);
  for (const [name, below] of [
    ['surge', rules.busy],
    ['storm', rules.surge],
  ] as const)
    if (check(name, rules[name], false) && rules[name] <= below)
      found.push({ part: 'rules', name, why: 'above', least: below });
  check('leave', rules.leave, false);
  const rises = check('up_minutes', rules.up_minutes, true);
  check('down_minutes', rules.down_minutes, true, rises ? rules.up_minutes : undefined);
  return found;
}

/** All that the desk would refuse, part by part, in the order in which the boxes stand. */
export function faultsOf(plan: SurgePlan): Fault[] {
  const reserved = (['normal', ...LEVELS] as const).flatMap((level): Fault[] => {
    const wrong = outside(plan.reserve[level].people, RESERVED, true);
    return wrong ? [{ part: 'reserve', name: `reserve_${level}`, ...wrong }] : [];
  });
  const signals = plan.signals.flatMap((signal, at): Fault[] => {
    const threshold = typeof signal.threshold === 'number' && Number.isFinite(signal.threshold);
    const minutes = outside(signal.minutes, SIGNAL_MINUTES, true);
    const source = /^[\w.:-]{1,100}$/.test(signal.source);
    return [
      ...(source ? [] : [{ part: 'rules', name: 'source', why: 'source', at } as const]),
      ...(threshold ? [] : [{ part: 'rules', name: 'threshold', why: 'any', at } as const]),
      ...(minutes ? [{ part: 'rules', name: 'minutes', at, ...minutes } as const] : []),
    ];
  });
  return [
    ...LEVELS.flatMap((level) => ofActions(plan[level], level)),
    ...reserved,
    ...ofRules(plan),
    ...signals,
  ];
}

/** The box that a refusal of the desk names, such as `plan.storm.answer.en`; nothing where it names none of a single level. */
export function refusedBox(field: unknown): Pick<Fault, 'part' | 'name'> | null {
  const [, part, name, language] =
    /^plan\.(busy|surge|storm)\.(banner|answer)\.(zh-CN|en)$/.exec(String(field)) ?? [];
  return part ? { part: part as PlanPart, name: `${name}_${language}` } : null;
}
