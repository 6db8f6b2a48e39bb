// What a wall shows it shows whole, since nobody can scroll it. Fonts differ from wall to wall, and so does the width of
// a number: lines for which there is no room are left out, and what would still be cut off is drawn a little smaller.

/** Not smaller than this share: below it nobody could read it from six metres. */
const LEAST = 0.75;

/** Makes what stands in the columns and boxes of a page fit into them. */
export function fit(root: HTMLElement): void {
  const boxes = [...root.querySelectorAll<HTMLElement>('.counter, .panel')];
  const parts = (box: HTMLElement) => [...box.children].filter((part) => part instanceof HTMLElement);
  for (const part of boxes.flatMap(parts)) if (part.style.zoom !== '') part.style.zoom = '';
  for (const line of root.querySelectorAll<HTMLElement>('.line')) line.hidden = false;
  // First the columns in a panel, then those that hold panels; the last lines go first.
  for (const column of [...root.querySelectorAll('.abreast'), ...root.querySelectorAll('.column')]) {
    const lines = [...column.querySelectorAll<HTMLElement>('.line:not([hidden])')];
    while (column.scrollHeight > column.clientHeight && lines.length > 0) lines.pop()?.toggleAttribute('hidden', true);
  }
  for (const box of boxes) {
    const over = Math.max(box.scrollWidth / box.clientWidth, box.scrollHeight / box.clientHeight);
    if (over > 1) for (const part of parts(box)) part.style.zoom = String(Math.max(LEAST, 0.99 / over));
  }
}
