// Names on the map: communities at their centres, and the best-known accounts once there is room. No two overlap.

const layer = $("labels");
const SMALLEST = 7, LARGE = 0.08, NUDGE = 0.8, NEAR = 2.2, MOST_NAMED = 40, TRIED = 400;
const middleOf = (values) => Float32Array.from(values).sort()[values.length >> 1];
const groups = communities.map(() => []);
for (let account = 0; account < size; account++) groups[community[account]]?.push(account);
const label = (className, ...contents) => {
  const made = element("div", className, ...contents);
  layer.append(made);
  return { made, shown: true };
};
const titles = groups.flatMap((members, number) => {
  if (!members.length) return [];
  const x = middleOf(members.map((account) => xs[account])), y = middleOf(members.map((account) => ys[account]));
  const spread = middleOf(members.map((account) => Math.hypot(xs[account] - x, ys[account] - y)));
  return [{ ...label(members.length > LARGE * size ? "title large" : "title", element("i", "swatch"), isolated(labelOf(number))), number, members, x, y, spread }];
});
const measureLabels = () => {
  for (const { made, number } of titles) {
    made.firstChild.style.background = communities[number].colours[scheme()];
    made.firstChild.hidden = state.colour !== "community";
  }
  if (pool.length) ruler.font = getComputedStyle(pool[0].made).font;
  widths.clear();
  for (const one of titles) {
    one.made.hidden = false;
    one.width = one.made.offsetWidth;
    one.height = one.made.offsetHeight;
    one.made.hidden = !one.shown;
  }
};
const show = (one, shown) => {
  if (one.shown === shown) return;
  one.shown = shown;
  one.made.hidden = !shown;
};
const place = (one, left, top) => {
  one.made.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
};
const free = (taken, box) =>
  !taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
const GAP = 5;
const fits = (taken, left, top, width, height) => {
  if (left + width < 0 || top + height < 0 || left > view.width || top > view.height) return false;
  const box = [left - GAP, top - GAP / 2, left + width + GAP, top + height + GAP / 2];
  if (!free(taken, box)) return false;
  taken.push(box);
  return true;
};

const isTitled = (one) =>
  !state.hidden.community.has(one.number) && (one.spread * view.scale > SMALLEST || titles.length === 1 || (one.number < 3 && nearer() > 0.8));
// At the centre, or a little above or below it; of a community that its label would hide, below or above.
const topsOf = (one) => {
  const middle = downOf(one.y) - one.height / 2, spread = one.spread * view.scale;
  const tiny = spread < one.height / 2, aside = tiny ? 2 * spread + one.height / 2 + GAP : spread * NUDGE;
  const tops = [middle, middle - aside, middle + aside];
  return tiny ? tops.reverse() : tops;
};
// A label whose community is seen is moved in from the edge.
const leftOf = (one) => {
  const across = acrossOf(one.x), left = across - one.width / 2;
  return across > 0 && across < view.width ? within(left, 0, Math.max(0, view.width - one.width)) : left;
};
const paintTitles = (taken) => {
  for (const one of titles) {
    const top = isTitled(one) ? topsOf(one).find((top) => fits(taken, leftOf(one), top, one.width, one.height)) : undefined;
    show(one, top !== undefined);
    if (top !== undefined) place(one, leftOf(one), top);
  }
};

// Names of accounts: a few elements, which take the names of those that are best known among what is seen.
const pool = Array.from({ length: Math.min(MOST_NAMED, size) }, () => ({ ...label("name", isolated("")), account: NONE }));
const widths = new Map(), HIGH = 16, WIDEST = 170;
const ruler = document.createElement("canvas").getContext("2d");
const widthOf = (account) => {
  if (!widths.has(account)) widths.set(account, Math.min(WIDEST, Math.ceil(ruler.measureText(nameOf(account)).width) + 2));
  return widths.get(account);
};
const rename = (one, account) => {
  if (one.account === account) return;
  one.account = account;
  one.made.firstChild.textContent = nameOf(account);
};
const isNamed = (account) => sizes[account] && looks[account * 4 + 3] !== AWAY;
const seen = (account) => {
  const across = acrossOf(xs[account]), down = downOf(ys[account]);
  return across > 0 && down > 0 && across < view.width && down < view.height;
};
const paintNames = (taken) => {
  const wanted = state.hits.size && state.hits.size <= MOST_NAMED ? [...state.hits] : [];
  if (tied() !== NONE) wanted.push(tied(), ...tiesOf(tied()).map(({ to }) => to));
  if (nearer() > NEAR || size <= MOST_NAMED) for (let account = 0; account < size && wanted.length < TRIED; account++) if (isNamed(account) && seen(account)) wanted.push(account);
  let used = 0;
  for (const account of new Set(wanted)) {
    if (used === pool.length) break;
    const one = pool[used], width = widthOf(account);
    const left = acrossOf(xs[account]) - width / 2, top = downOf(ys[account]) + radiusOf(account) + 1;
    if (!fits(taken, left, top, width, HIGH)) continue;
    rename(one, account);
    show(one, true);
    place(one, left, top);
    used++;
  }
  for (const one of pool.slice(used)) show(one, false);
};

// While the map only moves, all labels move with it as one; they are placed anew when it rests or its scale changes.
let laid = null, rest = 0;
const lay = () => {
  laid = { ...view };
  layer.style.transform = "";
  const taken = [];
  paintTitles(taken);
  paintNames(taken);
};
painters.push(() => {
  if (laid && laid.scale === view.scale && laid.width === view.width && laid.height === view.height && !laid.stale) {
    layer.style.transform = `translate(${acrossOf(laid.x) - view.width / 2}px, ${downOf(laid.y) - view.height / 2}px)`;
    clearTimeout(rest);
    if (laid.x !== view.x || laid.y !== view.y) rest = setTimeout(lay, 120);
  } else lay();
});
const relabel = () => {
  if (laid) laid.stale = true;
  repaint();
};
