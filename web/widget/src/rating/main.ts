import type { RequestSummary } from '@standfast/api';
import type { Child } from '../dom.ts';
import type { Support } from '../support.ts';
import { Question } from './question.ts';
import style from './rating.css?inline';
import { Asked } from './view.tsx';

/*
 * What the widget loads when something was solved: is it really, how good was the help, was something about it wrong.
 * A script of its own, so that a host page's visitors who never ask anything do not pay for it.
 */
export default function questions(support: Support): void {
  // Asked for again while it was on the way.
  if (support.ask) return;
  dress();
  const asked = new Map<string, Question>();
  support.ask = (request: RequestSummary): Child => {
    let question = asked.get(request.id);
    if (!question) asked.set(request.id, (question = new Question(support, request.number)));
    question.see(request);
    return Asked({ support, question });
  };
  support.onChange();
}

/** Adds our styles to the widget's own. */
function dress(): void {
  const root = document.querySelector('standfast-desk')?.shadowRoot;
  if (!root) return;
  if ('adoptedStyleSheets' in root && 'replaceSync' in CSSStyleSheet.prototype) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } else {
    const element = document.createElement('style');
    element.textContent = style;
    (root as ShadowRoot).append(element);
  }
}
