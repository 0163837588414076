import { segments } from '@standfast/ui/mark';
import { t } from '../words.svelte';

/** The name of what was redacted: “recovery phrase”. */
export function secretName(kind: string): string {
  const key = `secret.${kind}`;
  const name = t(key);
  return name === key ? t('secret.other') : name;
}

/** One line of plain text with its marks spelled out; for previews. */
export function plainText(text: string): string {
  const parts = segments(text).map((part) =>
    part.kind === 'mark'
      ? `[${t('redacted.short', { secret: secretName(part.secret) })}]`
      : part.text,
  );
  return parts.join('').replace(/\s+/g, ' ').trim();
}
