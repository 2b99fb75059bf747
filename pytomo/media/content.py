"""Whether bytes look like media at all: error pages and captive portals answer with 200, too."""

import re

SAMPLE = 256
"""Bytes of a segment that are enough to tell text: that so many random bytes (encrypted segments
are no less random) have no control character among them happens once in 10¹³ times."""

_SIGNATURES = re.compile(
    rb"\0...(?:ftyp|styp|moov|moof|sidx|emsg|free|skip|wide|pnot)|....mdat"  # ISO/IEC 14496-12
    rb"|\x1a\x45\xdf\xa3|FLV\x01"  # Matroska, FLV
    rb"|ID3[\x02-\x04]|\xff[\xe2\xe3\xf2-\xf5\xfa-\xfd][\x10-\xeb]"  # MPEG audio, layers II and III
    rb"|\xff[\xf0\xf1\xf8\xf9]|\x0b\x77"  # AAC (ADTS), AC-3
    rb"|OggS\0|fLaC|#!AMR|caff\0|RIFF....(?:AVI |WAVE)|FORM....AIF[CF]"
    rb"|\x30\x26\xb2\x75\x8e\x66\xcf\x11"  # ASF: Windows Media
    rb"|\0\0\x01[\xb3\xba]|\.RMF\0",  # MPEG video and program streams, RealMedia
    re.DOTALL,
)
# What files of sound and pictures begin with by their specifications. That of MPEG transport
# streams, a G, is no more than a hint.

_TEXT = re.compile(
    rb"\xff\xfe[^\0]\0|\xfe\xff\0[^\0]|[^\0-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]+\Z", re.DOTALL
)
# UTF-16 with its mark, or without a control character that texts do not have: HTML, JSON, XML,
# WebVTT, plain text in any encoding.


def is_media(head: bytes) -> bool:
    """Whether a file that begins so (12 bytes) has the signature of a container or codec."""
    return _SIGNATURES.match(head) is not None


def is_text(head: bytes) -> bool:
    """Whether a segment that begins so (`SAMPLE` bytes, or all of it) is no media, but a text."""
    return _TEXT.match(head) is not None
