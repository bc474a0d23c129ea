"""The coins. Many names and ids are familiar; everything about their fortunes is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

TOP = 100
"""Coins in the usual top list. The rest are too small for it, until one of them enters."""

_KNOWN = """
1 BTC bitcoin 2010-07-13 Bitcoin
1027 ETH ethereum 2015-08-07 Ethereum
52 XRP xrp 2013-08-04 XRP
825 USDT tether 2015-02-25 Tether USDt
2 LTC litecoin 2013-04-28 Litecoin
74 DOGE dogecoin 2013-12-15 Dogecoin
328 XMR monero 2014-05-21 Monero
131 DASH dash 2014-02-14 Dash
"""
"""The old coins, with the day each was listed."""

_YOUNGER = """
1839 BNB bnb BNB; 2010 ADA cardano Cardano; 1958 TRX tron TRON; 1975 LINK chainlink Chainlink;
512 XLM stellar Stellar; 1831 BCH bitcoin-cash Bitcoin Cash; 2011 XTZ tezos Tezos; 1765 EOS eos EOS;
1321 ETC ethereum-classic Ethereum Classic; 1376 NEO neo Neo; 2222 BCD bitcoin-diamond Bitcoin Diamond;
1437 ZEC zcash Zcash; 1720 IOTA iota IOTA; 3077 VET vechain VeChain; 3794 ATOM cosmos Cosmos;
4030 ALGO algorand Algorand; 4172 LUNA terra-luna Terra Classic; 4642 HBAR hedera Hedera; 4943 DAI dai Dai;
5426 SOL solana Solana; 5805 AVAX avalanche Avalanche; 5994 SHIB shiba-inu Shiba Inu;
6535 NEAR near-protocol NEAR Protocol; 6636 DOT polkadot-new Polkadot; 7083 UNI uniswap Uniswap;
7278 AAVE aave Aave; 8916 ICP internet-computer Internet Computer; 2280 FIL filecoin Filecoin;
1518 MKR maker Maker; 1966 MANA decentraland Decentraland; 6210 SAND the-sandbox The Sandbox;
6783 AXS axie-infinity Axie Infinity; 4847 STX stacks Stacks; 5690 RNDR render Render;
6719 GRT the-graph The Graph; 6538 CRV curve-dao-token Curve DAO Token;
2416 THETA theta-network Theta Network; 3513 FTM fantom Fantom; 4256 KLAY klaytn Klaytn;
2502 HT huobi-token Huobi Token; 2083 BTG bitcoin-gold Bitcoin Gold; 1168 DCR decred Decred;
1684 QTUM qtum Qtum; 1808 OMG omg OMG Network; 2469 ZIL zilliqa Zilliqa;
1697 BAT basic-attention-token Basic Attention Token; 2099 ICX icon ICON; 2566 ONT ontology Ontology;
1896 ZRX 0x 0x Protocol; 2130 ENJ enjin-coin Enjin Coin; 9101 QRA quarry Quarry;
9102 LMN lumen-harbour Lumen Harbour; 9103 TID tidewater Tidewater; 9104 FRN fernway Fernway;
9105 OSP osprey Osprey; 9106 KST keystone-chain Keystone Chain; 9107 MRL marlstone Marlstone;
9108 BRK brackish Brackish; 9109 GLD gilded-fox Gilded Fox; 9110 HLX helix-ledger Helix Ledger;
9111 NVA nova-mint Nova Mint; 9112 ORB orbital-dao Orbital DAO; 9113 PLM plume-network Plume Network;
9114 RDG ridgeline Ridgeline; 9115 SLT saltmarsh Saltmarsh; 9116 TRF turf-protocol Turf Protocol;
9117 UMB umbra-cash Umbra Cash; 9118 VRD verdant Verdant; 9119 WLD wildwood Wildwood;
9120 XEN xenolith Xenolith; 9121 YRN yarn-swap Yarn Swap; 9122 ZPH zephyr-coin Zephyr Coin;
9123 AMB amber-rail Amber Rail; 9124 BSL basalt Basalt; 9125 CDR cedar-finance Cedar Finance;
9126 DLT delta-works Delta Works; 9127 EMB ember-token Ember Token; 9128 FLT flint-labs Flint Labs;
9129 GRV grove Grove; 9130 HZN horizon-ai Horizon AI; 9131 IRN ironclad Ironclad; 9132 JNP juniper Juniper;
9133 KLP kelp-fi Kelp Fi; 9134 LCH lichen Lichen; 9135 MSS moss-network Moss Network;
9136 NTL nettle Nettle; 9137 OAK oakum Oakum; 9138 PBL pebble-inu Pebble Inu; 9139 QLL quill Quill;
9140 RVN raven-gate Raven Gate; 9141 SPR sparrow-cat Sparrow Cat; 9142 THS thistle Thistle
"""
"""The coins listed later, older ones first; their days follow from their places."""

_SMALL = """
9201 ACR acorn-pay Acorn Pay; 9202 BRL burlap Burlap; 9203 CLV clover-chain Clover Chain;
9204 DRF driftwood Driftwood; 9205 EGR egret Egret; 9206 FRR furrow Furrow;
9207 GNT granite-coin Granite Coin; 9208 HRN heron Heron
"""

_OLDEST_OF_THE_YOUNGER = date(2017, 11, 10)
_YOUNGEST = date(2026, 11, 16)
_DENSER_LATELY = 3.2
"""The power that makes young coins more frequent than old ones, and about 112,000 days in all in November 2026."""


@dataclass(frozen=True)
class Coin:
    """The unchanging facts about a coin."""

    id: int
    symbol: str
    slug: str
    name: str
    listed: date
    """First day with a candle."""
    place: int
    """Its place by size in the long run; 0 is the biggest."""

    @property
    def is_stable(self) -> bool:
        """Whether it is worth about one dollar."""
        return self.slug in ("tether", "dai")

    @property
    def is_tiny(self) -> bool:
        """Whether its price has many zeros after the point."""
        return self.slug in ("shiba-inu", "pebble-inu", "sparrow-cat")

    @property
    def collapse(self) -> date | None:
        """The day its price begins to fall to almost nothing."""
        return _COLLAPSES.get(self.slug)

    @property
    def missing_days(self) -> frozenset[int]:
        """Days without a candle, counted from the first."""
        return frozenset((40, 41, 90, 133, 134, 135, 136, 260)) if self.place % 13 == 5 else frozenset()

    @property
    def silent_days(self) -> int:
        """The number of days at the beginning without volume."""
        return 240 if self.slug == "bitcoin" else 30 if self.place % 9 == 4 and self._is_old else 0

    @property
    def uncounted_days(self) -> int:
        """The number of days at the beginning without market cap."""
        return 200 if self.slug == "bitcoin-diamond" else 21 if self.place % 11 == 7 and self._is_old else 0

    @property
    def _is_old(self) -> bool:
        return self.place < 60

    @property
    def tags(self) -> list[str]:
        """Its labels."""
        if self.is_stable:
            return ["stablecoin"]
        return [[], ["mineable", "pow"], ["smart-contracts", "platform"], ["defi"], ["memes"]][self.id % 5]


_COLLAPSES = {"terra-luna": date(2022, 5, 9), "bitcoin-diamond": date(2021, 6, 2), "fernway": date(2026, 8, 3)}


def _listed(text: str) -> list[tuple[str, str, str, str]]:
    """Id, symbol, slug and name of each entry."""
    entries = (" ".join(entry.split()).split(" ", 3) for entry in text.split(";"))
    return [(id, symbol, slug, name) for id, symbol, slug, name in entries]


def _old() -> list[Coin]:
    lines = (line.split(" ", 4) for line in _KNOWN.strip().splitlines())
    return [
        Coin(int(id), symbol, slug, name, date.fromisoformat(day), place)
        for place, (id, symbol, slug, day, name) in enumerate(lines)
    ]


def _young(first_place: int) -> list[Coin]:
    entries = _listed(_YOUNGER)
    span, last = (_YOUNGEST - _OLDEST_OF_THE_YOUNGER).days, len(entries) - 1
    ages = [round(span * (1 - n / last) ** _DENSER_LATELY) for n in range(len(entries))]
    return [
        Coin(int(id), symbol, slug, name, _YOUNGEST - timedelta(ages[n]), first_place + n)
        for n, (id, symbol, slug, name) in enumerate(entries)
    ]


def _small() -> list[Coin]:
    return [
        Coin(int(id), symbol, slug, name, date(2024, 3, 1) + timedelta(90 * n), TOP + n)
        for n, (id, symbol, slug, name) in enumerate(_listed(_SMALL))
    ]


_OLD = _old()
COINS = (*_OLD, *_young(len(_OLD)), *_small())
BY_ID = {coin.id: coin for coin in COINS}
BY_SLUG = {coin.slug: coin for coin in COINS}
