// Keeps what changes by itself on a page as it is now, once a minute while somebody looks at it: state and waiting time. Nothing
// else is touched, neither what is being typed nor what is open or selected; without this the page says what was so when it came.
const PAUSE = 60_000;
const address = new URL(location.href);
const language = address.searchParams.get('lang');
const seen = document.querySelector('[data-seen]')?.dataset.seen;
address.hash = '';
address.search = '';
if (language) address.searchParams.set('lang', language);
if (seen) address.searchParams.set('seen', seen);
let last = Date.now();

function isBusy(part) {
  const selection = getSelection();
  return (
    part.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(part, true))
  );
}

async function look() {
  last = Date.now();
  // Not what a cache kept while the page lay open.
  const answer = await fetch(address, { cache: 'no-cache' });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-follow]')) {
    const next = fresh.querySelector(`[data-follow="${part.dataset.follow}"]`);
    if (!next || isBusy(part)) continue;
    if (part.innerHTML === next.innerHTML && part.className === next.className) continue;
    part.className = next.className;
    part.replaceChildren(...next.childNodes);
  }
}

function lookAgain() {
  // A page that nobody looks at asks nothing. Where the desk cannot be reached, the next minute comes.
  if (!document.hidden && Date.now() - last >= PAUSE) look().catch(() => {});
}
setInterval(lookAgain, PAUSE / 4);
document.addEventListener('visibilitychange', lookAgain);
