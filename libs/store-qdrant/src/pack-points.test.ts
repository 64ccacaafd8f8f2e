import { expect, it } from 'vitest';
import type { PointPayload } from '@lockstep/model';
import { packPoints, REQUEST_BYTES_MAX } from './pack-points.ts';
import { plainNumbers } from './put-points.ts';

const payload = (text: string) => ({ corpus: 'c', chunk_id: text }) as unknown as PointPayload;

it('packed points make request bodies under the limit, with 3072 dimensions and payloads in any script', () => {
  const vector = Float32Array.from({ length: 3072 }, (_, at) => Math.sin(at * 7919) / Math.sqrt(1536));
  const points = Array.from({ length: 1000 }, (_, at) => ({
    pointId: `00000000-0000-0000-0000-${String(at).padStart(12, '0')}`,
    vector,
    payload: payload('鯨 "quoted"'.repeat(at % 50)),
  }));
  const packed = packPoints(points);
  expect(packed.flat()).toEqual(points);
  expect(packed.length).toBeGreaterThan(3);
  for (const request of packed) {
    const body = JSON.stringify({
      points: request.map(({ pointId, payload: own }) => ({ id: pointId, vector: plainNumbers(vector), payload: own })),
    });
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(REQUEST_BYTES_MAX);
  }
});

it('payloads are packed without vectors, and one above the limit is sent alone', () => {
  const large = { payload: payload('x'.repeat(REQUEST_BYTES_MAX)) };
  const small = { payload: payload('x') };
  expect(packPoints([small, small, large, small])).toEqual([[small, small], [large], [small]]);
});
