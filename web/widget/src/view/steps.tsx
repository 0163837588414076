import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Icon } from './icon.tsx';

interface Props {
  support: Support;
  /** The desk's own steps, after it found a secret. */
  steps?: { title: string; items: readonly string[] } | null | undefined;
}

/** What to do first when money is at risk: numbered, one action each. */
export function Steps({ support: { t }, steps }: Props) {
  const title = steps?.title ?? t('steps');
  const items = steps?.items ?? [1, 2, 3, 4].map((step) => t(`step_${step}`));
  return (
    <section class="steps" key="steps" role={steps ? 'alert' : null} aria-label={title}>
      <h3>
        <Icon name="alert" />
        {title}
      </h3>
      <ol>
        {items.map((item) => (
          <li>
            <span>{item}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
