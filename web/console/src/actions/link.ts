export interface LinkParts {
  /** The address as it would be opened. */
  href: string;
  /** The host as the network sees it: look-alike letters show as xn--…. */
  host: string;
  punycode: boolean;
  /** What the text pretended. */
  shown: string;
  /** `https://official.example@evil.example` */
  credentials: boolean;
}

/** What a link in a user's text really leads to; null when it is no web address. */
export function linkParts(text: string): LinkParts | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const shown = /^https?:\/\/(?:[^/?#]*@)?([^/?#:]*)/i.exec(text)?.[1] ?? url.hostname;
  return {
    href: url.href,
    host: url.host,
    punycode: url.hostname.split('.').some((label) => label.startsWith('xn--')),
    shown,
    credentials: url.username !== '' || url.password !== '',
  };
}
