/*
 * The one line on a host page loads this: it takes calls at once and fetches the widget when the page has nothing
 * better to do. Kept below 1 kB; no imports.
 */
((page: Omit<Window, 'Standfast'> & { Standfast?: unknown }, html: Document) => {
  if (page.Standfast) return;
  const own = (html.currentScript ??
    html.querySelector('script[src*="/widget.js"]')) as HTMLScriptElement;
  const calls: unknown[][] = [];
  let loading = false;
  const load = () => {
    if (loading) return;
    loading = true;
    const script = html.createElement('script');
    script.src = `${base}/widget/app.js`;
    script.charset = 'utf-8';
    script.async = true;
    if (own.nonce) script.nonce = own.nonce;
    html.head.append(script);
  };
  const base = own.src.replace(/\/widget\.js.*/, '');
  page.Standfast = Object.assign(
    (...call: unknown[]) => {
      calls.push(call);
      if (call[0] === 'open') load();
    },
    { q: calls, base, data: own.dataset },
  );
  const idle = () =>
    'requestIdleCallback' in page
      ? requestIdleCallback(load, { timeout: 2000 })
      : setTimeout(load, 200);
  if (html.readyState === 'complete') idle();
  else page.addEventListener('load', idle);
})(window, document);
