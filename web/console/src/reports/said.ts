import type { ReportDefinition } from '@standfast/api';
import type { Scope } from '../insight/scope.svelte';
import type { Line } from '../parts/overtaken';
import { figure } from '../plots/figure';
import { language, t } from '../words.svelte';
import { partsOf } from './definition';

/** What a report says, line by line. */
export function linesOf(name: string, of: ReportDefinition, scope: Scope): Line[] {
  const { measures, dimensions } = scope.catalogue;
  const listed = (names: readonly string[]) => names.join(t('list.separator'));
  const measureName = (measure: string) => {
    const { code, parameter } = partsOf(measure);
    const known = measures.find((each) => each.code === code)?.name ?? code;
    return parameter === null ? known : `${known} (${figure(parameter, 'seconds', language())})`;
  };
  const dimensionOf = (code: string) => dimensions.find((each) => each.code === code);
  const section = (each: ReportDefinition['sections'][number]) => {
    const parts = [
      'measures' in each ? listed(each.measures.map(measureName)) : '',
      'measure' in each ? measureName(each.measure) : '',
      'dimension' in each ? (dimensionOf(each.dimension)?.name ?? each.dimension) : '',
      'most' in each ? String(each.most) : '',
    ].filter(Boolean);
    const title = t(`reports.section.${each.kind}`);
    return parts.length > 0 ? `${title}${t('label.separator')}${parts.join(' · ')}` : title;
  };
  const filters = Object.entries(of.filter ?? {}).map(([code, values]) => {
    const dimension = dimensionOf(code);
    const names = values.map(
      (value) => dimension?.values.find((each) => each.code === value)?.name ?? value,
    );
    return `${dimension?.name ?? code}${t('label.separator')}${listed(names)}`;
  });
  return [
    { label: t('reports.name'), text: name },
    { label: t('reports.period'), text: t(`reports.period.${of.period}`) },
    { label: t('reports.language'), text: of.language === 'en' ? 'English' : '中文' },
    { label: t('reports.zone'), text: of.zone },
    { label: t('reports.sections'), text: of.sections.map(section).join('\n') },
    { label: t('reports.filter'), text: filters.join('\n') },
    { label: t('reports.schedule'), text: scheduled(of.schedule) },
    { label: t('reports.recipients'), text: (of.recipients ?? []).join('\n') },
    {
      label: t('reports.attached'),
      text: listed((of.attached ?? []).map((format) => format.toUpperCase())),
    },
  ];
}

/** "Every week · Monday · 08:30". */
function scheduled(schedule: ReportDefinition['schedule']): string {
  if (!schedule) return t('reports.schedule.none');
  const day =
    schedule.every === 'week'
      ? [t(`reports.weekday.${schedule.weekday}`)]
      : schedule.every === 'month'
        ? [`${t('reports.day')} ${schedule.day}`]
        : [];
  return [t(`reports.schedule.${schedule.every}`), ...day, schedule.at].join(' · ');
}
