// What a phone hears, heard here: PCM streamed by the server, played a moment later by Web Audio.
//
//   fetch stream ─► chunks of ≥ 40 ms ─► one AudioBufferSource each, end to end ─► analyser ─► loudspeaker
//
// The first chunk waits 120 ms for those behind it; who falls behind is given a fresh start, and who runs
// ahead more than 400 ms loses a chunk, so that what is heard is never old.

const RATE_HZ = 8000;
const LEAD_S = 0.12;
const MOST_AHEAD_S = 0.4;
const AGAIN_MS = 250;

let context = null;

/** The one audio context; call it from a click or a key press, or it may stay mute. */
export function unlock() {
  context ??= telephone();
  if (context.state === "suspended") context.resume();
  return context;
}

// At the telephone's own rate nothing is resampled piece by piece; a browser that cannot do that does the other.
function telephone() {
  try {
    return new AudioContext({ sampleRate: RATE_HZ, latencyHint: "interactive" });
  } catch {
    return new AudioContext({ latencyHint: "interactive" });
  }
}

/** Listens to one phone between `start` and `stop`. */
export class Ear {
  /**
   * @param {string} phone its id
   * @param {number} pan -1 left … 1 right
   */
  constructor(phone, pan) {
    this.phone = phone;
    this.pan = pan;
    this.stopping = null;
    this.analyser = null;
    this.nextS = 0;
    this.heardSamples = 0; // that were not silence; tests look at it
  }

  get isOn() {
    return this.stopping !== null;
  }

  start() {
    if (this.isOn) return;
    const audio = unlock();
    this.analyser = new AnalyserNode(audio, { fftSize: 512 });
    this.analyser.connect(new StereoPannerNode(audio, { pan: this.pan })).connect(audio.destination);
    this.stopping = new AbortController();
    this.#listen(this.stopping.signal);
  }

  stop() {
    this.stopping?.abort();
    this.stopping = null;
    this.analyser?.disconnect();
    this.analyser = null;
  }

  /** How loud it is now, 0 to 1, on a scale of 60 dB. */
  level() {
    if (!this.analyser) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    const mean = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    return mean > 0 ? Math.max(0, Math.min(1, 1 + (20 * Math.log10(mean)) / 60)) : 0;
  }

  async #listen(signal) {
    while (!signal.aborted) {
      try {
        const answer = await fetch(`/demo/phones/${this.phone}/ear`, { signal });
        if (answer.ok) await this.#hear(answer.body.getReader());
      } catch {
        if (signal.aborted) return;
      }
      await new Promise((resume) => setTimeout(resume, AGAIN_MS));
    }
  }

  async #hear(reader) {
    let rest = new Uint8Array(0);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const bytes = new Uint8Array(rest.length + value.length);
      bytes.set(rest);
      bytes.set(value, rest.length);
      const whole = bytes.length - (bytes.length % 2);
      rest = bytes.slice(whole);
      if (whole > 2) this.#play(new DataView(bytes.buffer, 0, whole));
    }
  }

  #play(pcm) {
    if (!this.analyser) return;
    const count = pcm.byteLength / 2;
    const buffer = new AudioBuffer({ length: count, numberOfChannels: 1, sampleRate: RATE_HZ });
    const samples = buffer.getChannelData(0);
    for (let at = 0; at < count; at += 1) {
      samples[at] = pcm.getInt16(at * 2, true) / 32768;
      if (samples[at] !== 0) this.heardSamples += 1;
    }
    const nowS = context.currentTime;
    if (this.nextS < nowS) this.nextS = nowS + LEAD_S;
    if (this.nextS > nowS + MOST_AHEAD_S) return;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(this.analyser);
    source.start(this.nextS);
    this.nextS += count / RATE_HZ;
  }
}
