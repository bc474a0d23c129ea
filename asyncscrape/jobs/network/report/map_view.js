// What part of the map is seen: the place in the middle of the sheet, and how many pixels a unit takes.

const sheet = $("sheet");
const view = { x: 0, y: 0, scale: 300, width: 1, height: 1, whole: 300 };
const still = matchMedia("(prefers-reduced-motion: reduce)");
const CLOSEST = 250, FARTHEST = 0.4, MARGIN = 0.88;
const FLIGHT = 550;

const acrossOf = (x) => (x - view.x) * view.scale + view.width / 2;
const downOf = (y) => (view.y - y) * view.scale + view.height / 2;
const nearer = () => view.scale / view.whole;
const within = (value, low, high) => Math.min(high, Math.max(low, value));

const extent = (() => {
  const ends = (axis) => axis.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [1, -1]);
  return size ? [ends(xs), ends(ys)] : [[-1, 1], [-1, 1]];
})();
const wholeView = () => {
  const [[left, right], [bottom, top]] = extent;
  const scale = Math.min(view.width / Math.max(right - left, 0.2), view.height / Math.max(top - bottom, 0.2)) * MARGIN;
  return { x: (left + right) / 2, y: (top + bottom) / 2, scale };
};

// Every change of what is seen asks for one new picture; the parts that draw have joined `painters`.
const painters = [];
let asked = 0;
const repaint = () => {
  if (!asked) asked = requestAnimationFrame((now) => {
    asked = 0;
    if (flight) fly(now);
    if (moved()) requestAnimationFrame((then) => keepPace(then - now));
    for (const paint of painters) paint();
  });
};
// Where a frame takes long, points are coarse while the map moves, and fine again once it rests.
const SLOW = 29, PAUSE = 150;
const pace = { seen: {}, gap: 0, coarse: false, rest: 0 };
const moved = () => {
  const before = pace.seen;
  pace.seen = { ...view };
  return before.x !== view.x || before.y !== view.y || before.scale !== view.scale;
};
const keepPace = (gap) => {
  pace.gap = 0.7 * pace.gap + 0.3 * gap;
  pace.coarse ||= pace.gap > SLOW;
  clearTimeout(pace.rest);
  pace.rest = setTimeout(() => {
    pace.gap = 0;
    if (pace.coarse) repaint();
    pace.coarse = false;
  }, PAUSE);
};
let flight = null;
const look = ({ x, y, scale }) => {
  view.scale = within(scale, view.whole * FARTHEST, view.whole * CLOSEST);
  const [beside, below] = [view.width / 2 / view.scale, view.height / 2 / view.scale];
  view.x = within(x, extent[0][0] - beside, extent[0][1] + beside);
  view.y = within(y, extent[1][0] - below, extent[1][1] + below);
  repaint();
};
const fly = (now) => {
  const passed = Math.min(1, (now - flight.began) / FLIGHT);
  const eased = passed < 0.5 ? 2 * passed * passed : 1 - 2 * (1 - passed) * (1 - passed);
  const { from, to } = flight;
  const scale = from.scale * (to.scale / from.scale) ** eased;
  // As the scale changes, places move evenly on the sheet only if their share follows the width that is seen.
  const even = Math.abs(to.scale - from.scale) < 1e-6 * to.scale;
  const share = even ? eased : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  if (passed === 1) flight = null;
  look({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale });
};
const flyTo = (to) => {
  flight = null;
  if (still.matches) return look(to);
  const scale = within(to.scale, view.whole * FARTHEST, view.whole * CLOSEST);
  flight = { from: { ...view }, to: { ...to, scale }, began: performance.now() };
  repaint();
};
// The card lies over the right of the map, on a phone over its lower part: what is flown to goes beside it.
const narrow = matchMedia("(max-width: 700px)"), BESIDE = 16;
const uncovered = () => {
  const { offsetWidth, offsetHeight } = $("card");
  return {
    right: offsetWidth && !narrow.matches ? offsetWidth + BESIDE : 0,
    bottom: offsetHeight && narrow.matches ? offsetHeight + BESIDE : 0,
  };
};
const flyBeside = (x, y, scale) => {
  const { right, bottom } = uncovered();
  flyTo({ x: x + right / 2 / scale, y: y - bottom / 2 / scale, scale });
};
const flyToAccount = (account) => flyBeside(xs[account], ys[account], Math.max(view.scale, view.whole * 5));
const ends = (axis, accounts, leftOut) => {
  const values = accounts.map((account) => axis[account]).sort((a, b) => a - b), cut = Math.floor(leftOut * values.length);
  return [values[cut], values[values.length - 1 - cut]];
};
const flyToAll = (accounts, closest, leftOut = 0) => {
  const [[x1, x2], [y1, y2]] = [ends(xs, accounts, leftOut), ends(ys, accounts, leftOut)], { right, bottom } = uncovered();
  const room = Math.min((view.width - right) / (x2 - x1 + 1e-9), (view.height - bottom) / (y2 - y1 + 1e-9));
  flyBeside((x1 + x2) / 2, (y1 + y2) / 2, Math.min(closest, room * 0.8));
};

// Zoom so that what lies under one point of the sheet stays there.
const zoomAt = (factor, across, down) => {
  flight = null;
  const scale = within(view.scale * factor, view.whole * FARTHEST, view.whole * CLOSEST);
  const gain = 1 / view.scale - 1 / scale;
  look({ x: view.x + (across - view.width / 2) * gain, y: view.y - (down - view.height / 2) * gain, scale });
};
const moveBy = (across, down) => {
  flight = null;
  look({ x: view.x - across / view.scale, y: view.y + down / view.scale, scale: view.scale });
};
const measure = () => {
  const was = nearer();
  view.width = Math.max(1, sheet.clientWidth);
  view.height = Math.max(1, sheet.clientHeight);
  view.whole = wholeView().scale;
  look({ ...view, scale: view.whole * was });
};
