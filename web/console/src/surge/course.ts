import type { SurgeReport } from '@standfast/api';
import { csv } from '../plots/csv';

export interface Column {
  x: number;
  width: number;
  /** Of all that waited, and of those among them that waited longer than promised; in the units of the box. */
  waiting: number;
  late: number;
}

/** How many waited, point by point, in a box of this size; zero-based. */
export function columns(report: SurgeReport, width: number, height: number): Column[] {
  const { course } = report;
  const most = Math.max(1, report.most_waiting);
  const step = width / Math.max(1, course.length);
  return course.map((point, index) => ({
    x: index * step,
    width: step,
    waiting: (point.waiting / most) * height,
    late: (Math.min(point.late, point.waiting) / most) * height,
  }));
}

/** The course as a table that opens in a spreadsheet. */
export function courseTable(report: SurgeReport, header: readonly string[]): string {
  return csv(
    header,
    report.course.map(({ at, waiting, late, present }) => [at, waiting, late, present]),
  );
}
