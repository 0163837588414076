import type { SurgeActions, SurgePlan, SurgeText } from '@standfast/api';
import type { Line } from '../parts/overtaken';
import { directory } from '../session/directory.svelte';
import { t } from '../words.svelte';
import { deedsOf } from './deeds';

/** What a surge plan says, line by line. */
export function linesOf(plan: SurgePlan): Line[] {
  const level = (name: string) => t(`surge.level.${name}`);
  const names = (ids: readonly string[]) =>
    ids.map((id) => directory.agentName(id)).join(t('list.separator'));
  const texts = (text: SurgeText | null | undefined) =>
    text ? [text['zh-CN'], text.en].filter(Boolean) : [];
  const actions = (of: SurgeActions) =>
    [
      ...deedsOf(of),
      ...texts(of.banner),
      ...texts(of.answer),
      of.answer_types.map((code) => directory.typeName(code)).join(' · '),
      ...(of.team ? [of.team.types.map((code) => directory.typeName(code)).join(' · ')] : []),
      names(of.call_out),
    ].filter(Boolean);
  const { rules, expected } = plan;
  return [
    ...(['busy', 'surge', 'storm'] as const).map((name) => ({
      label: level(name),
      text: actions(plan[name]).join('\n'),
    })),
    ...(['normal', 'busy', 'surge', 'storm'] as const).map((name) => ({
      label: `${t('surge.reserve')} · ${level(name)}`,
      text: [String(plan.reserve[name].people), names(plan.reserve[name].agents)]
        .filter(Boolean)
        .join(' · '),
    })),
    { label: t('surge.within'), text: String(plan.within_minutes) },
    ...(['busy', 'surge', 'storm'] as const).map((name) => ({
      label: t('surge.rule.begins', { level: level(name) }),
      text: String(rules[name]),
    })),
    ...(['leave', 'up_minutes', 'down_minutes'] as const).map((name) => ({
      label: t(`surge.rule.${name}`),
      text: String(rules[name]),
    })),
    { label: t('surge.rule.alarm'), text: level(plan.alarm) },
    {
      label: t('surge.expected'),
      text: [level(expected.level), ...expected.kinds.map((kind) => t(`driver.kind.${kind}`))].join(
        ' · ',
      ),
    },
    {
      label: t('surge.signals'),
      text: plan.signals
        .map(
          ({ source, is_above, threshold, level: to, minutes }) =>
            `${source} ${t(is_above ? 'surge.signal.above' : 'surge.signal.below')} ${threshold}: ` +
            `${level(to)}, ${minutes} ${t('surge.minutes')}`,
        )
        .join('\n'),
    },
  ];
}
