import type { SurgeActions, SurgePlan, SurgeText } from '@standfast/api';
import type { Line } from '../parts/overtaken';
import { directory } from '../session/directory.svelte';
import { t } from '../words.svelte';
import { deedsOf } from './deeds';
import type { Fault } from './faults';

/** A box of the plan by the words that stand beside it. */
function boxOf({ part, name, at = 0 }: Pick<Fault, 'part' | 'name' | 'at'>): string {
  const level = (code: string) => t(`surge.level.${code}`);
  const [, reserved] = /^reserve_(\w+)$/.exec(name) ?? [];
  const [, text, language] = /^(banner|answer)_(.+)$/.exec(name) ?? [];
  const words = reserved
    ? [t('surge.reserve'), level(reserved), t('surge.reserve.people')]
    : text
      ? [level(part), t(`surge.action.${text}`), t(`surge.text.${language}`)]
      : name === 'promise_hours'
        ? [level(part), t('surge.action.promise'), t('surge.promise.within')]
        : name === 'within_minutes'
          ? [t('surge.within')]
          : name === 'busy' || name === 'surge' || name === 'storm'
            ? [t('surge.rule.begins', { level: level(name) })]
            : name === 'leave' || name === 'up_minutes' || name === 'down_minutes'
              ? [t(`surge.rule.${name}`)]
              : [t('surge.signals'), String(at + 1), t(`surge.signal.${name}`)];
  return words.join(' · ');
}

/** What the desk refuses, in words: which box, and what it takes. */
export function sayFault({
  why,
  least = 0,
  most = 0,
  ...place
}: Omit<Fault, 'why'> & { why: Fault['why'] | 'secret' }): string {
  const box = boxOf(place);
  return why === 'secret'
    ? t('text.secret', { box })
    : t(`surge.fault.${why}`, { box, least, most });
}

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
