"""The boxes that YouTube's lists are made of: related videos, search results, and what must be
passed over between them."""

from typing import Any

from pytomo.lab.listing import Clip

CHANNEL = "The Lab Channel"
CHANNEL_ID = "UC0123456789LabChannel00"
PLAYLIST_ID = "PLlab0123456789"
LENGTH = "1:00"
Box = dict[str, Any]


def watch_next(entries: list[Box]) -> Box:
    """The answer of the `next` endpoint."""
    results = [*entries, _continuation()]
    return {
        "contents": {
            "twoColumnWatchNextResults": {
                "results": {"results": {"contents": []}},
                "secondaryResults": {
                    "secondaryResults": {"results": results, "targetId": "watch-next-feed"}
                },
            }
        },
        "trackingParams": "CAAQg2ciEw==",
    }


def search_results(entries: list[Box]) -> Box:
    """The answer of the `search` endpoint."""
    section = {"itemSectionRenderer": {"contents": entries, "trackingParams": "CAAQg2ciEw=="}}
    return {
        "estimatedResults": str(len(entries)),
        "contents": {
            "twoColumnSearchResultsRenderer": {
                "primaryContents": {"sectionListRenderer": {"contents": [section]}}
            }
        },
        "targetId": "search-page",
    }


def lockup(clip: Clip, views: int) -> Box:
    """A video beside another one, as YouTube shows it since 2025."""
    return _lockup("VIDEO", clip.id, clip.title, f"{views:,} views", _endpoint(clip.id))


def mix_lockup(clip: Clip) -> Box:
    """An endless list that begins with this video: no video."""
    identifier = f"RD{clip.id}"
    title = f"Mix - {clip.title}"
    return _lockup("PLAYLIST", identifier, title, "Updated today", _endpoint(clip.id, identifier))


def playlist_lockup() -> Box:
    """A playlist: no video."""
    endpoint = _endpoint("CalmRiver72", PLAYLIST_ID)
    return _lockup("PLAYLIST", PLAYLIST_ID, "The lab, complete", "Playlist", endpoint)


def compact(clip: Clip, views: int) -> Box:
    """A video beside another one, as YouTube showed it before."""
    return {
        "compactVideoRenderer": {
            "videoId": clip.id,
            "thumbnail": _thumbnail(clip.id),
            "title": {"simpleText": clip.title},
            "longBylineText": _runs(CHANNEL),
            "publishedTimeText": {"simpleText": f"{clip.age} days ago"},
            "viewCountText": {"simpleText": f"{views:,} views"},
            "lengthText": {"simpleText": LENGTH},
            "navigationEndpoint": _endpoint(clip.id),
        }
    }


def video(clip: Clip, views: int) -> Box:
    """A video among the results of a search."""
    return {
        "videoRenderer": {
            "videoId": clip.id,
            "thumbnail": _thumbnail(clip.id),
            "title": _runs(clip.title),
            "longBylineText": _runs(CHANNEL),
            "ownerText": _runs(CHANNEL),
            "publishedTimeText": {"simpleText": f"{clip.age} days ago"},
            "lengthText": {"simpleText": LENGTH},
            "viewCountText": {"simpleText": f"{views:,} views"},
            "navigationEndpoint": _endpoint(clip.id),
        }
    }


def advertisement() -> Box:
    """An advertisement, with a video in it that nobody asked for."""
    promoted = {"videoId": "BuyThisNow1", "title": _runs("Buy this now")}
    return {
        "adSlotRenderer": {
            "adSlotMetadata": {"slotType": "SLOT_TYPE_IN_FEED"},
            "fulfillmentContent": {
                "fulfilledLayout": {
                    "inFeedAdLayoutRenderer": {
                        "renderingContent": {"promotedVideoRenderer": promoted}
                    }
                }
            },
        }
    }


def shelf() -> Box:
    """A shelf of other things among the results of a search."""
    items = [{"videoRenderer": {"videoId": "OtherShelf1", "title": _runs("From another shelf")}}]
    return {
        "shelfRenderer": {
            "title": {"simpleText": "Channels new to you"},
            "content": {"verticalListRenderer": {"items": items, "collapsedItemCount": 3}},
        }
    }


def _lockup(kind: str, identifier: str, title: str, note: str, endpoint: Box) -> Box:
    rows = [
        {"metadataParts": [{"text": {"content": CHANNEL}}]},
        {"metadataParts": [{"text": {"content": note}}]},
    ]
    return {
        "lockupViewModel": {
            "contentImage": {"thumbnailViewModel": {"image": _image(identifier)}},
            "metadata": {
                "lockupMetadataViewModel": {
                    "title": {"content": title},
                    "metadata": {"contentMetadataViewModel": {"metadataRows": rows}},
                }
            },
            "contentId": identifier,
            "contentType": f"LOCKUP_CONTENT_TYPE_{kind}",
            "rendererContext": {"commandContext": {"onTap": {"innertubeCommand": endpoint}}},
        }
    }


def _endpoint(identifier: str, playlist: str | None = None) -> Box:
    suffix = f"&list={playlist}" if playlist else ""
    metadata = {
        "url": f"/watch?v={identifier}{suffix}",
        "webPageType": "WEB_PAGE_TYPE_WATCH",
        "rootVe": 3832,
    }
    watch = {"videoId": identifier} | ({"playlistId": playlist} if playlist else {})
    return {"commandMetadata": {"webCommandMetadata": metadata}, "watchEndpoint": watch}


def _continuation() -> Box:
    command = {"token": "CBQSEw==", "request": "CONTINUATION_REQUEST_TYPE_WATCH_NEXT"}
    return {
        "continuationItemRenderer": {
            "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN",
            "continuationEndpoint": {"continuationCommand": command},
        }
    }


def _image(identifier: str) -> Box:
    return {"sources": _thumbnail(identifier)["thumbnails"]}


def _thumbnail(identifier: str) -> Box:
    url = f"https://i.ytimg.com/vi/{identifier}/hqdefault.jpg"
    return {"thumbnails": [{"url": url, "width": 168, "height": 94}]}


def _runs(text: str) -> Box:
    return {"runs": [{"text": text}]}
