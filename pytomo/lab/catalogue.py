"""What there is to watch in the lab, and the servers that hold it. To add a video, add a line.

Clips stand in the order of the popular lists, most viewed first, so that a short crawl sees most
of the story; titles tell it. Addresses are all of this machine (127.0.0.0/8), AS numbers those
reserved for documentation (RFC 5398), with invented owners. Rates are in kbps; the 720p pictures
of the library need about 1330 with their sound, and 1400 as HLS.
"""

from functools import partial

from pytomo.errors import Outcome
from pytomo.lab.dns import Entry, Network
from pytomo.lab.listing import Catalogue, Clip, Host
from pytomo.lab.schedule import Script

RESOLVERS = ("system", "google", "opendns")
"""The lab's DNS servers; the first is the default one."""

NETWORKS = (
    Network("127.16.0.0/15", 64496, "LANTERN Lantern Video Network", "FR"),
    Network("127.18.0.0/15", 64497, "POLDER Polder Exchange Caches", "NL"),
    Network("127.20.0.0/15", 64498, "FERRYMAN Ferryman Hosting", "GB"),
    Network("127.22.0.0/15", 64499, "SIESTA Siesta Telecom", "ES"),
    Network("127.24.0.0/15", 64500, "BAYOU Bayou Transit", "US"),
    Network("127.26.0.0/15", 64501, "MERLION Merlion Backbone", "SG"),
    Network("127.28.0.0/15", 64502, "AMBER Amber Networks", "PL"),
    Network("127.40.0.0/14", 64503, "CARAVEL Caravel Distribution", "FR"),
    Network("127.44.0.0/14", 65536, "OUTPOST Outpost Cloud", "US"),
    Network("127.99.0.0/16", 64511, "WORKBENCH Hosts made for a test", "FR"),
)
"""Who announces which addresses."""

# YouTube's names say where a server stands: 25g is Paris, 4g5 Frankfurt, 5hn Amsterdam, npo
# Singapore, aig London, h5q Madrid, hp5 Miami, a5m Los Angeles, f5f Warsaw, hgn Marseille.
PARIS = "rr1---sn-25glen7y.googlevideo.com"
FRANKFURT = "rr3---sn-4g5edn6k.googlevideo.com"
AMSTERDAM = "rr5---sn-5hne6nzd.googlevideo.com"
SINGAPORE = "rr6---sn-npoe7ner.googlevideo.com"
LONDON = "rr2---sn-aigl6nsk.googlevideo.com"
MADRID = "rr4---sn-h5qzen7s.googlevideo.com"
MIAMI = "rr1---sn-hp57yn7y.googlevideo.com"
LOS_ANGELES = "rr7---sn-a5m7lnld.googlevideo.com"
WARSAW = "rr8---sn-f5f7lne6.googlevideo.com"
MARSEILLE = "rr2---sn-hgn7rn7k.googlevideo.com"

NEAR = "proxy-07.sg1.dmcdn.net"
CROWDED = "proxy-14.sg1.dmcdn.net"
STEERED = "proxy-23.dc3.dmcdn.net"
FAR = "proxy-31.ix7.dmcdn.net"
MOVED = "proxy-09.sg1.dmcdn.net"
EXHAUSTED = "proxy-18.dc3.dmcdn.net"
CLOSED = "proxy-02.ix7.dmcdn.net"
HALTING = "proxy-26.dc3.dmcdn.net"
FORGOTTEN = "proxy-40.ix7.dmcdn.net"

UNKNOWN_TO_OTHERS = {"google": Entry(servfail=True), "opendns": Entry(drop=True)}
HALT = ((2.5, 3.0),)
"""3 s of silence, from 2.5 s on."""

HOSTS = (
    Host(PARIS, "127.16.1.1", Script(rate=20_000, latency=0.01)),
    Host(FRANKFURT, "127.17.1.1", Script(rate=800, latency=0.02)),
    Host(
        AMSTERDAM,
        "127.18.1.1",
        Script(rate=16_000, latency=0.02),
        {"opendns": Entry(cname=SINGAPORE)},
    ),
    Host(SINGAPORE, "127.26.1.1", Script(rate=1_700, latency=0.16)),
    Host(LONDON, "127.20.1.1", Script(redirect_to=PARIS, latency=0.02)),
    Host(MADRID, "127.22.1.1", Script(rate=530, latency=0.03)),
    Host(MIAMI, "127.24.1.1", Script(status=403, latency=0.09)),
    Host(LOS_ANGELES, "127.25.1.1", Script(rate=2_000, latency=0.14, pauses=HALT)),
    Host(WARSAW, "127.28.1.1", Script(rate=12_000, latency=0.04), UNKNOWN_TO_OTHERS),
    Host(MARSEILLE, "127.16.2.1", Script(rate=1_200, latency=0.02)),
    Host(NEAR, "127.40.1.1", Script(rate=20_000, latency=0.01)),
    Host(CROWDED, "127.40.1.2", Script(rate=1_180, latency=0.02)),
    Host(
        STEERED,
        "127.41.1.1",
        Script(rate=16_000, latency=0.02),
        {"opendns": Entry(cname=FAR)},
    ),
    Host(FAR, "127.44.1.1", Script(rate=1_700, latency=0.15)),
    Host(MOVED, "127.40.1.3", Script(redirect_to=NEAR, latency=0.01)),
    Host(EXHAUSTED, "127.41.1.2", Script(rate=420, latency=0.03)),
    Host(CLOSED, "127.44.1.2", Script(status=403, latency=0.1)),
    Host(HALTING, "127.41.1.3", Script(rate=2_600, latency=0.05, pauses=HALT)),
    Host(FORGOTTEN, "127.45.1.1", Script(rate=12_000, latency=0.05), UNKNOWN_TO_OTHERS),
)

youtube = partial(Clip, "youtube")
dailymotion = partial(Clip, "dailymotion")
unlisted = partial(youtube, popular=False)

CLIPS = (
    youtube("CalmRiver72", "A calm river: a server near by, with room to spare", PARIS),
    youtube(
        "TwoRoads_4u",
        "Two roads: OpenDNS sends you round the world",
        AMSTERDAM,
        age=0,
        carries_related=False,
    ),
    youtube("GoneForGood", "Gone for good", PARIS, outcome=Outcome.REMOVED),
    youtube(
        "SlowTrain06",
        "The slow train: 0.6 of what the video needs",
        FRANKFURT,
        carries_related=False,
    ),
    youtube(
        "NextWindow2",
        "Next window, please: the server sends you to another",
        LONDON,
        outcome=Outcome.REDIRECTED,
    ),
    youtube("AreYouHuman", "Are you human?", PARIS, outcome=Outcome.BOT_CHECK, age=0),
    youtube("LastCandle3", "The last candle: 0.4 of what the video needs", MADRID),
    youtube("NoEntry-403", "No entry: the server refuses", MIAMI, outcome=Outcome.HTTP_ERROR),
    youtube("LongTunnel3", "The long tunnel: three seconds of nothing", LOS_ANGELES, age=0),
    youtube("LostName-Z9", "A forgotten name: only one resolver knows it", WARSAW),
    youtube("JustNotQuit", "Just not quite: 0.9 of what the video needs", MARSEILLE, age=20),
    youtube(
        "OldFavourit",
        "An old favourite, in small pictures",
        PARIS,
        heights=(144, 360),
        age=400,
        hls=True,
    ),
    unlisted("WebSpeaksV9", "The other codec: VP9", PARIS, codec="vp9"),
    unlisted("OnAirNow-24", "On air, day and night", PARIS, outcome=Outcome.LIVE),
    unlisted("PrivateRoom", "A private room", PARIS, outcome=Outcome.PRIVATE),
    unlisted("NotYourLand", "Not in your country", PARIS, outcome=Outcome.GEO_BLOCKED),
    unlisted("GrownUps-18", "For grown-ups", PARIS, outcome=Outcome.AGE_RESTRICTED),
    unlisted("MembersClub", "The members' club", PARIS, outcome=Outcome.MEMBERS_ONLY),
    unlisted("TryLater-60", "Not so fast", PARIS, outcome=Outcome.RATE_LIMITED),
    dailymotion("x9calm1", "A calm river: a server near by, with room to spare", NEAR),
    dailymotion("x9road2", "Two roads: OpenDNS sends you round the world", STEERED, age=0),
    dailymotion("x9gone3", "Gone for good", NEAR, outcome=Outcome.REMOVED),
    dailymotion("x9slow4", "The slow train: 0.85 of what the video needs", CROWDED),
    dailymotion("x9move5", "Next window, please", MOVED, outcome=Outcome.REDIRECTED),
    dailymotion("x9land6", "Not in your country", NEAR, outcome=Outcome.GEO_BLOCKED, age=0),
    dailymotion(
        "x9last7",
        "The last candle: 0.3 of what the video needs",
        EXHAUSTED,
        outcome=Outcome.NEVER_STARTED,  # no segment is complete within 10 s
    ),
    dailymotion("x9deny8", "No entry: the server refuses", CLOSED, outcome=Outcome.HTTP_ERROR),
    dailymotion("x9halt9", "The long tunnel: three seconds of nothing", HALTING, age=0),
    dailymotion("x9lostz", "A forgotten name: only one resolver knows it", FORGOTTEN),
    dailymotion("x9olda1", "An old favourite", NEAR, age=400),
    dailymotion("x9roomb", "A private room", NEAR, outcome=Outcome.PRIVATE, popular=False),
    dailymotion("x9livec", "On air", NEAR, outcome=Outcome.LIVE, popular=False),
)

CATALOGUE = Catalogue(HOSTS, CLIPS)
