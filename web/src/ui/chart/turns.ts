/** Work that may come a little later is done one piece a frame, so that the pointer never waits for twenty panels. */
const waiting = new Map<object, () => void>();
let frame = 0;

function next(): void {
  const [first] = waiting;
  frame = waiting.size > 1 ? requestAnimationFrame(next) : 0;
  if (!first) return;
  waiting.delete(first[0]);
  first[1]();
}

/** Do it when its turn comes; asked again before that, it is done once, at the place it had. */
export function inTurn(owner: object, act: () => void): void {
  waiting.set(owner, act);
  if (frame === 0) frame = requestAnimationFrame(next);
}

export function leaveTurn(owner: object): void {
  waiting.delete(owner);
}
