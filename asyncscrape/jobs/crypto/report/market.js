"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const DAY = 86400000, COLOURS = 10, DASHES = ["solid", "dash", "dot"];
  const TITLES = { close: "Close", volume: "Volume", market_cap: "Market cap", index: "Close, first day shown = 100" };

  // Numbers: one long row for each column, one coin after another.
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const days = new Int32Array(bytes(data.day));
  const columns = { close: 0, volume: 0, market_cap: 0 };
  for (const name in columns) columns[name] = new Float32Array(bytes(data[name]));
  const coins = new Map();
  let start = 0;
  for (const coin of data.coins) {
    coins.set(coin.coin_id, { ...coin, start, end: start + coin.days });
    start += coin.days;
  }
  const edges = days.reduce((both, day) => [Math.min(both[0], day), Math.max(both[1], day)], [Infinity, -Infinity]);
  const single = edges[0] === edges[1] ? 1 : 0;
  const whole = days.length ? [edges[0] - single, edges[1] + single] : [0, 1];

  const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);
  const dayOf = (text) => Math.round(Date.parse(text.slice(0, 10) + "T00:00:00Z") / DAY);

  // What is chosen. A coin keeps its colour as long as it is chosen.
  const state = { chosen: new Map(), show: "close", axis: "log", from: whole[0], to: whole[1] };
  const freeSlot = () => {
    const taken = new Set(state.chosen.values());
    let slot = 0;
    while (taken.has(slot)) slot++;
    return slot;
  };
  const choose = (id, on) => {
    if (on && !state.chosen.has(id)) state.chosen.set(id, freeSlot());
    if (!on) state.chosen.delete(id);
  };

  // Amounts as people write them.
  const FORMATS = []; // by digits: making one takes much longer than using it
  const UNITS = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]];
  const sign = () => (state.show === "index" ? "" : data.sign);
  const short = (amount, digits) => {
    const size = Math.abs(Number(amount.toPrecision(digits)));
    const [scale, unit] = UNITS.find(([scale]) => size >= scale) || [1, ""];
    return (amount < 0 ? "−" : "") + sign() + plain(size / scale, digits) + unit;
  };
  const plain = (number, digits) => {
    if (number !== 0 && (number < 1e-12 || number >= 1e15)) return number.toExponential(digits - 1);
    return (FORMATS[digits] ||= new Intl.NumberFormat("en-US", { maximumSignificantDigits: digits })).format(number);
  };
  const exact = (amount) => (amount < 0 ? "−" : "") + sign() + plain(Math.abs(amount), 6);

  // One line for each coin. A missing day, and on a logarithmic axis a zero, is a hole that no line crosses.
  const usable = (value) => Number.isFinite(value) && (state.axis === "linear" || value > 0);
  const baseOf = (coin, close) => {
    for (let i = coin.start; i < coin.end; i++) if (days[i] >= state.from && close[i] > 0) return close[i] / 100;
    return NaN;
  };
  const points = (coin) => {
    const column = columns[state.show === "index" ? "close" : state.show];
    const base = state.show === "index" ? baseOf(coin, column) : 1;
    const line = { x: [], y: [], text: [], alone: [] };
    for (let i = coin.start; i < coin.end; i++) {
      if (i > coin.start && days[i] - days[i - 1] > 1) push(line, iso(days[i - 1] + 1), null);
      const value = column[i] / base;
      push(line, iso(days[i]), usable(value) ? value : null);
    }
    line.y.forEach((value, i) => value !== null && (line.y[i - 1] ?? null) === null && (line.y[i + 1] ?? null) === null && line.alone.push(i));
    return line;
  };
  const push = (line, x, y) => {
    line.x.push(x);
    line.y.push(y);
    line.text.push(y === null ? "" : exact(y));
  };
  // plotly reads a little HTML in names.
  const literal = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const colour = (slot) => style(`--c${slot % COLOURS}`);
  const dash = (slot) => DASHES[Math.floor(slot / COLOURS) % DASHES.length];
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const trace = ([id, slot]) => {
    const coin = coins.get(id), line = points(coin);
    const sizes = line.alone.length ? line.y.map(() => 0) : [];
    line.alone.forEach((i) => (sizes[i] = 5));
    return {
      type: "scatter", name: literal(coin.name), x: line.x, y: line.y, text: line.text,
      mode: sizes.length ? "lines+markers" : "lines", marker: { size: sizes, color: colour(slot) },
      line: { color: colour(slot), width: 1.6, dash: dash(slot) }, connectgaps: false, hovertemplate: "%{text}",
    };
  };

  // The axis of amounts fits the visible lines, with round numbers on it.
  const limits = (traces) => {
    const first = iso(state.from), last = iso(state.to);
    let low = Infinity, high = -Infinity;
    for (const { x, y } of traces) {
      for (let i = 0; i < x.length; i++) {
        if (y[i] === null || x[i] < first || x[i] > last) continue;
        if (y[i] < low) low = y[i];
        if (y[i] > high) high = y[i];
      }
    }
    return low <= high ? [low, high] : null;
  };
  const steps = (low, high, wanted) => {
    const rough = (high - low) / wanted || Math.abs(high) || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
    const marks = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) marks.push(Number((n * step).toPrecision(12)));
    return marks;
  };
  const decades = (low, high) => {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const count = last - first + 1, every = Math.ceil(count / 9);
    const between = count >= 4 ? [1] : count >= 2 ? [1, 3] : [1, 2, 5];
    const marks = [];
    for (let n = first - 1; n <= last; n++) {
      if ((n - first) % every === 0 || n < first) for (const part of between) marks.push(part * 10 ** n);
    }
    return marks.filter((mark) => mark >= low * 0.999 && mark <= high * 1.001);
  };
  const labels = (marks) => {
    const step = marks.length > 1 ? Math.min(...marks.slice(1).map((mark, i) => mark - marks[i])) : 0;
    let digits = 1;
    while (digits < 12 && marks.some((mark) => Math.abs(Number(mark.toPrecision(digits)) - mark) > step / 50)) digits++;
    return marks.map((mark) => short(mark, digits));
  };
  const amounts = (traces) => {
    const found = limits(traces) || (state.axis === "log" ? [1, 10] : [0, 1]);
    return state.axis === "log" ? logarithmic(...found) : linear(...found);
  };
  const linear = (low, high) => {
    const bottom = low >= 0 && low < high / 2 ? 0 : low;
    const room = (high - bottom) * 0.04 || Math.abs(high) * 0.1 || 1;
    const range = [bottom === 0 ? 0 : bottom - room, high + room];
    return { type: "linear", range, marks: steps(range[0], range[1], 6) };
  };
  const logarithmic = (low, high) => {
    const room = Math.max((Math.log10(high) - Math.log10(low)) * 0.04, 0.01);
    const range = [Math.log10(low) - room, Math.log10(high) + room];
    const ends = range.map((n) => 10 ** n);
    const marks = decades(...ends);
    return { type: "log", range, marks: marks.length >= 3 ? marks : steps(...ends, 6).filter((mark) => mark > 0) };
  };

  const layout = (traces) => {
    const { type, range, marks } = amounts(traces);
    const ink = style("--ink"), quiet = style("--quiet"), grid = style("--grid"), card = style("--card");
    return {
      paper_bgcolor: card, plot_bgcolor: card, showlegend: false, hovermode: "x unified", dragmode: "zoom",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      margin: { l: 64, r: 16, t: 30, b: 30 },
      hoverlabel: { bgcolor: card, bordercolor: style("--line"), font: { color: ink, size: 13 }, namelength: 32 },
      xaxis: {
        type: "date", range: [iso(state.from), iso(state.to)], gridcolor: grid, linecolor: quiet, tickfont: { color: quiet },
        hoverformat: "%A, %-d %B %Y", showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: quiet,
        rangeslider: { visible: innerHeight > 480, range: whole.map(iso), thickness: 0.09, bgcolor: style("--page"), bordercolor: style("--line"), borderwidth: 1, yaxis: { rangemode: "auto" } },
      },
      yaxis: {
        type, range, tickvals: marks, ticktext: labels(marks), fixedrange: true, gridcolor: grid, zeroline: false, tickfont: { color: quiet },
        automargin: true,
      },
    };
  };

  // Drawing.
  const chart = $("chart");
  // The buttons are named one by one: plotly's default set has one that sends the data to a server.
  const options = {
    responsive: false, displaylogo: false, showSendToCloud: false, doubleClick: "autosize",
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]],
    toImageButtonOptions: { filename: "market", scale: 2 },
  };
  let traces = [], following = false;
  const draw = () => {
    traces = [...state.chosen].map(trace);
    Plotly.react(chart, traces, layout(traces), options);
    describe();
  };
  const fit = () => {
    if (state.show === "index") return draw();
    const { range, marks } = amounts(traces);
    Plotly.relayout(chart, { "yaxis.range": range, "yaxis.tickvals": marks, "yaxis.ticktext": labels(marks) });
    describe();
  };
  const follow = (event) => {
    const seen = event["xaxis.range"] || [event["xaxis.range[0]"], event["xaxis.range[1]"]];
    if (event["xaxis.autorange"]) setRange(...whole);
    else if (seen[0] !== undefined && seen[1] !== undefined) setRange(...seen.map((end) => dayOf(String(end))));
    else return;
    if (following) return;
    following = true;
    requestAnimationFrame(() => {
      following = false;
      event["xaxis.autorange"] ? draw() : fit();
    });
  };
  const describe = () => {
    const names = [...state.chosen.keys()].map((id) => coins.get(id).name);
    const seen = limits(traces);
    const what = `${TITLES[state.show]}, ${state.axis === "log" ? "logarithmic" : "linear"} axis, ${iso(state.from)} to ${iso(state.to)}`;
    const span = seen ? `, from ${exact(seen[0])} to ${exact(seen[1])}` : "";
    $("status").textContent = days.length ? what + span : "";
    chart.setAttribute("aria-label", `${what}${span}: ${names.join(", ") || "no coin chosen"}`);
    $("empty").hidden = seen !== null;
    $("empty").textContent = !days.length ? "no data" : names.length ? "no data in this range" : "Choose a coin";
    $("from").value = iso(state.from);
    $("to").value = iso(state.to);
  };

  // Choosing days.
  const setRange = (from, to) => {
    const first = Math.max(whole[0], Math.min(from, to)), last = Math.min(whole[1], Math.max(from, to));
    [state.from, state.to] = last > first ? [first, last] : [Math.min(first, whole[1] - 1), Math.max(last, whole[0] + 1)];
    const lasting = (months) => (months === "all" ? whole[0] : monthsBefore(whole[1], Number(months)));
    for (const button of document.querySelectorAll("[name=range]")) {
      button.checked = state.to === whole[1] && state.from === lasting(button.value);
    }
  };
  const monthsBefore = (day, months) => {
    const then = new Date(day * DAY);
    then.setUTCMonth(then.getUTCMonth() - months);
    return Math.max(whole[0], Math.round(then / DAY));
  };
  for (const button of document.querySelectorAll("[name=range]")) {
    button.addEventListener("change", () => {
      setRange(button.value === "all" ? whole[0] : monthsBefore(whole[1], Number(button.value)), whole[1]);
      button.checked = true;
      draw();
    });
  }
  for (const end of ["from", "to"]) {
    $(end).min = iso(whole[0]);
    $(end).max = iso(whole[1]);
    $(end).addEventListener("change", () => {
      const [from, to] = [$("from").value, $("to").value];
      if (!from || !to) return;
      setRange(dayOf(from), dayOf(to));
      draw();
    });
  }

  // Choosing what is shown.
  for (const name of ["show", "axis"]) {
    for (const button of document.querySelectorAll(`[name=${name}]`)) {
      button.addEventListener("change", () => {
        state[name] = button.value;
        draw();
      });
    }
  }

  // Choosing coins. Names come from the web: they are set as text, never as HTML.
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const boxes = new Map();
  for (const coin of data.coins) {
    const item = document.createElement("li"), label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.value = coin.coin_id;
    label.title = coin.name;
    label.append(box, element("span", "rank", coin.rank ?? ""), element("span", "name", coin.name), element("span", "symbol", coin.symbol ?? ""));
    item.append(label);
    $("coins").append(item);
    boxes.set(coin.coin_id, { box, item, words: [coin.name, coin.symbol, coin.slug].join(" ").toLowerCase() });
    box.addEventListener("change", () => {
      choose(coin.coin_id, box.checked);
      refresh();
    });
  }
  const swatch = (slot) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), line = document.createElementNS(svg.namespaceURI, "line");
    for (const [name, value] of Object.entries({ width: 18, height: 8, "aria-hidden": "true" })) svg.setAttribute(name, value);
    const dashes = { solid: "none", dash: "5 3", dot: "2 2" }[dash(slot)];
    const look = { x1: 0, x2: 18, y1: 4, y2: 4, stroke: `var(--c${slot % COLOURS})`, "stroke-width": 3, "stroke-dasharray": dashes };
    for (const [name, value] of Object.entries(look)) line.setAttribute(name, value);
    svg.append(line);
    return svg;
  };
  const chip = ([id, slot]) => {
    const item = document.createElement("li"), button = document.createElement("button"), cross = element("span", "cross", "×");
    button.type = "button";
    button.title = `Remove ${coins.get(id).name}`;
    cross.setAttribute("aria-hidden", "true");
    button.append(swatch(slot), element("span", "", coins.get(id).name), cross);
    button.addEventListener("click", () => {
      choose(id, false);
      refresh();
    });
    item.append(button);
    return item;
  };
  const refresh = () => {
    for (const [id, { box }] of boxes) {
      box.checked = state.chosen.has(id);
      if (box.checked) box.style.setProperty("--swatch", `var(--c${state.chosen.get(id) % COLOURS})`);
    }
    $("legend").replaceChildren(...[...state.chosen].map(chip));
    $("chosen-count").textContent = `· ${state.chosen.size} of ${coins.size} chosen`;
    draw();
  };
  $("search").addEventListener("input", () => {
    const wanted = $("search").value.trim().toLowerCase();
    let found = 0;
    for (const { item, words } of boxes.values()) {
      item.hidden = !words.includes(wanted);
      found += !item.hidden;
    }
    $("nothing").hidden = found > 0;
  });
  const only = (ids) => {
    state.chosen.clear();
    ids.forEach((id) => choose(id, true));
    refresh();
  };
  $("largest").addEventListener("click", () => only(data.largest));
  $("none").addEventListener("click", () => only([]));

  if (matchMedia("(max-width: 800px)").matches) $("picker").open = false;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  only(data.largest);
  chart.on("plotly_relayout", follow);
  new ResizeObserver(() => Plotly.Plots.resize(chart)).observe($("frame"));
})();
