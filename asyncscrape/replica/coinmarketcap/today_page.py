"""The historical-data page as it is today: a table without rows, which the browser fills from the keyless API."""

from __future__ import annotations

from html import escape

from asyncscrape.replica.answers import Reply
from asyncscrape.replica.coinmarketcap.coins import Coin
from asyncscrape.replica.coinmarketcap.currencies import USD

_PAGE = """\
<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><title>%(name)s historical data | CoinMarketCap</title>
</head><body><div id="__next"><h1>%(name)s Price Historical Data</h1>
<div class="history"><table><thead><tr><th>Date</th><th>Open*</th><th>High</th><th>Low</th><th>Close**</th>
<th>Volume</th><th>Market Cap</th></tr></thead><tbody></tbody></table><p></p></div></div>
<script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":{"detailRes":{"detail":{"id":%(id)d}}}}}
</script>
<script>
const asked = new URLSearchParams(location.search);
const seconds = (day) => Date.UTC(day.slice(0, 4), day.slice(4, 6) - 1, day.slice(6, 8)) / 1000;
const start = asked.has("start") ? seconds(asked.get("start")) : 0;
let end = asked.has("end") ? seconds(asked.get("end")) + 86399 : Math.floor(Date.now() / 1000);
const table = document.querySelector("tbody"), foot = document.querySelector(".history p");
const money = (value) => "$" + value.toLocaleString("en-US", { minimumFractionDigits: 2 });
const shown = (bar) => {
  const day = new Date(bar.timeOpen).toLocaleDateString("en-US",
    { timeZone: "UTC", year: "numeric", month: "short", day: "2-digit" });
  const { open, high, low, close, volume, marketCap } = bar.quote;
  const row = document.createElement("tr");
  const texts = [day, ...[open, high, low, close, volume, marketCap].map(money)];
  row.innerHTML = texts.map((text) => `<td>${text}</td>`).join("");
  return row;
};
async function load() {
  const query = `id=%(id)d&convertId=%(currency)d&timeStart=${start}&timeEnd=${end}&interval=daily`;
  const answer = await fetch(`https://api.coinmarketcap.com/data-api/v3.1/cryptocurrency/historical?${query}`);
  const bars = (await answer.json()).data.quotes.sort((a, b) => b.timeOpen.localeCompare(a.timeOpen));
  table.append(...bars.filter((bar) => Date.parse(bar.timeOpen) / 1000 >= start).map(shown));
  const first = bars.length ? Date.parse(bars.at(-1).timeOpen) / 1000 : start;
  end = first - 1;
  foot.innerHTML = first > start ? "<button>Load More</button>" : table.rows.length ? "" : "No data is available now";
  foot.querySelector("button")?.addEventListener("click", load);
}
load();
</script></body></html>
"""


def today_page(coin: Coin) -> Reply:
    """The page of a coin, before its script runs."""
    facts = {"name": escape(coin.name), "id": coin.id, "currency": USD.id}
    return Reply((_PAGE % facts).encode(), packable=False)
