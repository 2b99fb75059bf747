// Writes down what a video element does; times are those of performance.now(), in ms.
"use strict";

const SAMPLES = 50; // ms between samples
const FROZEN = 150; // ms without a new picture that are worth a note
const EVENTS = [
    "loadstart", "loadedmetadata", "loadeddata", "canplay", "canplaythrough", "play", "playing",
    "waiting", "stalled", "suspend", "pause", "seeking", "seeked", "ratechange", "ended", "error",
];

class Recorder {
    constructor(video) {
        this.video = video;
        this.events = []; // [time, name, state…]
        this.samples = []; // [time, position, buffered, ready state, playback rate, paused]
        this.pictures = []; // [last one before, first one after, its media time in s]: the gaps
        this.lastPicture = null;
        for (const name of EVENTS) {
            video.addEventListener(name, () => this.note(name));
        }
        this.timer = setInterval(() => this.samples.push(this.state()), SAMPLES);
        this.watchPictures();
    }

    // The end of the range that the position is in; the position itself where there is none.
    buffered() {
        const { buffered, currentTime } = this.video;
        for (let i = 0; i < buffered.length; i++) {
            // Players jump over small gaps at the start.
            if (buffered.start(i) <= currentTime + 0.2 && currentTime <= buffered.end(i)) {
                return buffered.end(i);
            }
        }
        return currentTime;
    }

    state() {
        const { currentTime, readyState, playbackRate, paused } = this.video;
        return [performance.now(), currentTime, this.buffered(), readyState, playbackRate, paused];
    }

    note(name, detail) {
        const [time, ...state] = this.state();
        this.events.push([time, name, ...state, ...(detail === undefined ? [] : [detail])]);
    }

    watchPictures() {
        this.video.requestVideoFrameCallback((now, picture) => {
            const shown = picture.presentationTime;
            if (this.lastPicture === null || shown - this.lastPicture > FROZEN) {
                this.pictures.push([this.lastPicture, shown, picture.mediaTime]);
            }
            this.lastPicture = shown;
            this.watchPictures();
        });
    }

    recording() {
        clearInterval(this.timer);
        const { totalVideoFrames, droppedVideoFrames } = this.video.getVideoPlaybackQuality();
        return {
            origin: performance.timeOrigin,
            now: performance.now(),
            events: this.events,
            samples: this.samples,
            pictures: this.pictures,
            last_picture: this.lastPicture,
            pictures_decoded: totalVideoFrames,
            pictures_dropped: droppedVideoFrames,
            duration: Number.isFinite(this.video.duration) ? this.video.duration : null,
            error: this.video.error && `${this.video.error.code} ${this.video.error.message}`,
            requests: performance.getEntriesByType("resource").map((entry) => [
                entry.name, entry.startTime, entry.requestStart, entry.responseStart,
                entry.responseEnd, entry.encodedBodySize,
            ]),
        };
    }
}
