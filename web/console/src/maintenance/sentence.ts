/** A text as it joins what stands after it: with a stop at its end, whatever people wrote (as `MaintenanceText::sentence`). Pure. */
export function sentence(text: string): string {
  const bare = text.replace(/["'”’」』)）]+$/, '');
  if (bare === '' || /[.!?…。！？；]$/.test(bare)) return text;
  return text + (/[\p{Script=Han}]/u.test(text) ? '。' : '.');
}
