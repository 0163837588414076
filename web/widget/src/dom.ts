/*
 * The smallest renderer that serves: views are functions from state to a tree, the tree is compared with the one
 * before, and only what differs touches the page. Svelte's runtime alone is 12 kB of the 25 kB that the whole widget
 * may weigh; this is one.
 */
export type Child = Branch | string | number | false | null | undefined | readonly Child[];
export type Props = Readonly<Record<string, unknown>>;
export type View<P> = (props: P) => Child;

export interface Branch {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly Branch[];
  element?: Node;
}

type Handlers = Record<string, unknown>;

const SVG = 'http://www.w3.org/2000/svg';
const TEXT = '';

/** The JSX factory. A view used as a tag is called at once: views keep no state of their own. */
export function h<P>(tag: string | View<P>, props: P | null, ...children: Child[]): Child {
  if (typeof tag === 'function')
    return tag({ ...(props as P), ...(children.length > 0 && { children }) });
  return { tag, props: (props ?? {}) as Props, children: flatten(children) };
}

function flatten(children: readonly Child[]): Branch[] {
  return children.flatMap((child): Branch[] => {
    if (child === false || child === null || child === undefined || child === '') return [];
    if (typeof child === 'string' || typeof child === 'number') {
      return [{ tag: TEXT, props: { text: String(child) }, children: [] }];
    }
    return 'tag' in child ? [child] : flatten(child);
  });
}

const shown = new WeakMap<Node, readonly Branch[]>();

/** Makes the content of `parent` show this tree. */
export function render(parent: Node, tree: Child): void {
  const next = flatten([tree]);
  patch(parent, shown.get(parent) ?? [], next);
  shown.set(parent, next);
}

/** What makes an old node the same as a new one: its key, or its tag and its place among those without key. */
function identities(nodes: readonly Branch[]): string[] {
  const counts: Record<string, number> = {};
  return nodes.map(({ tag, props }) => {
    if (props['key'] !== undefined) return `${tag}:${String(props['key'])}`;
    counts[tag] = (counts[tag] ?? 0) + 1;
    return `${tag} ${counts[tag]}`;
  });
}

function patch(parent: Node, before: readonly Branch[], next: readonly Branch[]): void {
  const names = identities(before);
  const old = new Map(before.map((node, index) => [names[index], node]));
  const own = identities(next);
  for (const name of own) old.delete(name);
  for (const gone of old.values()) gone.element?.parentNode?.removeChild(gone.element);
  const kept = new Map(before.map((node, index) => [names[index], node]));
  let place = parent.firstChild;
  for (const [index, node] of next.entries()) {
    const same = kept.get(own[index]);
    const element = same?.element ?? create(node);
    node.element = element;
    if (element === place) place = place.nextSibling;
    else parent.insertBefore(element, place);
    if (node.tag === TEXT) {
      if (element.nodeValue !== node.props['text']) element.nodeValue = String(node.props['text']);
      continue;
    }
    patch(element, same?.children ?? [], node.children);
    dress(element as Element, same?.props ?? {}, node.props);
  }
}

function create({ tag }: Branch): Node {
  if (tag === TEXT) return document.createTextNode('');
  return tag === 'svg' || tag === 'path'
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
}

function dress(element: Element, before: Props, next: Props): void {
  for (const name in { ...before, ...next }) {
    const value = next[name];
    if (name === 'key') continue;
    // Handlers and the content of a field are properties; the person may have changed the latter.
    if (name.startsWith('on')) (element as unknown as Handlers)[name] = value ?? null;
    else if (name === 'value' && 'value' in element) {
      if (element.value !== value) element.value = value;
    } else if (value !== before[name]) {
      if (value === undefined || value === null || (value === false && !name.startsWith('aria')))
        element.removeAttribute(name);
      else
        element.setAttribute(name, value === true && !name.startsWith('aria') ? '' : String(value));
    }
  }
}

declare global {
  namespace JSX {
    type Element = Child;
    interface ElementChildrenAttribute {
      children: unknown;
    }
    interface IntrinsicElements {
      [tag: string]: Props;
    }
  }
}
