"""AAC as it stands in MPEG transport streams: ADTS (ISO/IEC 14496-3, section 1.A.3.2)."""

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_SAMPLES = 1024  # of a raw data block
_HEADER = 7


def duration(stream: bytes) -> float | None:
    """Seconds of the whole frames in a stream; None if it is no ADTS, or not up to its end."""
    position, seconds = 0, 0.0
    while position + _HEADER <= len(stream):
        head = int.from_bytes(stream[position : position + _HEADER])
        rate, size, blocks = head >> 34 & 0xF, head >> 13 & 0x1FFF, (head & 3) + 1
        if head >> 44 != 0xFFF or rate >= len(_RATES) or size < _HEADER:
            return None
        if position + size <= len(stream):
            seconds += blocks * _SAMPLES / _RATES[rate]
        position += size
    return seconds or None
