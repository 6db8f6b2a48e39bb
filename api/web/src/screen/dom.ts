// Elements by one short call. Text is always a text node, so no figure or name can become markup.

type Child = Node | string | null;

/** `h('div.panel', { title: '…' }, child, 'text')` */
export function h(
  selector: string,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElement {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets the text only where it is another one, so that nothing is laid out again for nothing. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Pixels of one unit of the pages, which is as large as their type may be (layout.ts). */
export function unit(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}
