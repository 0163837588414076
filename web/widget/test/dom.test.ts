// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { type Child, h, render } from '../src/dom.ts';

let root: HTMLElement;
beforeEach(() => {
  root = document.createElement('div');
});

const list = (keys: readonly string[]): Child =>
  h(
    'ul',
    null,
    keys.map((key) => h('li', { key }, key)),
  );

test('shows a tree and changes only what differs', () => {
  render(root, h('p', { class: 'a', title: 'x' }, 'one ', 2, false, null, ''));
  const paragraph = root.firstChild;
  expect(root.innerHTML).toBe('<p class="a" title="x">one 2</p>');
  render(root, h('p', { class: 'b' }, 'one ', 3));
  expect(root.innerHTML).toBe('<p class="b">one 3</p>');
  expect(root.firstChild).toBe(paragraph);
});

test('escapes what it is given', () => {
  render(root, h('p', { title: '"><b>' }, '<img src=x onerror=alert(1)>'));
  expect(root.querySelector('img')).toBeNull();
  expect(root.textContent).toBe('<img src=x onerror=alert(1)>');
});

test('keeps elements by key through any change of order', () => {
  const orders = ['abc', 'cab', 'xbay', '', 'bax', 'edcba', 'abcde', 'ace', 'bd'];
  for (const order of orders) {
    const before = new Map(
      [...root.querySelectorAll('li')].map((item) => [item.textContent, item]),
    );
    render(root, list([...order]));
    expect(root.textContent).toBe(order);
    for (const item of root.querySelectorAll('li')) {
      const known = before.get(item.textContent);
      if (known) expect(item).toBe(known);
    }
  }
});

test('a view that appears does not disturb what stands beside it', () => {
  const view = (notice: boolean): Child => [
    notice && h('p', { key: 'notice' }, 'n'),
    h('textarea', { key: 't', value: 'typed' }),
  ];
  render(root, h('div', null, view(false)));
  const area = root.querySelector('textarea');
  render(root, h('div', null, view(true)));
  expect(root.querySelector('textarea')).toBe(area);
  expect(area?.value).toBe('typed');
});

test('sets handlers, boolean attributes and states for assistive technology', () => {
  let clicks = 0;
  const button = (on: boolean) =>
    h(
      'button',
      { disabled: on, 'aria-expanded': on, onclick: on ? null : () => (clicks += 1) },
      'go',
    );
  render(root, button(false));
  expect(root.innerHTML).toBe('<button aria-expanded="false">go</button>');
  (root.firstChild as HTMLElement).click();
  render(root, button(true));
  expect(root.innerHTML).toBe('<button aria-expanded="true" disabled="">go</button>');
  expect(clicks).toBe(1);
});

test('puts a changed value into a field and leaves an equal one alone', () => {
  render(root, h('input', { value: 'a' }));
  const input = root.firstChild as HTMLInputElement;
  input.value = 'ab';
  render(root, h('input', { value: 'ab' }));
  expect(input.value).toBe('ab');
  render(root, h('input', { value: '' }));
  expect(input.value).toBe('');
});
