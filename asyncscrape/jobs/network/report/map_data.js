// What the page holds, unpacked: texts, and one typed array for each property of the accounts.

const $ = (id) => document.getElementById(id);
// Everything that comes from the web is set as text, never as HTML; <bdi> keeps its direction from what is around it.
const element = (tag, className, ...contents) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...contents);
  return made;
};
const button = (className, onClick, ...contents) => {
  const made = element("button", className, ...contents);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
};
const isolated = (text) => element("bdi", "", text);

if (!("DecompressionStream" in window)) {
  $("found").textContent = "This browser is too old to unpack the page.";
  return;
}
const inflated = async (id) => {
  const packed = Uint8Array.from(atob($(id).textContent), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(unpacked).arrayBuffer();
};
const [texts, arrays] = await Promise.all([inflated("data"), inflated("arrays")]);
const data = JSON.parse(new TextDecoder().decode(texts));
const { names, permalinks, communities, eras } = data;
const size = names.length, NONE = -1;

// The order is that of `_arrays` in map_page.py. Accounts come in the order of their followers.
let read = 0;
const next = (kind, length) => {
  const array = new kind(arrays, read, length);
  read += array.byteLength;
  return array;
};
const followers = next(Uint32Array, size);
const ties = next(Int32Array, size * data.ties);
const strengths = next(Float32Array, size * data.ties);
const steps = [next(Uint16Array, size), next(Uint16Array, size)];
const community = next(Int16Array, size);
const bridges = next(Int16Array, size);
const generation = next(Int8Array, size);
const [xs, ys] = steps.map((axis) => Float32Array.from(axis, (step) => (step / data.finest) * 2 - 1));

const tiesOf = (account) => {
  const found = [];
  for (let at = account * data.ties; at < (account + 1) * data.ties; at++) {
    if (ties[at] !== NONE && ties[at] !== account) found.push({ to: ties[at], strength: strengths[at] });
  }
  return found;
};

// Values as people write them.
const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const counted = (number, noun, nouns = `${noun}s`) => `${numbers.format(number)} ${number === 1 ? noun : nouns}`;
const nameOf = (account) => names[account] || permalinks[account] || "unnamed";
const followersOf = (account) =>
  followers[account] === data.unknown ? "followers unknown" : counted(followers[account], "follower");
const labelOf = (number) => communities[number]?.label || `Community ${number + 1}`;
// Only a plain permalink becomes an address: nothing else may be opened from here.
const profileOf = (account) =>
  /^[a-z0-9_-]{1,255}$/i.test(permalinks[account]) ? `https://soundcloud.com/${permalinks[account]}` : null;
