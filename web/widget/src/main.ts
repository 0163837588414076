import tokens from '@standfast/ui/tokens.css?inline';
import { h, render } from './dom.ts';
import type { Call, Stub } from './host.ts';
import style from './style/widget.css?inline';
import { Support } from './support.ts';
import { App, type Frame } from './view/app.tsx';
import { Screen } from './screen.ts';

/** Styles that a strict content security policy of the host page allows: no style element where it can be avoided. */
function dress(root: ShadowRoot): void {
  const css = tokens + style;
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } else {
    const element = document.createElement('style');
    element.textContent = css;
    (root as ShadowRoot).append(element);
  }
}

function start(stub: Stub): void {
  const { base, data } = stub;
  const host = document.createElement('standfast-desk');
  const root = host.attachShadow({ mode: 'open' });
  dress(root);
  const support = new Support(base);
  const frame: Frame = {
    button: data['button'] !== 'off',
    left: data['position'] === 'left',
    phone: false,
  };
  const screen = new Screen(root, support, frame);
  let due = false;
  const show = () => {
    due = false;
    screen.before();
    render(root, h(App, { support, frame }));
    screen.after();
  };
  // Many changes in one turn are one picture.
  support.onChange = () => {
    if (due) return;
    due = true;
    queueMicrotask(show);
  };
  const theme = (value: string | undefined) => {
    if (value === 'light' || value === 'dark') host.dataset['theme'] = value;
    else delete host.dataset['theme'];
  };
  theme(data['theme']);
  support.speak(data['language'] || document.documentElement.lang || navigator.language);
  document.body.append(host);
  const call = ([name, value]: Call): void => {
    if (name === 'identify') void support.identify(value);
    else if (name === 'context') support.context = { ...support.context, ...value };
    else if (name === 'language') support.speak(value);
    else if (name === 'theme') theme(value);
    else if (name === 'open') void support.open();
    else if (name === 'close') support.close();
    else if (name === 'reset') support.reset();
  };
  for (const queued of stub.q) call(queued);
  window.Standfast = Object.assign((...args: Call) => call(args), stub);
  void support.start();
}

if (window.Standfast) start(window.Standfast);
