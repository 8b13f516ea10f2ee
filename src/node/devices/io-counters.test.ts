import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addIo, NO_IO, parseStat } from './io-counters.ts';

test('a stat of a newer kernel reads as one of an older, in bytes and seconds', () => {
  const text =
    '       7        1       16      250        9        3       24     1500        2      900     1750';
  const io = {
    ...{ reads: 7, readBytes: 8192, readSeconds: 0.25, writes: 9, writtenBytes: 12_288, writeSeconds: 1.5 },
    ...{ inFlight: 2, busySeconds: 0.9 },
  };
  expect(parseStat(text)).toEqual(io);
  expect(parseStat(`${text} 0 0 0 0 4 8`)).toEqual(io);
  expect(addIo(io, NO_IO)).toEqual(io);
});

test('anything else is an error, never a number', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\s*(\d+\s+){10,}\d+\s*$/.test(text));
      expect(() => parseStat(text)).toThrow();
    }),
  );
});
