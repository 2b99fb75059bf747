"""The part of `docs/statistics.md` that no declaration tells: definitions and their sources."""

HEAD = """
## Definitions and sources

In the terms of ITU-T P.1203, StartupDelay is the *initial loading delay* and a stall is a
*stalling event*; in those of ETSI TR 101 578 (sections 4.2.1 and 4.2.2) they are the time until
the video has started and *video freezes*. A picture that stands still while the sound goes on is
a *freeze* (FreezeCount, FreezeDuration; see `player.md`), no stall. The wait for the start is no
stall either, in any of these figures, and what needs a start is NULL in a row that never
started.

"""

STALLS = (
    (
        "StallRatio",
        "stalled / (stalled + played)",
        "by *watch time*: the time spent stalled of Puffer (Yan et al., NSDI 2020), the buffering "
        "ratio of Dobrian et al. (SIGCOMM 2011)",
    ),
    (
        "StallMediaRatio",
        "stalled / played",
        "by *media length*: total stalling length over media length, as in ITU-T P.1203.3 "
        "(section 8.1.1, without its weights for how long ago)",
    ),
    (
        "StallFrequency",
        "60 × stalls / (stalled + played)",
        "the rate of buffering events of Dobrian et al., per minute",
    ),
    ("MeanStall", "stalled / stalls; NULL without a stall", ""),
    (
        "LongStalls, LongStallTime",
        "number and sum of the stalls of 1 s or more",
        "a dry buffer usually freezes the picture for more than 1 or 2 s, a busy device for less "
        "(ETSI TR 101 578, section 4.2.2)",
    ),
    ("MinPlayoutDelay", "see below", ""),
)
"""What each figure of the stalls is, and who else means the same."""

TEXT = """
The two ratios say the same in different words: StallMediaRatio = StallRatio / (1 - StallRatio).
One that stalls as long as it plays has 0.5 by watch time and 1 by media length. Of a group of
rows, divide the sums: a mean of ratios counts a short sample as much as a long one. A stall that
was open at the end (`StallCensored`) counts up to the end, so BufferingDuration, the ratios,
MeanStall and the long stalls are lower bounds then.

**MinPlayoutDelay** is the smallest startup delay that would have avoided every stall. Let media
that came at the time aᵢ (since the first media request) extend what is playable in all tracks
from mᵢ₋₁ to mᵢ seconds. A viewer who starts at d plays the media behind mᵢ₋₁ at d + mᵢ₋₁, so
none is late if

    d ≥ max over i of (aᵢ - mᵢ₋₁),  with m₀ = 0

and that maximum is the delay, for a player that plays what it has, down to nothing. If the
sample ended at T before the whole video was there, what came afterwards is unknown, and media
that would be played after T set no condition; but those that there are must last until T:

    d ≥ T - mₙ

That holds for the sample, then; the whole video may have needed more. With that delay the sample
plays without a stall, with any smaller one it does not. It is NULL if nothing playable
came. As it is a property of how the media came, it does not change with the player profile.
Where it is much longer than StartupDelay, the player started too eagerly for this line; where it
is longer than anybody waits, no player could have helped.

**Scores.** `pytomo export DATABASE --format p1203` writes the input of ITU-T P.1203 (mode 0:
bitrates, sizes, frame rates, stalls) of each row that started to play, one JSON object a line,
or with `--row ROWID` the object of that row alone, as its reference software takes it. What was
played is one segment. Its bitrates are those of the bytes that came for the media that could be
played. The sound is listed if it is AAC (taken for AAC-LC), AC-3 or MP2, which the
Recommendation knows, and comes in a track of its own; otherwise no sound is listed, which the
software takes for good sound, and the bitrate of sound that comes with the picture counts as
picture. Without a codec, a size and a frame rate of the picture there is no input.

`pytomo score DATABASE` prints the scores as CSV if the reference software is installed: O.46,
the overall quality, O.35, that of picture and sound, and O.23, that of the stalls, each from 1
to 5. Pytomo does not bring that software: its licence is for non-commercial research only. The
model is one of H.264 up to 1920 × 1080 and of 1 to 5 minutes of media; of shorter samples it
says less, and of other codecs the software refuses to say anything unless it is extended.
"""
