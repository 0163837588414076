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

async function ask() {
  last = Date.now();
  // Not what a cache kept while the page lay open.
  const answer = await fetch(address, { cache: 'no-cache' });
  if (!answer.ok) throw new Error(answer.status);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

function put(part, next) {
  if (!next || (part.innerHTML === next.innerHTML && part.className === next.className)) return;
  part.className = next.className;
  part.replaceChildren(...next.childNodes);
}

async function look() {
  const fresh = await ask();
  for (const part of document.querySelectorAll('[data-follow]'))
    if (!isBusy(part)) put(part, fresh.querySelector(`[data-follow="${part.dataset.follow}"]`));
}

/** What is new, in its place: what is being typed stays. */
async function show() {
  address.searchParams.delete('seen');
  const fresh = await ask();
  for (const part of document.querySelectorAll('[data-follow]'))
    put(part, fresh.querySelector(`[data-follow="${part.dataset.follow}"]`));
  const record = document.querySelector('[data-record]');
  put(record, fresh.querySelector('[data-record]'));
  address.searchParams.set('seen', fresh.querySelector('[data-seen]').dataset.seen);
  record.lastElementChild.scrollIntoView({ block: 'center' });
}

function lookAgain() {
  // A page that nobody looks at asks nothing. Where the desk cannot be reached, the next minute comes.
  if (!document.hidden && Date.now() - last >= PAUSE) look().catch(() => {});
}
document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-show]');
  if (!link) return;
  event.preventDefault();
  show().catch(() => location.assign(link.href));
});
setInterval(lookAgain, PAUSE / 4);
document.addEventListener('visibilitychange', lookAgain);
