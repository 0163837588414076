import type { Translate } from '@standfast/ui/i18n';
import { shorten } from '@standfast/ui/identifier';
import { type Segment, segments } from '@standfast/ui/mark';
import { h } from '../dom.ts';
import type { Support } from '../support.ts';
import { Icon } from './icon.tsx';

/** The words of the chip that stands where a secret stood. */
export function markText(t: Translate, mark: Extract<Segment, { kind: 'mark' }>): string {
  const { secret, detail } = mark;
  const count = Number(detail);
  if (secret === 'recovery_phrase' && count > 0) return t('mark_words', { count });
  const key = `mark_${secret.replace('extended_', '')}`;
  const text = t(key, { detail: detail ?? '' });
  return text === key ? t('mark_other') : text;
}

export function Mark({ t, part }: { t: Translate; part: Extract<Segment, { kind: 'mark' }> }) {
  return (
    <span class="mark">
      <Icon name="lock" />
      {markText(t, part)}
    </span>
  );
}

interface Props {
  support: Support;
  text: string;
  identifiers: string[];
  /** Links of our own people open; what a customer pasted stays text. */
  links: boolean;
}

export function Rich({ support, text, identifiers, links }: Props) {
  return (
    <p class="rich">
      {segments(text, identifiers).map((part) => {
        if (part.kind === 'mark') return <Mark t={support.t} part={part} />;
        if (part.kind === 'identifier')
          return <Copy support={support} value={part.text} text={shorten(part.text)} />;
        if (part.kind === 'link' && links) {
          return (
            <a href={part.text} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          );
        }
        return part.text;
      })}
    </p>
  );
}

export function Copy({ support, value, text }: { support: Support; value: string; text: string }) {
  const done = support.copied === value;
  return (
    <button
      class="copy"
      title={value}
      aria-label={`${support.t(done ? 'copied' : 'copy')}: ${text}`}
      onclick={(event: MouseEvent) => copy(event.currentTarget as HTMLElement, support, value)}
    >
      <code>{text}</code>
      <Icon name={done ? 'check' : 'copy'} />
    </button>
  );
}

async function copy(beside: HTMLElement, support: Support, value: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    // Without TLS there is no clipboard: select and copy as of old.
    const area = document.createElement('textarea');
    area.value = value;
    beside.after(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    beside.focus();
  }
  support.copy(value);
}
