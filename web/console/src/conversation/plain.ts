import { segments } from '@standfast/ui/mark';
import { t } from '../words.svelte';
import { visible } from './direction';

/** The name of what was redacted: “recovery phrase”. */
export function secretName(kind: string): string {
  const key = `secret.${kind}`;
  const name = t(key);
  return name === key ? t('secret.other') : name;
}

/** What stands where a secret was: “Recovery phrase, 12 words, removed”. */
export function markText(secret: string, detail: string | null): string {
  // Digits that may be a key or a hash: hidden, not found to be a secret.
  if (secret === 'unproven_hex') return t('redacted.hex', { digits: detail ?? '' });
  const count = Number(detail);
  return count > 0
    ? t('redacted.count', { secret: secretName(secret), count })
    : t('redacted', { secret: secretName(secret) });
}

/** One line of plain text with its marks spelled out; for previews. */
export function plainText(text: string): string {
  const parts = segments(text).map((part) =>
    part.kind === 'mark'
      ? `[${part.secret === 'unproven_hex' ? markText(part.secret, part.detail) : t('redacted.short', { secret: secretName(part.secret) })}]`
      : visible(part.text),
  );
  return parts.join('').replace(/\s+/g, ' ').trim();
}
