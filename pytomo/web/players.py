"""Player profiles in words, for pages that compare what each would have shown."""

from pytomo.profiles import Profile, stored_profile


def thresholds(label: str) -> str:
    """At which buffers the player of a profile's label starts, stalls and resumes, in words."""
    profile = stored_profile(label)
    first = ", ".join(f"{buffer:g}" for buffer in profile.first_resumes)
    resume = f"{first}, then {profile.resume:g}" if first else f"{profile.resume:g}"
    words = [f"{profile.start:g} s to start, {resume} s to resume", _stall(profile)]
    return "; ".join([*words, *_traits(profile)])


def _stall(profile: Profile) -> str:
    return f"it stalls at {profile.stall:g} s" if profile.stall else "it stalls at nothing"


def _traits(profile: Profile) -> list[str]:
    patience = f"sound goes on over a frozen picture for {profile.patience:g} s"
    told = {
        "whole segments count": profile.whole,
        "whole blocks of 32 KiB count": profile.blocks,
        patience: profile.patience > 0,
    }
    return [words for words, so in told.items() if so]
