// Keys of a keyboard or a remote control.

/** Runs what a key stands for, and nothing where it is the browser's. */
export function act(event: KeyboardEvent, acts: Record<string, () => void>): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const found = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!found) return;
  event.preventDefault();
  found();
}
