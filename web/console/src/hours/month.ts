/** Dates of a month for a calendar, as ISO 8601 writes them. Pure. */

const ISO = (date: Date) => date.toISOString().slice(0, 10);

/** The weeks of a month from Monday, with the days of its neighbours that fill them. `month` is "2026-10". */
export function weeksOf(month: string): string[][] {
  const first = new Date(`${month}-01T00:00:00Z`);
  const start = new Date(first);
  start.setUTCDate(1 - ((first.getUTCDay() + 6) % 7));
  const weeks: string[][] = [];
  for (const at = start; ;) {
    if (weeks.length > 0 && ISO(at).slice(0, 7) !== month) return weeks;
    const week: string[] = [];
    for (let day = 0; day < 7; day++) {
      week.push(ISO(at));
      at.setUTCDate(at.getUTCDate() + 1);
    }
    weeks.push(week);
  }
}

/** The month so many months later. */
export function monthAfter(month: string, months: number): string {
  const at = new Date(`${month}-01T00:00:00Z`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return ISO(at).slice(0, 7);
}

/** The date so many days later. */
export function dateAfter(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return ISO(at);
}
