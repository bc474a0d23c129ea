// Pointers and keys: pan, zoom, pinch, point at, choose.

const REACH = { mouse: 5, pen: 10, touch: 22 }, SLACK = { mouse: 4, pen: 8, touch: 10 };
const fingers = new Map();
let dragged = false, kind = "mouse";
const placeOf = (event) => {
  const box = sheet.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
const accountAt = ([across, down], reach) => {
  let best = NONE, least = Infinity;
  for (let account = 0; account < size; account++) {
    if (!sizes[account] || (looks[account * 4 + 3] === AWAY && kind !== "mouse")) continue;
    const apart = Math.hypot(acrossOf(xs[account]) - across, downOf(ys[account]) - down) - radiusOf(account);
    if (apart < reach && apart < least) [best, least] = [account, apart];
  }
  return best;
};
// Where the pointer is over an account lies a link to its profile: what a browser does with links works on the map.
const spot = $("spot");
const point = (account) => {
  if (account !== state.pointed) {
    state.pointed = account;
    const address = account === NONE ? null : profileOf(account);
    spot.hidden = !address;
    if (address) spot.href = address;
    placeSpot();
    sheet.classList.toggle("pointing", account !== NONE);
    if (state.ties) {
      dress();
      relabel();
    } else repaint();
  }
  showBubble(account);
};
const placeSpot = () => {
  if (state.pointed === NONE) return;
  const half = radiusOf(state.pointed) + REACH.mouse;
  spot.style.width = spot.style.height = `${2 * half}px`;
  spot.style.transform = `translate(${acrossOf(xs[state.pointed]) - half}px, ${downOf(ys[state.pointed]) - half}px)`;
};
painters.push(placeSpot);

const spread = () => {
  const [[x1, y1], [x2, y2]] = fingers.values();
  return { apart: Math.max(1, Math.hypot(x1 - x2, y1 - y2)), across: (x1 + x2) / 2, down: (y1 + y2) / 2 };
};
sheet.addEventListener("pointerdown", (event) => {
  kind = event.pointerType || "mouse";
  if (event.button > 0) return;
  if (!fingers.size) dragged = false;
  fingers.set(event.pointerId, placeOf(event));
  fingers.began = placeOf(event);
  if (fingers.size > 1) dragged = true;
  if (kind !== "mouse") point(NONE);
  flight = null;
});
const drag = (event, now) => {
  const [x, y] = fingers.get(event.pointerId), before = fingers.size === 2 ? spread() : null;
  if (!dragged && Math.hypot(now[0] - fingers.began[0], now[1] - fingers.began[1]) < SLACK[kind]) return;
  if (!dragged) {
    // Only now: a captured pointer would keep the link below it from being clicked.
    dragged = true;
    sheet.setPointerCapture?.(event.pointerId);
    sheet.classList.add("moving");
    point(NONE);
  }
  fingers.set(event.pointerId, now);
  if (!before) return moveBy(now[0] - x, now[1] - y);
  const after = spread();
  moveBy(after.across - before.across, after.down - before.down);
  zoomAt(after.apart / before.apart, after.across, after.down);
};
sheet.addEventListener("pointermove", (event) => {
  const now = placeOf(event);
  if (fingers.has(event.pointerId)) drag(event, now);
  else if (event.pointerType !== "touch") point(accountAt(now, REACH.mouse));
});
const lift = (event) => {
  if (!fingers.delete(event.pointerId)) return;
  if (!fingers.size) sheet.classList.remove("moving");
  if (event.type === "pointerup" && !dragged) choose(accountAt(placeOf(event), REACH[kind]));
};
for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, lift);
sheet.addEventListener("pointerleave", () => point(NONE));
sheet.addEventListener("click", (event) => {
  if (dragged || kind !== "mouse") event.preventDefault();
}, true);
sheet.addEventListener("dragstart", (event) => event.preventDefault());
sheet.addEventListener("wheel", (event) => {
  event.preventDefault();
  point(NONE);
  const lines = event.deltaMode === 1 ? 18 : 1;
  zoomAt(Math.exp(-within(event.deltaY * lines, -240, 240) * 0.0022), ...placeOf(event));
}, { passive: false });
sheet.addEventListener("dblclick", (event) => event.preventDefault());

const ZOOM = 1.5, PAN = 80;
const zoomBy = (factor) => flyTo({ x: view.x, y: view.y, scale: (flight?.to.scale || view.scale) * factor });
const showWhole = () => flyTo(wholeView());
const KEYS = {
  ArrowLeft: () => moveBy(PAN, 0), ArrowRight: () => moveBy(-PAN, 0), ArrowUp: () => moveBy(0, PAN), ArrowDown: () => moveBy(0, -PAN),
  "+": () => zoomBy(ZOOM), "=": () => zoomBy(ZOOM), "-": () => zoomBy(1 / ZOOM), 0: showWhole, Home: showWhole,
  Enter: () => choose(accountAt([view.width / 2, view.height / 2], Infinity)),
};
sheet.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
$("closer").addEventListener("click", () => zoomBy(ZOOM));
$("farther").addEventListener("click", () => zoomBy(1 / ZOOM));
$("whole").addEventListener("click", showWhole);

document.addEventListener("keydown", (event) => {
  const typing = event.target === $("search");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    $("search").focus();
    $("search").select();
  }
  if (event.key.toLowerCase() === "t" && !typing) setTies(!state.ties);
  if (event.key === "Escape") escape(typing);
});
// Escape undoes one thing after the other: the search, the legend on a phone, the choice.
const escape = (typing) => {
  if (clearSearch()) return $("search").focus();
  if (document.body.classList.contains("unfolded")) return $("fold").click();
  const inCard = $("card").contains(document.activeElement);
  if (!$("card").hidden) choose(NONE);
  if (inCard || typing) sheet.focus();
};
