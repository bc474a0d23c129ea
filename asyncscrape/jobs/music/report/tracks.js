"use strict";
(async () => {
  const $ = (id) => document.getElementById(id);
  // Everything that comes from the web is set as text, never as HTML.
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Unpacking.
  const bytesOf = (id) => Uint8Array.from(atob($(id).textContent), (letter) => letter.charCodeAt(0));
  const inflated = async (id) => {
    const unpacked = new Blob([bytesOf(id)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  };
  if (!("DecompressionStream" in window)) {
    $("status").textContent = "This browser is too old to unpack the page.";
    return;
  }
  const data = JSON.parse(new TextDecoder().decode(await inflated("data")));
  const columns = data.columns, ids = columns.id, size = ids.length;
  const places = new Map(ids.map((id, place) => [id, place]));

  // The columns of the table: name, heading, kind, least width in pixels, share of what is left. What most readers
  // look for comes first: a window of 1,400 pixels shows all as far as the day of release.
  const COLUMNS = [
    ["title", "Title", "text", 222, 3], ["artist", "Artist", "text", 114, 1.4],
    ["plays", "Plays", "number", 104, 0], ["likes", "Likes", "number", 92, 0], ["comments", "Comments", "number", 92, 0],
    ["mood", "Mood", "mood", 70, 0], ["positive", "Positive", "percent", 80, 0],
    ["bpm", "BPM", "number", 60, 0], ["camelot", "Key", "choice", 54, 0], ["label", "Label", "text", 116, 1],
    ["length", "Length", "time", 76, 0], ["genre", "Genre", "text", 92, 1], ["posted", "Posted", "day", 104, 0],
    ["beatport", "Beatport", "choice", 90, 0], ["released", "Released", "day", 104, 0], ["beatport_genre", "Beatport genre", "text", 120, 1],
    ["reposts", "Reposts", "number", 84, 0], ["score", "Match", "number", 68, 0], ["tags", "Tags", "text", 120, 1],
  ].filter(([name]) => columns[name]).map(([name, label, kind, least, share]) => ({ name, label, kind, least, share, values: columns[name] }));
  const byName = new Map(COLUMNS.map((column) => [column.name, column]));
  // How many comments stand behind a value. What so few people say is shown, but comes after what more say.
  const FEW = 5;
  for (const name of ["mood", "positive"]) if (byName.has(name)) byName.get(name).behind = columns.read;
  const isWeak = (column, place) => column.behind !== undefined && column.behind[place] < FEW;

  // Values as people write them.
  const numbers = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
  const clock = (seconds) => {
    const rest = `${String(Math.floor(seconds / 60) % 60)}:${String(seconds % 60).padStart(2, "0")}`;
    return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest.padStart(5, "0")}`;
  };
  const isoDay = (day) => new Date(day * 86400000).toISOString().slice(0, 10);
  const WRITTEN = { number: (value) => numbers.format(value), time: clock, day: isoDay, text: String, choice: String, mood: moods.signed, percent: (value) => `${value} %` };
  const written = (column, place) => {
    const value = column.values[place];
    return value === null ? "" : WRITTEN[column.kind](value);
  };
  const isNumber = (column) => column.kind !== "text" && column.kind !== "choice";

  // Sorting: the rank of each track in a column is found once. What has no value is last in both directions.
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const ranks = (column) => {
    if (column.ranks) return column.ranks;
    const values = column.values, order = Array.from(values.keys());
    const compare = isNumber(column) ? (a, b) => values[a] - values[b] : (a, b) => collator.compare(values[a], values[b]);
    const there = order.filter((place) => values[place] !== null).sort((a, b) => compare(a, b) || a - b);
    column.ranks = new Int32Array(size).fill(-1);
    let rank = -1;
    there.forEach((place, n) => {
      if (n === 0 || compare(there[n - 1], place) !== 0) rank++;
      column.ranks[place] = rank;
    });
    return column.ranks;
  };
  const state = { sort: byName.get("plays"), down: true, filters: new Map(), words: [] };
  const sorted = (found) => {
    const rank = ranks(state.sort), sign = state.down ? -1 : 1;
    return found.sort((a, b) => (rank[a] < 0) - (rank[b] < 0) || isWeak(state.sort, a) - isWeak(state.sort, b) || sign * (rank[a] - rank[b]) || a - b);
  };

  // Searching and filtering: without accents and capitals. Some letters do not come apart by themselves.
  const LETTERS = { ı: "i", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe" };
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[ıøłđðþßæœ]/g, (letter) => LETTERS[letter]);
  const plainColumn = (column) => (column.plain ||= column.values.map((value) => (value === null ? "" : plain(value))));
  let haystack = null;
  const searched = () => (haystack ||= ids.map((_, place) => ["title", "artist", "genre", "label", "beatport_genre", "tags"].map((name) => plainColumn(byName.get(name))[place]).join("\n")));
  const fits = () => {
    const tests = [...state.filters.values()];
    if (state.words.length) {
      const texts = searched();
      tests.push((place) => state.words.every((word) => texts[place].includes(word)));
    }
    return ids.map((_, place) => place).filter((place) => tests.every((test) => test(place)));
  };

  // The table: only the rows that can be seen exist.
  const narrow = matchMedia("(max-width: 700px)");
  const scroller = $("scroller"), rows = $("rows"), SPARE = 8;
  let shown = [], alive = new Map();
  const rowHeight = () => parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row"), 10);
  const cell = (column, place) => {
    const text = written(column, place);
    const made = element("div", isNumber(column) ? "number" : "", text);
    made.setAttribute("role", "cell");
    if (text && !isNumber(column)) made.title = text;
    if (text && column.behind) made.title = `what a small model reads in ${moods.comments(column.behind[place])}`;
    if (isWeak(column, place)) made.classList.add("few");
    return made;
  };
  const titleCell = (place) => {
    const made = element("div", "first"), link = element("a", "", written(COLUMNS[0], place) || "untitled");
    made.setAttribute("role", "cell");
    made.title = link.textContent;
    link.href = `#track=${ids[place]}`;
    made.append(link);
    return made;
  };
  const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
  const brief = (column, place) => (column.kind === "number" && column.values[place] > 9999 ? compact.format(column.values[place]) : written(column, place));
  const CARD = ["plays", "comments", "length", "bpm", "camelot", "mood"].filter((name) => byName.has(name));
  const card = (place) => {
    const artist = cell(byName.get("artist"), place), facts = element("div", "number");
    const told = CARD.includes(state.sort.name) || state.sort.name === "title" || state.sort.name === "artist" ? CARD : [state.sort.name, ...CARD];
    const units = { plays: "plays", comments: "comments", likes: "likes", reposts: "reposts", bpm: "BPM", mood: "mood" };
    facts.setAttribute("role", "cell");
    facts.textContent = told.map((name) => [brief(byName.get(name), place), units[name] || ""]).filter(([text]) => text).map((both) => both.join(" ").trim()).join(" · ");
    return [titleCell(place), artist, facts];
  };
  const row = (position) => {
    const place = shown[position], made = element("div", "row");
    made.setAttribute("role", "row");
    made.setAttribute("aria-rowindex", position + 2);
    made.style.top = `${position * rowHeight()}px`;
    made.append(...(narrow.matches ? card(place) : [titleCell(place), ...COLUMNS.slice(1).map((column) => cell(column, place))]));
    return made;
  };
  const showEdge = () => {
    $("edge").hidden = narrow.matches || scroller.scrollWidth - scroller.clientWidth - scroller.scrollLeft < 2;
    $("edge").style.right = `${scroller.offsetWidth - scroller.clientWidth - 1}px`;
  };
  const paint = () => {
    showEdge();
    const height = rowHeight(), first = Math.max(0, Math.floor(scroller.scrollTop / height) - SPARE);
    const last = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + SPARE);
    for (const [position, old] of alive) {
      if (position < first || position >= last) {
        old.remove();
        alive.delete(position);
      }
    }
    let after = rows.firstElementChild;
    for (let position = first; position < last; position++) {
      const known = alive.get(position);
      if (known) {
        after = known.nextElementSibling;
        continue;
      }
      const made = row(position);
      alive.set(position, made);
      rows.insertBefore(made, after);
    }
  };
  const repaint = () => {
    rows.replaceChildren();
    alive = new Map();
    rows.style.height = `${shown.length * rowHeight()}px`;
    paint();
  };
  const refresh = () => {
    shown = sorted(fits());
    scroller.scrollTop = 0;
    scroller.setAttribute("aria-rowcount", shown.length + 1);
    $("status").textContent = shown.length === size ? `${numbers.format(size)} tracks` : `${numbers.format(shown.length)} of ${numbers.format(size)} tracks`;
    $("nothing").hidden = shown.length > 0;
    $("nothing").textContent = size ? "No track fits." : "No tracks are stored yet.";
    for (const column of COLUMNS) {
      if (column === state.sort) column.head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else column.head.removeAttribute("aria-sort");
      column.head.firstChild.textContent = column.label + (column === state.sort ? (state.down ? " ↓" : " ↑") : "");
    }
    $("sort").value = state.sort.name;
    $("direction").textContent = state.down ? "↓" : "↑";
    const filters = new Set([...state.filters.keys()].map((key) => key.split(" ")[0])).size;
    $("filter-count").textContent = filters ? ` (${filters})` : "";
    $("clear").hidden = !filters && !state.words.length;
    repaint();
  };
  const sortBy = (column) => {
    state.down = column === state.sort ? !state.down : isNumber(column) && column.kind !== "time";
    state.sort = column;
    refresh();
  };
  const least = COLUMNS.reduce((sum, column) => sum + column.least, 0);
  document.documentElement.style.setProperty("--least", `${least}px`);
  document.documentElement.style.setProperty("--columns", COLUMNS.map(({ least, share }) => (share ? `minmax(${least}px, ${share}fr)` : `${least}px`)).join(" "));
  scroller.setAttribute("aria-colcount", COLUMNS.length);
  for (const column of COLUMNS) {
    const button = element("button", "", column.label);
    column.head = element("div", isNumber(column) ? "number" : column === COLUMNS[0] ? "first" : "");
    column.head.setAttribute("role", "columnheader");
    button.type = "button";
    button.title = `Sort by ${column.label}${column.behind ? ", which a small model reads in the comments" : ""}`;
    button.addEventListener("click", () => sortBy(column));
    column.head.append(button);
    $("head").append(column.head);
    const option = element("option", "", column.label);
    option.value = column.name;
    $("sort").append(option);
  }
  $("sort").addEventListener("change", () => sortBy(byName.get($("sort").value)));
  $("direction").addEventListener("click", () => sortBy(state.sort));
  $("more").addEventListener("click", () => scroller.scrollBy({ left: scroller.clientWidth / 2 }));
  let painting = false;
  scroller.addEventListener("scroll", () => {
    if (painting) return;
    painting = true;
    requestAnimationFrame(() => {
      painting = false;
      paint();
    });
  });
  rows.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    event.target.closest(".row")?.querySelector("a").click();
  });
  const focusRow = (position) => {
    const wanted = Math.max(0, Math.min(shown.length - 1, position)), height = rowHeight(), top = wanted * height;
    const head = narrow.matches ? 0 : height;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    if (top + height + head > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + height + head - scroller.clientHeight;
    paint();
    alive.get(wanted)?.querySelector("a").focus({ preventScroll: true });
  };
  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  scroller.addEventListener("keydown", (event) => {
    const here = event.target.closest?.(".row");
    if (!(event.key in STEPS) || (!here && event.target !== scroller)) return;
    event.preventDefault();
    focusRow((here ? here.getAttribute("aria-rowindex") - 2 : Math.floor(scroller.scrollTop / rowHeight()) - 1) + STEPS[event.key]);
  });

  // Filters: words for texts, a choice, or least and most.
  const seconds = (text) => {
    const parts = text.trim().split(":").map(Number);
    return parts.length === 1 ? parts[0] * 60 : parts.reduce((sum, part) => sum * 60 + part, 0);
  };
  const READ = { number: Number, mood: Number, percent: Number, time: seconds, day: (text) => Math.round(Date.parse(text) / 86400000) };
  const setFilter = (key, text, test) => {
    if (text.trim()) state.filters.set(key, test);
    else state.filters.delete(key);
    refresh();
  };
  const textFilter = (column) => {
    const input = element("input");
    input.setAttribute("aria-label", `${column.label} contains`);
    input.placeholder = "contains";
    input.addEventListener("input", () => {
      const wanted = plain(input.value.trim()), texts = plainColumn(column);
      setFilter(column.name, input.value, (place) => texts[place].includes(wanted));
    });
    return [input];
  };
  const choiceFilter = (column) => {
    const select = element("select");
    select.setAttribute("aria-label", `${column.label} is`);
    const any = element("option", "", "any");
    any.value = "";
    const values = [...new Set(column.values)].filter((value) => value !== null).sort(collator.compare);
    select.append(any, ...values.map((value) => element("option", "", value)));
    select.addEventListener("change", () => setFilter(column.name, select.value, (place) => column.values[place] === select.value));
    return [select];
  };
  const rangeFilter = (column) =>
    ["least", "most"].map((end) => {
      const input = element("input"), hint = column.kind === "time" ? "m:ss" : "";
      input.type = { day: "date", time: "text" }[column.kind] || "number";
      if (input.type === "number") input.step = "any";
      input.placeholder = hint || (end === "least" ? "from" : "to");
      input.setAttribute("aria-label", `${column.label} ${end === "least" ? "from" : "to"}`);
      input.addEventListener("input", () => {
        const bound = READ[column.kind](input.value), values = column.values;
        const test = end === "least" ? (value) => value >= bound : (value) => value <= bound;
        setFilter(`${column.name} ${end}`, Number.isNaN(bound) ? "" : input.value, (place) => values[place] !== null && test(values[place]));
      });
      return input;
    });
  for (const column of COLUMNS) {
    const set = element("fieldset");
    set.append(element("legend", "", column.label), ...(isNumber(column) ? rangeFilter : column.kind === "choice" ? choiceFilter : textFilter)(column));
    $("filters").append(set);
  }
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filter").addEventListener("click", () => {
    $("filters").hidden = !$("filters").hidden;
    $("filter").setAttribute("aria-expanded", !$("filters").hidden);
    paint();
  });
  $("search").addEventListener("input", () => {
    state.words = plain($("search").value).split(/\s+/).filter(Boolean);
    refresh();
  });
  $("clear").addEventListener("click", () => {
    $("search").value = "";
    $("filters").reset();
    state.words = [];
    state.filters.clear();
    refresh();
    $("search").focus();
  });

  // Blocks: what an opened track needs. The last few that were read are kept.
  const loaded = new Promise((done) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", done) : done()));
  const kept = new Map();
  const blockOf = (place) => {
    let low = 0, high = data.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      data.starts[middle] <= place ? (low = middle) : (high = middle);
    }
    return low;
  };
  const readBlock = async (number) => {
    if (!$(`block-${number}`)) await loaded;
    const first = data.starts[number], end = data.starts[number + 1] ?? size;
    const bytes = await inflated(`block-${number}`);
    const counts = data.kept.slice(first, end), comments = counts.reduce((sum, count) => sum + count, 0);
    const drawn = (end - first) * DRAWN;
    const lines = new TextDecoder().decode(bytes.subarray(drawn + 3 * comments)).split("\n");
    return { first, tracks: end - first, counts, comments, bytes, drawn, lines };
  };
  const block = (number) => {
    if (!kept.has(number)) {
      if (kept.size > 4) kept.delete(kept.keys().next().value);
      kept.set(number, readBlock(number));
    }
    return kept.get(number);
  };
  const NO_TIME = 65535, DRAWN = data.points + 2 * data.mood.points;
  const momentIn = (facts, n) => ({
    feeling: facts.moment_feeling[n], second: facts.moment_second[n], until: facts.moment_until[n],
    comments: facts.moment_comments[n], mood: facts.moment_mood[n], quote: facts.moment_quote[n],
  });
  const contents = async (place) => {
    const { first, tracks, counts, comments, bytes, drawn, lines } = await block(blockOf(place));
    const own = place - first;
    let at = counts.slice(0, own).reduce((sum, count) => sum + count, 0), second = 0;
    const said = [];
    for (let n = 0; n < counts[own]; n++, at++) {
      const step = bytes[drawn + at] + 256 * bytes[drawn + comments + at], label = data.labels[bytes[drawn + 2 * comments + at]];
      if (step !== NO_TIME) second += step;
      said.push({ second: step === NO_TIME ? null : second, label, who: lines[tracks + at], what: lines[tracks + comments + at] });
    }
    const heights = bytes.subarray(own * DRAWN, own * DRAWN + data.points);
    const curve = moods.unpacked(bytes.subarray(own * DRAWN + data.points, (own + 1) * DRAWN), data.mood);
    const facts = JSON.parse(lines[own]), moments = (facts.moment_second || []).map((second, n) => momentIn(facts, n));
    const felt = facts.moods && Object.fromEntries(data.counts.map((name, n) => [name, facts.moods[n]]));
    return { facts, felt, moments, heights, curve, said };
  };

  // An opened track.
  const DOTS = 80, GAP = 7, MARKS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const dialog = $("track");
  const muted = new Set();
  let open = null, said = [], timed = [], length = 1, curve = null, moments = [], curveLength = 1;
  const drawWave = (heights) => {
    $("wave").setAttribute("viewBox", `0 0 ${data.points} 64`);
    const bar = (height, n) => `M${n + 0.5} ${32 - Math.max(height, 1) / 2}v${Math.max(height, 1)}`;
    $("bars").setAttribute("d", Array.from(heights, bar).join(""));
  };
  const drawDots = () => {
    const width = $("timeline").clientWidth, levels = new Map();
    for (const one of timed) {
      one.x = Math.min(one.second / length, 1) * width;
      one.bin = Math.round(one.x / GAP);
    }
    for (const one of visible().sort((a, b) => data.labels.indexOf(a.label) - data.labels.indexOf(b.label))) {
      one.level = levels.get(one.bin) || 0;
      levels.set(one.bin, one.level + 1);
    }
    const step = Math.min(GAP, (DOTS - 8) / Math.max(1, ...levels.values()));
    for (const one of visible()) {
      one.dot.setAttribute("transform", `translate(${one.x} ${DOTS - 4 - step * one.level})`);
    }
    placeMoments();
    const apart = MARKS.find((seconds) => (seconds / length) * width > 60) || Math.ceil(length / 4);
    $("times").replaceChildren(...Array.from({ length: Math.floor(length / apart) + 1 }, (_, n) => {
      const made = element("span", "", clock(n * apart)), at = (n * apart) / length;
      made.style.left = `${100 * at}%`;
      if ((1 - at) * width < 20) made.className = "last";
      return made;
    }));
  };
  const highlight = (chosen) => {
    for (const one of timed) {
      one.dot.classList.toggle("on", chosen.includes(one));
      one.item.classList.toggle("on", chosen.includes(one));
    }
    for (const one of chosen) $("dots").append(one.dot);
    $("cursor").hidden = !chosen.length;
    if (chosen.length) $("cursor").style.left = `${chosen[0].x}px`;
  };
  const BUBBLE = 4;
  const bubble = (x, lines) => {
    $("bubble").hidden = !lines.length;
    $("bubble").replaceChildren(...lines);
    const room = $("timeline").clientWidth - $("bubble").offsetWidth;
    $("bubble").style.left = `${Math.max(0, Math.min(room, x - $("bubble").offsetWidth / 2))}px`;
  };
  const hideBubble = () => bubble(0, []);
  const commentLines = (chosen) => {
    const lines = chosen.slice(0, BUBBLE).map((one) => {
      const line = element("p");
      line.append(element("b", "", `${clock(one.second)} ${one.who}`), ": ", element("bdi", "", one.what));
      if (one.label) line.append(" ", moods.said(one.label));
      return line;
    });
    return chosen.length > BUBBLE ? [...lines, element("p", "none", `and ${chosen.length - BUBBLE} more here`)] : lines;
  };
  const moodLines = (x) => {
    const point = Math.floor(((x / $("timeline").clientWidth) * length * curve.points) / curveLength), value = curve.values[point] ?? null;
    return value === null ? [] : [element("p", "none", `mood ${moods.signed(value)} around here, read in about ${moods.comments(Math.max(1, Math.round(curve.weights[point])))}`)];
  };
  const visible = () => timed.filter((one) => !muted.has(one.label));
  const point = (event) => {
    const x = event.clientX - $("timeline").getBoundingClientRect().left, there = visible();
    let best = null;
    for (const one of there) if (!best || Math.abs(one.x - x) < Math.abs(best.x - x)) best = one;
    const chosen = best && Math.abs(best.x - x) < 24 ? there.filter((one) => one.bin === best.bin) : [];
    highlight(chosen);
    bubble(chosen.length ? chosen[0].x : x, [...commentLines(chosen), ...moodLines(x)]);
    return chosen;
  };
  const scrollTo = (chosen) => {
    if (chosen.length) $("comments").scrollTop = chosen[0].item.offsetTop - $("comments").offsetTop - 8;
  };
  $("timeline").addEventListener("pointermove", (event) => event.target.closest("button") || point(event));
  $("timeline").addEventListener("pointerleave", hideBubble);
  $("timeline").addEventListener("click", (event) => event.target.closest("button") || scrollTo(point(event)));

  // The mood along an opened track: its curve, and the moments that people love or hate.
  const MOMENTS = { loved: "♥", hated: "✕" };
  const momentWords = ({ feeling, second, until, comments, mood }) => `${feeling} from ${clock(second)} to ${clock(until)}: ${moods.comments(comments)}, mood ${moods.signed(mood)}`;
  const middleOf = ({ second, until }) => ((second + until) / 2 / length) * $("timeline").clientWidth;
  const momentOf = (moment) => {
    const { feeling, second, until, quote } = moment, words = momentWords(moment);
    const button = (moment.button = element("button", feeling, MOMENTS[feeling]));
    button.type = "button";
    button.setAttribute("aria-label", quote ? `${words}. “${quote}”` : words);
    const choose = () => {
      const chosen = visible().filter((one) => one.second >= second && one.second <= until);
      const line = element("p"), x = middleOf(moment);
      line.append(element("b", "", `${MOMENTS[feeling]} ${words}`));
      highlight(chosen);
      bubble(x, quote ? [line, element("p", "", `“${quote}”`)] : [line]);
      return chosen;
    };
    button.addEventListener("pointerenter", choose);
    button.addEventListener("focus", choose);
    button.addEventListener("blur", hideBubble);
    button.addEventListener("click", () => scrollTo(choose()));
    return button;
  };
  // Each mark stands above its moment, or as near to it as the marks before it permit.
  const MARK = 24;
  const placeMoments = () => {
    const last = $("timeline").clientWidth - MARK;
    let free = 0;
    moments.forEach((moment, n) => {
      const left = Math.min(Math.max(middleOf(moment) - MARK / 2, free), last - MARK * (moments.length - 1 - n));
      moment.button.style.left = `${left}px`;
      free = left + MARK;
    });
  };
  const legendOf = (counts) => {
    const told = data.labels.filter((label) => label && counts[label]).map((label) => {
      const button = element("button", "", "");
      button.type = "button";
      button.append(moods.icon(label), `${numbers.format(counts[label])} ${label}`);
      button.title = `Show or hide the comments that are ${label}`;
      button.setAttribute("aria-pressed", !muted.has(label));
      button.addEventListener("click", () => {
        if (!muted.delete(label)) muted.add(label);
        button.setAttribute("aria-pressed", !muted.has(label));
        mute();
      });
      return button;
    });
    const kinds = new Set(moments.map(({ feeling }) => feeling));
    const marks = Object.entries(MOMENTS).filter(([feeling]) => kinds.has(feeling)).map(([feeling, mark]) => element("span", feeling, `${mark} ${feeling} moment`));
    return [element("span", "", `What a small model reads in ${moods.comments(counts.comments)}:`), ...told, ...marks];
  };
  const mute = () => {
    for (const one of said) {
      one.item.hidden = muted.has(one.label);
      if (one.dot) one.dot.toggleAttribute("hidden", muted.has(one.label));
    }
    drawDots();
    highlight([]);
    hideBubble();
  };
  const showMoods = (counts) => {
    $("timeline").classList.toggle("moods", curve.known);
    $("poles").hidden = !curve.known;
    $("legend").hidden = !counts;
    $("legend").replaceChildren(...(counts ? legendOf(counts) : []));
    $("moments").replaceChildren(...moments.map(momentOf));
    $("mood").style.width = `${(100 * curveLength) / length}%`;
    $("mood").setAttribute("aria-label", `Mood along the track${moments.map((moment) => `; ${momentWords(moment)}`).join("")}`);
    moods.draw($("mood"), curve, moments, (seconds) => seconds / curveLength);
  };
  const dotOf = (one) => (one.dot = moods.sign(one.label));
  const itemOf = (one) => {
    const item = element("li"), text = element("div");
    one.item = item;
    const who = element("div", "who", one.who || "deleted account");
    if (one.label) who.prepend(moods.said(one.label), " · ");
    text.append(element("div", "what", one.what), who);
    const button = element("button", "", one.second === null ? "" : clock(one.second));
    button.type = "button";
    const choose = () => {
      highlight([one]);
      hideBubble();
    };
    if (one.second !== null) {
      item.addEventListener("pointerenter", choose);
      button.addEventListener("focus", choose);
      button.addEventListener("click", choose);
    }
    item.append(one.second === null ? element("span") : button, text);
    return item;
  };
  const HEADINGS = { beatport_title: "On Beatport", mix: "Mix", producers: "Producers", remixers: "Remixers", featured: "Featuring", sub_genre: "Sub-genre", release: "Release", catalog_number: "Catalogue no.", isrc: "ISRC", license: "Licence", match_why: "Why" };
  const factsOf = (place, facts) => {
    const told = COLUMNS.slice(2).map((column) => [column.label, written(column, place)]);
    const key = told.find(([label]) => label === "Key"), mood = told.find(([label]) => label === "Mood");
    if (mood?.[1]) mood[1] += `, read in ${moods.comments(columns.read[place])}`;
    if (facts.key) key[1] = key[1] ? `${facts.key} (${key[1]})` : facts.key;
    for (const [name, label] of Object.entries(HEADINGS)) {
      if (facts[name]) told.push([label, Array.isArray(facts[name]) ? facts[name].join(", ") : facts[name]]);
    }
    told.push(...(facts.measured || []));
    const made = told.filter(([, text]) => text).flatMap(([label, text]) => [element("dt", "", label), element("dd", "", text)]);
    if (!facts.energy) return made;
    const [label, letters] = facts.energy, line = element("dd");
    line.append(moods.energy(letters));
    return [...made, element("dt", "", label), line];
  };
  const briefOf = (place, facts) => {
    const [bpm, camelot, label, length] = ["bpm", "camelot", "label", "length"].map((name) => written(byName.get(name), place));
    const key = facts.key && camelot ? `${facts.key} (${camelot})` : facts.key || camelot;
    return [bpm && `${bpm} BPM`, key, label, length].filter(Boolean).join(" · ");
  };
  const linksOf = (facts) =>
    [["SoundCloud", facts.url], ["Beatport", facts.beatport_url]]
      .filter(([, url]) => /^https?:\/\//i.test(url || ""))
      .map(([label, url]) => {
        const link = element("a", "", `Open on ${label}`);
        link.href = url;
        link.target = "_blank";
        link.rel = "noopener noreferrer";
        return link;
      });
  const show = async (place) => {
    open = place;
    const found = await contents(place), { facts, felt, heights } = found;
    if (open !== place) return;
    ({ said, curve } = found);
    moments = (curve.known ? found.moments : []).sort((a, b) => a.second - b.second);
    timed = said.filter((one) => one.second !== null);
    length = Math.max(columns.length[place] || 0, timed.length ? timed.at(-1).second + 1 : 0, 1);
    curveLength = felt?.seconds > 0 && felt.seconds < 2 * length ? felt.seconds : length;
    $("track-title").textContent = columns.title[place] || "untitled";
    $("track-artist").textContent = columns.artist[place] || "";
    $("track-brief").textContent = briefOf(place, facts);
    $("dots").replaceChildren(...timed.map(dotOf));
    $("dots").setAttribute("aria-label", `${timed.length} comments over ${clock(length)}`);
    $("comments").replaceChildren(...said.map(itemOf));
    const all = columns.comments[place] ?? said.length, untimed = said.length - timed.length;
    const count = all > said.length ? `${numbers.format(said.length)} of ${numbers.format(all)}` : numbers.format(said.length);
    $("said-count").textContent = count + (untimed ? `, ${numbers.format(untimed)} without a time` : "");
    $("facts").replaceChildren(...factsOf(place, facts));
    $("links").replaceChildren(...linksOf(facts));
    $("description").textContent = facts.description || "";
    drawWave(heights);
    showMoods(felt);
    if (!dialog.open) dialog.showModal();
    for (const one of [$("comments"), $("known"), $("about"), dialog]) one.scrollTop = 0;
    mute();
    const position = shown.indexOf(place);
    $("previous").disabled = position <= 0;
    $("next").disabled = position < 0 || position === shown.length - 1;
  };
  const follow = () => {
    const place = places.get(/^#track=(-?\d+)$/.exec(location.hash)?.[1]);
    if (place !== undefined) show(place);
    else if (dialog.open) shut();
  };
  const step = (by) => {
    const place = shown[shown.indexOf(open) + by];
    if (place !== undefined && shown.includes(open)) location.replace(`#track=${ids[place]}`);
  };
  const closed = () => {
    if (open === null) return;
    const position = shown.indexOf(open);
    open = null;
    if (location.hash.startsWith("#track=")) history.replaceState(null, "", "#");
    if (position >= 0) focusRow(position);
  };
  // The event "close" comes late: a key that is pressed before it must already find its row.
  const shut = () => {
    dialog.close();
    closed();
  };
  dialog.addEventListener("close", closed);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    shut();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && shut());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  $("close").addEventListener("click", () => shut());
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));
  window.addEventListener("hashchange", follow);
  narrow.addEventListener("change", refresh);
  new ResizeObserver(paint).observe(scroller);
  new ResizeObserver(() => open !== null && drawDots()).observe($("timeline"));
  refresh();
  document.documentElement.dataset.usableAfter = Math.round(performance.now());
  follow();
})();
