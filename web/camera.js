/**
 * The camera: started by the visitor, given back when stopped, when unplugged and when the page is hidden.
 */
import { byId, element } from './dom.js';
import { cameraSentence, noCameraHere } from './errors.js';

/**
 * @param {object} events
 * @param {(video: HTMLVideoElement) => void} events.onPicture  the camera has started, is frozen (the video pauses), or goes on
 * @param {(sentence: string) => void} events.onStopped         '' when the visitor stopped it
 */
export function createCamera({ onPicture, onStopped }) {
  /** @type {HTMLVideoElement} */
  const video = byId('video');
  const list = byId('camera-list');
  const freeze = byId('camera-freeze');
  const mirror = byId('camera-mirror');
  /** @type {MediaStream | null} */
  let stream = null;
  /** Counts starts and stops, so that a camera granted after a stop is given back at once. */
  let turn = 0;

  const release = () => {
    turn += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
  };

  /** @param {string} [sentence] */
  const stop = (sentence = '') => {
    const wasRunning = stream !== null;
    release();
    if (wasRunning) onStopped(sentence);
  };

  /** @param {boolean} frozen */
  const setFrozen = (frozen) => freeze.setAttribute('aria-pressed', String(frozen));

  /** @param {boolean} mirrored */
  const setMirrored = (mirrored) => {
    mirror.setAttribute('aria-pressed', String(mirrored));
    video.classList.toggle('mirrored', mirrored);
  };

  const showList = async () => {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === 'videoinput');
    const current = stream?.getVideoTracks()[0].getSettings().deviceId;
    list.replaceChildren(...cameras.map((camera, index) => element('option', {
      value: camera.deviceId,
      textContent: camera.label || `Camera ${index + 1}`,
      selected: camera.deviceId === current,
    })));
    byId('camera-choice').hidden = cameras.length < 2;
  };

  /** @param {string} [deviceId]  any camera where left out */
  const start = async (deviceId) => {
    release();
    const mine = turn;
    if (!navigator.mediaDevices?.getUserMedia) return onStopped(noCameraHere);
    try {
      const granted = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...(deviceId && { deviceId: { exact: deviceId } }) },
      });
      if (mine !== turn) {
        for (const track of granted.getTracks()) track.stop();
        return;
      }
      stream = granted;
      granted.getVideoTracks()[0].addEventListener('ended', () => {
        if (stream === granted) stop('The camera was unplugged, or taken away. Start it again when it is back.');
      });
      video.srcObject = granted;
      await video.play();
      setFrozen(false);
      setMirrored(granted.getVideoTracks()[0].getSettings().facingMode !== 'environment');
      await showList();
      if (mine === turn) onPicture(video);
    } catch (error) {
      if (mine !== turn) return;
      release();
      onStopped(cameraSentence(error));
    }
  };

  byId('camera-stop').addEventListener('click', () => stop());
  list.addEventListener('change', () => start(list.value));

  mirror.addEventListener('click', () => setMirrored(mirror.getAttribute('aria-pressed') !== 'true'));

  freeze.addEventListener('click', async () => {
    if (video.paused) await video.play();
    else video.pause();
    setFrozen(video.paused);
    onPicture(video);
  });

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop('The camera was given back while the page was hidden. Start it again when you like.');
  });
  navigator.mediaDevices?.addEventListener('devicechange', () => { if (stream) showList(); });

  return {
    start: () => start(),
    stop: () => stop(),
  };
}
