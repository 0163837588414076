import type { Id, Person, Shift, Violation, WeekNeed } from '@standfast/api';
import type { Day } from './week';

/** A week as it is shown, as a table or day by day, and what can be done with it. */
export interface WeekView {
  plans: boolean;
  days: readonly Day[];
  people: readonly Person[];
  shifts: readonly Shift[];
  broken: ReadonlyMap<Id, Violation[]>;
  /** What the week needs; null for those who do not plan, and while it is not known. */
  need: WeekNeed | null;
  heading: (day: Day, weekday: 'short' | 'long') => string;
  /** A new shift is to be entered. */
  onbegin: (person: Person | null, day: Day) => void;
  onopen: (shift: Shift) => void;
}
