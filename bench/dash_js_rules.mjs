// Runs the rules of dash.js itself, without a browser, on situations and running requests read from
// standard input, and prints the rung that it chose in each. Called by dash_js_rules.py with the directory that has its
// sources.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

globalThis.window = {};
const from = async (path) => (await import(join(process.argv[2], 'src', path))).default;
const [Settings, EventBus, Events, MediaPlayerEvents, Abr, Throughput, AbandonRequestsRule] = await Promise.all([
    'core/Settings.js', 'core/EventBus.js', 'core/events/Events.js',
    'streaming/MediaPlayerEvents.js', 'streaming/controllers/AbrController.js',
    'streaming/controllers/ThroughputController.js', 'streaming/rules/abr/AbandonRequestsRule.js',
].map(from));
Events.extend(MediaPlayerEvents);

let clock = 0;
Date.now = () => clock;
const instant = (ms) => ({ getTime: () => ms });

function player(episode) {
    const context = {};
    const settings = Settings(context).getInstance();
    const bus = EventBus(context).getInstance();
    if (episode.rule !== 'dash.js') {
        const alone = episode.rule === 'bola' ? 'bolaRule' : 'throughputRule';
        const rules = {};
        for (const name of ['bolaRule', 'throughputRule', 'insufficientBufferRule', 'switchHistoryRule', 'abandonRequestsRule']) {
            rules[name] = { active: name === alone };
        }
        settings.update({ streaming: { abr: { rules } } });
    }
    const streamInfo = { id: 's', index: 0, manifestInfo: { isDynamic: false, duration: 300 } };
    const mediaInfo = { id: 'm', index: 0, type: 'video', streamInfo };
    const representations = episode.rungs.map((rung, index) => ({
        id: String(index), absoluteIndex: index, bandwidth: rung * 1000, bitrateInKbit: rung, mediaInfo,
        fragmentDuration: episode.segment, isBootstrapRepresentation: () => false,
    }));
    const state = { level: 0, buffer: null, current: null, chosen: null, delay: 0 };
    const playbackController = { getIsDynamic: () => false, getLowLatencyModeEnabled: () => false };
    const throughputController = Throughput(context).getInstance();
    throughputController.setConfig({ settings, playbackController });
    throughputController.initialize();
    const abr = Abr(context).getInstance();
    abr.setConfig({
        settings,
        throughputController,
        adapter: { getVoRepresentations: () => representations, areMediaInfosEqual: () => true },
        capabilities: { areKeyIdsUsable: () => true },
        customParametersModel: { getAbrCustomRules: () => [] },
        dashMetrics: {
            getCurrentBufferLevel: () => state.level,
            getCurrentBufferState: () => state.buffer,
        },
        domStorage: { getSavedBitrateSettings: () => NaN, setSavedBitrateSettings: () => {} },
        mediaPlayerModel: {
            getAbrBitrateParameter: (name) => settings.get().streaming.abr[name].video,
            getBufferTimeDefault: () => 18,
        },
        videoModel: { getPlaybackQuality: () => null },
        streamController: { getActiveStreamInfo: () => streamInfo },
    });
    abr.initialize();
    abr.registerStreamType('video', {
        getStreamInfo: () => streamInfo,
        getMediaInfo: () => mediaInfo,
        getType: () => 'video',
        getLastSegment: () => null,
        getRepresentation: () => state.current,
        getRepresentationController: () => ({ getCurrentCompositeRepresentation: () => state.current }),
        getScheduleController: () => ({
            getPlaybackController: () => playbackController,
            setTimeToLoadDelay: (ms) => { state.delay = ms; },
        }),
    });
    bus.on(MediaPlayerEvents.QUALITY_CHANGE_REQUESTED, (event) => { state.chosen = event.newRepresentation; });
    return { abr, bus, mediaInfo, representations, state };
}

function level({ bus, state }, seconds, started) {
    const filters = { streamId: 's', mediaType: 'video' };
    state.level = seconds;
    bus.trigger(MediaPlayerEvents.METRIC_ADDED, { metric: 'BufferLevel', mediaType: 'video', value: { level: 1000 * seconds } });
    const empty = seconds <= 0.3;
    if (started) {
        state.buffer = { state: empty ? 'bufferStalled' : 'bufferLoaded' };
        if (empty) {
            bus.trigger(MediaPlayerEvents.BUFFER_EMPTY, {}, filters);
        }
    } else if (!empty) {
        state.buffer = { state: 'bufferLoaded' };
    }
}

function arrived(playing, step, segment) {
    const { bus, representations } = playing;
    const { number, rung, size, seconds, first_byte, media, finished } = step.download;
    clock = 1000 * finished;
    level(playing, step.least, step.started);
    const filters = { streamId: 's', mediaType: 'video' };
    const requested = 1000 * (finished - seconds);
    const responded = requested + 1000 * first_byte;
    const value = {
        type: 'MediaSegment', _streamId: 's', trace: [{}, {}],
        trequest: instant(requested), tresponse: instant(responded), _tfinish: instant(clock),
        _resourceTimingValues: { transferSize: size, decodedBodySize: size, responseStart: responded, responseEnd: clock },
    };
    bus.trigger(MediaPlayerEvents.METRIC_ADDED, { metric: 'HttpList', mediaType: 'video', value });
    const chunk = { start: number * segment, duration: media, representation: representations[rung] };
    bus.trigger(Events.MEDIA_FRAGMENT_LOADED, { chunk }, filters);
    bus.trigger(Events.BYTES_APPENDED_END_FRAGMENT, { startTime: chunk.start }, filters);
    level(playing, step.buffer + step.drained, step.started);
}

function decide(playing, step, segment) {
    const { abr, mediaInfo, representations, state } = playing;
    if (step.download) {
        arrived(playing, step, segment);
        level(playing, step.buffer, step.started);
    }
    clock = 1000 * step.time;
    state.delay = 0;
    if (step.current === null) {
        const rate = abr.getInitialBitrateFor('video');
        const first = abr.getOptimalRepresentationForBitrate(mediaInfo, rate, true);
        state.current = first;
        abr.checkPlaybackQuality('video', 's');
        return [first.absoluteIndex, 0];
    }
    state.chosen = state.current = representations[step.current];
    abr.checkPlaybackQuality('video', 's');
    return [state.chosen.absoluteIndex, state.delay / 1000];
}

// The rung that AbandonRequestsRule asks for instead of a running request, or null.
function instead({ rungs, rung, size, media, buffer, events }) {
    const context = {};
    const { abr, mediaInfo, representations, state } = player({ rule: 'dash.js', rungs, segment: media });
    const rule = AbandonRequestsRule(context).create({
        mediaPlayerModel: { getBufferTimeDefault: () => 18 },
        dashMetrics: { getCurrentBufferLevel: () => buffer },
    });
    const traces = events.map(([time, bytes], index) => ({
        d: 1000 * (time - (index ? events[index - 1][0] : 0)), b: [bytes],
    }));
    state.current = representations[rung];
    clock = 1000 * events.at(-1)[0];
    const request = {
        index: 0, duration: media, bytesTotal: size, representation: state.current, traces,
        bytesLoaded: events.reduce((sum, [, bytes]) => sum + bytes, 0),
        firstByteDate: instant(1000 * events[0][0]),
    };
    const wanted = rule.shouldAbandon({
        getAbrController: () => abr, getCurrentRequest: () => request, getMediaInfo: () => mediaInfo,
        getMediaType: () => 'video', getRepresentation: () => state.current,
    });
    return wanted.representation?.absoluteIndex ?? null;
}

const { episodes, requests } = JSON.parse(readFileSync(0, 'utf-8'));
const chosen = episodes.map((episode) => {
    clock = 0;
    const playing = player(episode);
    return episode.steps.map((step) => decide(playing, step, episode.segment));
});
console.log(JSON.stringify({ chosen, instead: requests.map(instead) }));
