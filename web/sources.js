/**
 * The ways a file gets into the page: chosen, dropped, pasted, or one of the samples.
 */
import { byId, element } from './dom.js';
import { sentence } from './errors.js';

const samples = [
  { file: 'cat.jpg', title: 'A cat' },
  { file: 'coffee.jpg', title: 'A cup of coffee' },
  { file: 'rocket.jpg', title: 'A rocket' },
  { file: 'astronaut.jpg', title: 'An astronaut' },
];

/**
 * @param {object} takers
 * @param {(photos: File[]) => void} takers.onPhotos
 * @param {(weights: File) => void} takers.onWeights   a .safetensors file, dropped or pasted
 * @param {(sentence: string) => void} takers.onFailed  a sample did not come
 */
export function createSources({ onPhotos, onWeights, onFailed }) {
  /** @param {FileList | File[] | undefined} files */
  const take = (files) => {
    const all = [...(files ?? [])];
    const weights = all.find((file) => file.name.endsWith('.safetensors'));
    const photos = all.filter((file) => !file.name.endsWith('.safetensors'));
    if (weights) onWeights(weights);
    if (photos.length > 0) onPhotos(photos);
  };

  byId('photo-input').addEventListener('change', (/** @type {any} */ event) => {
    take(event.target.files);
    event.target.value = '';
  });

  document.addEventListener('paste', (event) => take(event.clipboardData?.files));

  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    document.body.classList.remove('dropping');
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });

  /**
   * @param {{ file: string, title: string }} sample
   * @returns {Promise<File[]>}  none, if it does not come
   */
  const fetchSample = async ({ file, title }) => {
    try {
      const response = await fetch(new URL(`samples/${file}`, import.meta.url));
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      return [new File([await response.blob()], title, { type: 'image/jpeg' })];
    } catch (error) {
      onFailed(`The sample did not come: ${sentence(error)} Choose a photo of your own, or try again.`);
      return [];
    }
  };

  byId('samples').append(...samples.map((sample) => element('li', {},
    element('button', {
      type: 'button',
      className: 'sample',
      onclick: async () => take(await fetchSample(sample)),
    }, element('img', { src: `samples/${sample.file}`, alt: sample.title, width: 72, height: 72 })))));

  return {
    /** The picture that the page opens with; none, if it does not come. */
    first: () => fetchSample(samples[0]),
  };
}
