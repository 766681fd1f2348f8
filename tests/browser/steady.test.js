/** The smoothing of video answers, by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Steady } from '../../web/steady.js';

const cat = { index: 1, label: 'cat', probability: 0.9 };
const dog = { index: 2, label: 'dog', probability: 0.8 };

describe('steady answers', () => {
  test('the first answer is shown as it is', () => {
    assert.deepEqual(new Steady().update([cat], 0), [cat]);
  });

  test('after the delay, 63 % of a change is shown', () => {
    const steady = new Steady(250);
    steady.update([cat], 0);
    const shown = steady.update([dog], 250);
    assert.deepEqual(shown.map(({ label }) => label), ['dog', 'cat']);
    assert.ok(Math.abs(shown[0].probability - 0.8 * (1 - 1 / Math.E)) < 1e-12);
    assert.ok(Math.abs(shown[1].probability - 0.9 / Math.E) < 1e-12);
  });

  test('one odd frame at 30 frames a second does not change the label', () => {
    const steady = new Steady();
    for (let now = 0; now < 1000; now += 33) steady.update([cat], now);
    assert.equal(steady.update([dog], 1023)[0].label, 'cat');
  });

  test('what is no longer seen is forgotten', () => {
    const steady = new Steady(250);
    steady.update([cat], 0);
    assert.deepEqual(steady.update([dog], 10_000).map(({ label }) => label), ['dog']);
  });

  test('what it gives is a copy: changing it changes nothing here', () => {
    const steady = new Steady();
    steady.update([cat], 0)[0].probability = 0;
    assert.equal(steady.update([cat], 1)[0].probability, 0.9);
  });
});
