import type { Person, Roster, Shift, Violation, WeekNeed } from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem, type Problem } from '../api/http';
import { instant } from '../clock.svelte';
import { notices } from '../parts/notices.svelte';
import { isGone, isOvertaken } from '../parts/overtaken';
import { planning } from '../planning/planning.svelte';
import { advance, isoDate, startOf } from '../plots/zone';
import { language, t } from '../words.svelte';
import { iso, spanText } from './week';

/** So far before and after where a shift stood it is looked for: as much as the desk tells at once. */
const AROUND_MS = 31 * 86_400_000;

/** The clocks by which the roster is read: those of this computer. */
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** What is refused until somebody says why. */
interface Refused {
  violations: Violation[];
  again: (reason: string) => Promise<void>;
}

/** What was done, and how it is undone. */
interface Done {
  text: string;
  action: { label: string; run: () => void };
}

/** The week that is looked at. */
class Week {
  monday = $state(startOf(instant(), 'week', zone));
  data = $state.raw<Roster | null>(null);
  failed = $state(false);
  refused = $state.raw<Refused | null>(null);
  /** What the week needs, for those who plan; null while it is not known. */
  need = $state.raw<WeekNeed | null>(null);
  #asked = 0;
  #needed = 0;

  get until(): number {
    return advance(this.monday, 'week', 1, zone);
  }

  /** What stands there stays until what is new has come. */
  async load(): Promise<void> {
    const own = ++this.#asked;
    this.failed = false;
    try {
      const data = await api.roster(iso(this.monday), iso(this.until));
      if (own === this.#asked) this.data = data;
    } catch {
      if (own === this.#asked) this.failed = true;
    }
  }

  /** What the week needs, by the weeks of the desk's zone that it lies in; nothing of a week that is over. */
  async loadNeed(): Promise<void> {
    const own = ++this.#needed;
    try {
      if (!planning.settings) await planning.load();
      const desk = planning.settings?.settings.zone ?? zone;
      const from = startOf(this.monday, 'week', desk);
      const weeks = advance(from, 'week', 1, desk) < this.until ? 2 : 1;
      const need = this.until > instant() ? await api.need(isoDate(from, desk), weeks) : null;
      if (own === this.#needed) this.need = need;
    } catch {
      // The week stands without it.
      if (own === this.#needed) this.need = null;
    }
  }

  async go(weeks: number): Promise<void> {
    this.monday =
      weeks === 0 ? startOf(instant(), 'week', zone) : advance(this.monday, 'week', weeks, zone);
    this.data = this.data && { ...this.data, shifts: [], violations: [], time_off: [] };
    await this.load();
  }

  /** A shift as it is now, also where somebody has moved it to another week; nothing where it is more than a month away. */
  async find({ id, starts_at }: Shift): Promise<Shift | undefined> {
    const shown = this.data?.shifts.find((shift) => shift.id === id);
    if (shown) return shown;
    const at = Date.parse(starts_at);
    const { shifts } = await api.roster(iso(at - AROUND_MS), iso(at + AROUND_MS));
    return shifts.find((shift) => shift.id === id);
  }

  /**
   * Does something that the rules may refuse: then it is asked why it is to be done all the same. Whatever comes of it, what is
   * shown afterwards is what there is. `overtaken` is called when somebody else was faster, once what there is is known.
   */
  async attempt(
    run: (reason?: string) => Promise<string | Done>,
    overtaken?: (refusal: Problem) => Promise<void>,
  ): Promise<boolean> {
    let done = false;
    let late: Problem | null = null;
    try {
      const said = await run();
      if (typeof said === 'string') notices.done(said);
      else notices.done(said.text, said.action);
      done = true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'against_rules') {
        this.refused = {
          violations: problem.body.violations as Violation[],
          again: async (reason) => {
            this.refused = null;
            await this.attempt(() => run(reason), overtaken);
          },
        };
      } else if (overtaken && (isOvertaken(problem) || isGone(problem))) late = problem;
      else notices.failed(failure(error));
    }
    await this.load();
    if (late) await overtaken?.(late);
    return done;
  }
}

export const week = new Week();

/** Why something could not be done, in words. */
export function failure(error: unknown): string {
  const { status, body, code } = asProblem(error);
  if (status === 0) return t('deed.offline');
  if (code === 'against_rules')
    return (body.violations as Violation[]).map(ruleText).join(t('roster.and'));
  const said = t(`roster.wrong.${String(body.field)}.${String(body.reason)}`);
  return said.startsWith('roster.wrong') ? body.detail || t('deed.failed') : said;
}

/** "Only 8 h of rest, 11 h were agreed". */
export function ruleText({ rule, found, limit }: Violation): string {
  const say = (value: number | null | undefined) =>
    rule === 'days' ? String(value ?? '') : spanText(value ?? 0, language());
  return t(`roster.rule.${rule}`, { found: say(found), limit: say(limit) });
}

export const nameOf = (people: readonly Person[], id: string | null | undefined): string =>
  id ? (people.find((one) => one.agent_id === id)?.name ?? t('agent.unknown')) : t('roster.open');

/** "08:00–16:00", with the date where there is none beside it. */
export function timesOf(shift: Pick<Shift, 'starts_at' | 'ends_at'>, dated = false): string {
  const at = (moment: string, parts: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language(), { timeZone: zone, hourCycle: 'h23', ...parts }).format(
      new Date(moment),
    );
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const span = `${at(shift.starts_at, clock)}–${at(shift.ends_at, clock)}`;
  if (!dated) return span;
  return `${at(shift.starts_at, { weekday: 'short', month: 'short', day: 'numeric' })} ${span}`;
}

/** "Tue, 24 Nov – Wed, 25 Nov" of whole days; else with the times. */
export function rangeOf(from: string, until: string): string {
  const [starts, ends] = [Date.parse(from), Date.parse(until)];
  const whole = [starts, ends].every((at) => startOf(at, 'day', zone) === at);
  const format = new Intl.DateTimeFormat(language(), {
    timeZone: zone,
    month: 'short',
    day: 'numeric',
    weekday: 'short',
    ...(!whole && { hourCycle: 'h23', hour: '2-digit', minute: '2-digit' }),
  });
  return format.formatRange(new Date(starts), new Date(whole ? ends - 1 : ends));
}
