/**
 * What drops down from a button: closed by a press elsewhere and by Escape, so that nothing stays over the maps.
 */

export function createDrops() {
  const drops = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll("details.drop")]);
  document.addEventListener("pointerdown", (event) => {
    for (const drop of drops) if (drop.open && event.target instanceof Node && !drop.contains(event.target)) drop.open = false;
  });
  for (const drop of drops) {
    drop.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !drop.open) return;
      event.preventDefault();
      drop.open = false;
      drop.querySelector("summary")?.focus();
    });
  }
}
