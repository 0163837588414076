// Keeps what changes by itself on a page as it is now, about once a minute while somebody looks at it: state, waiting time, what is
// asked. What is being typed, selected or read is not touched; without this the page says what was so when it came.
const PAUSE = 60_000;
const MOST = 600_000;
const PATIENCE = 30_000;
let seen = Number(document.querySelector('[data-seen]')?.dataset.seen ?? Number.NaN);
/** How often what is new was put in: what was asked for before then is of an older page. */
let turn = 0;
let isShowing = false;
let pause = PAUSE;
let due = 0;

function wait(least = 0) {
  // Pages that failed together do not come back together.
  due = Date.now() + Math.max(pause * (0.8 + Math.random() / 5), least * (1 + Math.random() / 5));
}

/** In milliseconds, from seconds or from a date. */
function asked(header) {
  const seconds = Number(header ?? 0);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(header) - Date.now() || 0 : seconds * 1000);
}

/** The page as it is now, in its own language; whether it is read, or only looked at beside what was seen. */
async function ask(isRead) {
  const address = new URL(location.pathname, location);
  address.searchParams.set('lang', document.documentElement.lang);
  address.searchParams.set('follow', '1');
  if (!isRead && !Number.isNaN(seen)) address.searchParams.set('seen', seen);
  // Not what a cache kept while the page lay open.
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(address, { cache: 'no-cache', signal });
  if (!answer.ok)
    throw Object.assign(new Error(answer.status), {
      after: asked(answer.headers.get('retry-after')),
    });
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

function isTyped(part) {
  return [...part.querySelectorAll('input, textarea, select')].some((field) => {
    if (field.type === 'hidden') return false;
    if (field.type === 'checkbox' || field.type === 'radio')
      return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(0, first);
  });
}

function isBusy(part) {
  const selection = getSelection();
  return (
    part.contains(document.activeElement) ||
    (!selection.isCollapsed && selection.containsNode(part, true)) ||
    isTyped(part)
  );
}

/** What a part says to whoever reads it: seals differ each time, and what is folded away was so when it came. */
function said(part) {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll('[type=hidden]')) field.remove();
  for (const folded of copy.querySelectorAll('details')) folded.open = false;
  return `${copy.className} ${copy.innerHTML}`;
}

function put(part, next) {
  if (!next || said(part) === said(next)) return;
  const unfolded = new Set([...part.querySelectorAll('details[open]')].map(({ id }) => id));
  part.className = next.className;
  part.replaceChildren(...next.childNodes);
  for (const folded of part.querySelectorAll('details'))
    if (unfolded.has(folded.id)) folded.open = true;
}

function putParts(fresh, isKept) {
  for (const part of document.querySelectorAll('[data-follow]'))
    if (!isKept(part)) put(part, fresh.querySelector(`[data-follow="${part.dataset.follow}"]`));
  const reply = document.querySelector('#reply');
  if (reply) reply.hidden = !fresh.querySelector('#reply') && !isBusy(reply);
}

/** Whatever is sent from now on answers what is shown now: the same words as before are other words. */
function sealAnew(fresh) {
  const field = (form, name) => form.querySelector(`[type=hidden][name=${name}]`);
  const name = (form) => `${form.getAttribute('action')} ${field(form, 'about')?.value}`;
  for (const form of document.forms) {
    const next = [...fresh.forms].find((other) => name(other) === name(form));
    for (const part of next ? ['form', 'token'] : []) {
      const [own, other] = [field(form, part), field(next, part)];
      if (own && other) own.value = other.value;
    }
  }
}

async function look() {
  const begun = turn;
  const fresh = await ask(false);
  if (begun === turn) putParts(fresh, isBusy);
}

/** What is new, in its place: what is being typed stays. */
async function show() {
  const fresh = await ask(true);
  const next = Number(fresh.querySelector('[data-seen]')?.dataset.seen ?? Number.NaN);
  if (Number.isNaN(next)) throw new Error('another page');
  turn += 1;
  putParts(fresh, isTyped);
  for (const part of document.querySelectorAll('[data-record]'))
    put(part, fresh.querySelector(`[data-record="${part.dataset.record}"]`));
  sealAnew(fresh);
  const entries = [...document.querySelectorAll('[data-record] > .entry')];
  const first = entries.find(({ id }) => Number(id.slice(1)) > seen) ?? entries.at(-1);
  seen = next;
  if (!first) return;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
  first.scrollIntoView({ block: 'center' });
}

/** The banner stays, and with it what was typed: nobody is led away from here. */
function sayFailed() {
  const news = document.querySelector('[data-failed]');
  news.querySelector('.failed')?.remove();
  const line = document.createElement('span');
  line.className = 'failed';
  line.textContent = news.dataset.failed;
  news.append(' ', line);
}

async function keep() {
  // A page that nobody looks at asks nothing.
  if (document.hidden || Date.now() < due) return;
  wait(PATIENCE);
  try {
    await look();
    pause = PAUSE;
    wait();
  } catch ({ after }) {
    pause = Math.min(pause * 2, MOST);
    wait(after);
  }
}

document.addEventListener('click', async (event) => {
  const isElsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  if (!event.target.closest('[data-show]') || isElsewhere) return;
  event.preventDefault();
  if (isShowing) return;
  isShowing = true;
  await show().catch(sayFailed);
  isShowing = false;
});
wait();
setInterval(keep, PAUSE / 12);
document.addEventListener('visibilitychange', keep);
