// Fonts differ from wall to wall, and so does the width of a number. What would be cut off is drawn a little smaller.

/** Not smaller than this share: below it nobody could read it from six metres. */
const LEAST = 0.75;

/** Makes what stands in the boxes of a page fit into them. */
export function fit(root: HTMLElement): void {
  for (const box of root.querySelectorAll<HTMLElement>('.counter, .panel')) {
    const parts = [...box.children].filter((part) => part instanceof HTMLElement);
    for (const part of parts) if (part.style.zoom !== '') part.style.zoom = '';
    const over = Math.max(box.scrollWidth / box.clientWidth, box.scrollHeight / box.clientHeight);
    if (over > 1) for (const part of parts) part.style.zoom = String(Math.max(LEAST, 0.99 / over));
  }
}
