import type { Language } from '@standfast/ui/i18n';

/** 1,234,567 bytes → "1.2 MB". Decimal units, as files are shown everywhere else. */
export function fileSize(bytes: number, language: Language): string {
  const [unit, size] =
    bytes >= 1e6 ? ['megabyte', 1e6] : bytes >= 1e3 ? ['kilobyte', 1e3] : ['byte', 1];
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: unit as string,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumFractionDigits: bytes >= 1e6 ? 1 : 0,
  }).format(bytes / (size as number));
}

/** A limit on files, rounded down to what people say: 26,214,400 bytes → "25 MB"; a file of that size fits. */
export function limitSize(bytes: number, language: Language): string {
  const megabytes = Math.floor(bytes / 2 ** 20);
  return megabytes > 0 ? fileSize(megabytes * 1e6, language) : fileSize(bytes, language);
}

/** The desk counts up to 1,000; beyond, "999+" says enough. */
export function countOf(count: number, language: Language): string {
  return count >= 1_000 ? '999+' : new Intl.NumberFormat(language).format(count);
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A waiting time in as few characters as a row has: 4 min, 3 h 05, 2 d. */
export function shortSpan(milliseconds: number, language: Language): string {
  const zh = language === 'zh-CN';
  if (milliseconds < MINUTE) return zh ? '刚刚' : 'now';
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)}${zh ? '分钟' : ' min'}`;
  if (milliseconds < 10 * HOUR) {
    const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
    const hours = Math.floor(milliseconds / HOUR);
    return zh ? `${hours}小时${minutes}分` : `${hours} h ${String(minutes).padStart(2, '0')}`;
  }
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)}${zh ? '小时' : ' h'}`;
  return `${Math.floor(milliseconds / DAY)}${zh ? '天' : ' d'}`;
}

/** What stands in an avatar: two initials, or the first character of a Chinese name. */
export function initials(name: string): string {
  const trimmed = name.trim();
  if (/^[\u3400-\u9fff]/.test(trimmed)) return [...trimmed][0] ?? '?';
  const words = trimmed.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return (
    letters
      .map((word) => [...(word ?? '?')][0] ?? '')
      .join('')
      .toUpperCase() || '?'
  );
}

/** How many characters a text has more than the desk takes, counted as the desk counts: an emoji is one. */
export function charactersOver(text: string, most: number): number {
  return Math.max(0, Array.from(text.trim()).length - most);
}

/** How much room a text takes at the desk. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A limit in bytes as people count: so many Chinese characters, of three bytes each, or so many letters; rounded down. */
export function roomOf(bytes: number, language: Language): { chinese: string; letters: string } {
  const said = (count: number) => {
    const step = count >= 1_000 ? 100 : 10;
    return new Intl.NumberFormat(language).format(Math.floor(count / step) * step);
  };
  return { chinese: said(bytes / 3), letters: said(bytes) };
}
