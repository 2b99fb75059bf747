// Runs the AbrController of hls.js itself, without a browser, on situations and running requests
// read from standard input, and prints the rung that it chose in each. Called by hls_js_rules.py
// with the directory that has its package.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

let clock = 0;
globalThis.self = globalThis;
globalThis.setInterval = () => 1; // it is asked at the times that we choose
globalThis.clearInterval = () => {};
Object.defineProperty(globalThis, 'performance', { value: { now: () => clock } });
const { default: Hls } = await import(join(process.argv[2], 'node_modules/hls.js/dist/hls.mjs'));
const AbrController = Hls.DefaultConfig.abrController;
const silent = () => {};
const logger = Object.fromEntries(['trace', 'debug', 'log', 'warn', 'info', 'error'].map((name) => [name, silent]));

function player({ rungs, segment }) {
    const details = { live: false, averagetargetduration: segment };
    const levels = rungs.map((rung) => ({
        bitrate: 1000 * rung, maxBitrate: 1000 * rung, averageBitrate: 1000 * rung,
        codecSet: 'avc1', videoRange: 'SDR', frameRate: 25, height: 360, width: 640, score: 0,
        loadError: 0, fragmentError: 0, details, supportedResult: { supported: true },
    }));
    const hls = {
        config: { ...Hls.DefaultConfig }, logger, levels, on: silent, off: silent,
        trigger: (name) => { hls.aborted ||= name === Hls.Events.FRAG_LOAD_EMERGENCY_ABORTED; },
        aborted: false, autoLevelEnabled: true, firstLevel: 0, minAutoLevel: 0, maxAutoLevel: rungs.length - 1,
        allAudioTracks: [], latestLevelDetails: details, loadLevel: -1,
        media: { paused: false, playbackRate: 1, readyState: 4 }, mainForwardBufferInfo: { len: 0 },
        get loadLevelObj() { return levels[hls.loadLevel]; },
        set nextLoadLevel(level) { hls.loadLevel = level; abr.nextAutoLevel = level; },
        set nextAutoLevel(level) { abr.nextAutoLevel = level; },
    };
    const abr = new AbrController(hls);
    const { abrEwmaDefaultEstimate: least, abrEwmaDefaultEstimateMax: most } = hls.config;
    abr.resetEstimator(Math.max(least, Math.min(levels[0].bitrate, most)));
    return { abr, hls, segment };
}

function loading({ abr, hls, segment }, { number, rung, size, asked }) {
    const stats = { aborted: false, loaded: 0, total: 0, loading: { start: 1000 * asked, first: 0, end: 0 }, parsing: { end: 0 } };
    const frag = {
        type: 'main', sn: number, level: rung, duration: segment, bitrate: 8 * size / segment, stats,
        abortRequests: () => { stats.aborted = true; },
    };
    hls.loadLevel = rung;
    clock = 1000 * asked;
    abr.onFragLoading('', { frag, part: null });
    return frag;
}

function loaded(playing, { number, rung, size, seconds, first_byte: first, finished }) {
    const { abr } = playing;
    const frag = loading(playing, { number, rung, size, asked: finished - seconds });
    clock = 1000 * finished;
    Object.assign(frag.stats, { loaded: size, total: size, parsing: { end: clock } });
    Object.assign(frag.stats.loading, { first: frag.stats.loading.start + 1000 * first, end: clock });
    abr.onFragLoaded('', { frag, part: null });
    abr.onFragBuffered('', { frag, part: null });
}

function choice(playing, time, buffer) {
    clock = 1000 * time;
    playing.hls.mainForwardBufferInfo = { len: buffer };
    return playing.abr.nextAutoLevel;
}

function decide(playing, step) {
    if (step.download) {
        loaded(playing, step.download);
    }
    return choice(playing, step.time, step.buffer);
}

// When a running request is given up and for which rung, and the choice after that one has come.
function instead(request) {
    const playing = player(request);
    const { abr, hls } = playing;
    choice(playing, 0, 0);
    loaded(playing, request.before);
    const asked = request.before.finished + 0.5;
    choice(playing, asked, 4);
    const { rung, size, buffer, events, last } = request;
    abr.nextAutoLevel = rung; // what is being loaded was chosen
    const { stats } = loading(playing, { number: 1, rung, size, asked });
    for (const [index, [time, bytes]] of events.entries()) {
        clock = 1000 * (asked + time);
        stats.loading.first ||= clock;
        stats.loaded += bytes;
        stats.total = size;
        hls.mainForwardBufferInfo = { len: Math.max(buffer - time, 0) };
        abr._abandonRulesCheck();
        if (hls.aborted) {
            const lower = hls.loadLevel;
            if (!last || last.rung !== lower) {
                return [[index, lower], null];
            }
            loaded(playing, last);
            return [[index, lower], choice(playing, last.finished, 3)];
        }
    }
    return [null, null];
}

const { episodes, requests } = JSON.parse(readFileSync(0, 'utf-8'));
const chosen = episodes.map((episode) => {
    const playing = player(episode);
    return episode.steps.map((step) => decide(playing, step));
});
console.log(JSON.stringify({ chosen, instead: requests.map(instead) }));
