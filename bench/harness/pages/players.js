// The players. Each loads all but the media, and returns what makes it begin.
"use strict";

const video = document.getElementById("video");
const recorder = new Recorder(video);

function load(script) {
    return new Promise((done, failed) => {
        const element = document.createElement("script");
        element.src = script;
        element.onload = done;
        element.onerror = () => failed(new Error(`cannot load ${script}`));
        document.head.append(element);
    });
}

// Play a clip to its end, so that decoders, audio output and all processes have been started: a
// viewer's browser has run for a while.
async function warmUp(fragmented, url) {
    const element = document.createElement("video");
    element.width = element.height = 64;
    document.body.append(element);
    element.src = fragmented ? await appended("/clip.fragmented.mp4") : `/clip.${url.split(".").pop()}`;
    const over = new Promise((done, failed) => {
        element.onended = done;
        element.onerror = () => failed(new Error(`cannot play: ${element.error.message}`));
    });
    await element.play();
    await over;
    element.remove();
    element.removeAttribute("src");
    element.load();
}

// The URL of a MediaSource that has the whole file.
async function appended(file) {
    const source = new MediaSource();
    source.onsourceopen = async () => {
        const buffer = source.addSourceBuffer('video/mp4; codecs="avc1.64001e, mp4a.40.2"');
        buffer.onupdateend = () => source.readyState === "open" && source.endOfStream();
        buffer.appendBuffer(await (await fetch(file)).arrayBuffer());
    };
    return URL.createObjectURL(source);
}

// hls.js remultiplexes in a worker, which all players of a page share: let it have been started.
async function warmUpWorker() {
    const element = document.createElement("video");
    const hls = new Hls();
    const loaded = new Promise((done) => hls.once(Hls.Events.FRAG_BUFFERED, done));
    hls.loadSource("/clip.m3u8");
    hls.attachMedia(element);
    await loaded;
    hls.detachMedia();
}

const PLAYERS = {
    // The <video> element itself.
    async chromium(url) {
        return () => {
            video.src = url;
            video.play();
        };
    },

    async "hls.js"(url) {
        await load("/hls.min.js");
        await warmUpWorker();
        // Its scheduler of advertisements (there are none) takes it for a reason to load the second
        // segment twice that loading does not start by itself.
        const hls = new Hls({ autoStartLoad: false, enableInterstitialPlayback: false });
        const { Events } = Hls;
        for (const name of ["FRAG_LOADING", "FRAG_LOADED", "FRAG_BUFFERED", "FRAG_LOAD_EMERGENCY_ABORTED", "ERROR"]) {
            hls.on(Events[name], (_, { frag, details }) => {
                const what = frag ? `${frag.type} ${frag.sn}` : "";
                recorder.note(name, name === "ERROR" ? `${details} ${what}` : what);
            });
        }
        const known = new Promise((done) => hls.once(Events.LEVEL_LOADED, done));
        const attached = new Promise((done) => hls.once(Events.MEDIA_ATTACHED, done));
        hls.loadSource(url);
        hls.attachMedia(video);
        hls.once(Events.MANIFEST_PARSED, () => recorder.note("MANIFEST_PARSED"));
        hls.on(Events.LEVEL_LOADED, () => recorder.note("LEVEL_LOADED"));
        await Promise.all([known, attached]);
        return () => {
            hls.startLoad();
            video.play();
        };
    },

    async "dash.js"(url) {
        await load("/dash.all.min.js");
        const player = dashjs.MediaPlayer().create();
        player.initialize(video, null, true);
        const { events } = dashjs.MediaPlayer;
        for (const name of [
            "FRAGMENT_LOADING_STARTED", "FRAGMENT_LOADING_COMPLETED", "BUFFER_EMPTY",
            "BUFFER_LOADED", "PLAYBACK_STALLED", "QUALITY_CHANGE_REQUESTED", "ERROR",
        ]) {
            player.on(events[name], ({ mediaType, request, error }) => {
                const number = request ? `${request.type} ${request.index}` : "";
                recorder.note(name, error ? error.message : `${mediaType} ${number}`);
            });
        }
        const manifest = await new Promise((done, failed) => {
            player.retrieveManifest(url, (found, error) => (found ? done(found) : failed(error)));
        });
        return () => player.attachSource(manifest);
    },
};

let begin = null;

async function prepare(player, url) {
    performance.setResourceTimingBufferSize(1000);
    await warmUp(player !== "chromium", url);
    begin = await PLAYERS[player](url);
    return performance.now();
}

function go() {
    recorder.note("go");
    begin();
    return performance.now();
}
