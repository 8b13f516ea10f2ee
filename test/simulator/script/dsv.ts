import { textOf } from './print.ts';
import { ScriptError } from './script-error.ts';
import { ScriptArray, type Value } from './value.ts';

/**
 * `:serialize to=dsv`: a keyed array of columns, or with `dsv.remap` a list of rows as `print as-value` gives it
 * (manual, `:serialize`).
 * @throws ScriptError `array size mismatch`
 */
export function writeDsv(
  value: Value,
  delimiter: string,
  order: readonly string[],
  options: ReadonlySet<string>,
): string {
  const columns = options.has('dsv.remap') ? columnsOfRows(value) : columnsOf(value);
  const names = order.length > 0 ? order : [...columns.keys()];
  const cells = names.map((name) => columns.get(name) ?? []);
  const rows = cells[0]?.length ?? 0;
  if (cells.some((column) => column.length !== rows)) throw new ScriptError('array size mismatch');
  const field = (text: string, wrap: boolean) =>
    // ASSUMED[language-edges]: quotes around fields that hold the delimiter, a quote or a line end, as other writers do it.
    wrap || text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const wrapped = options.has('dsv.wrap-strings');
  const lines = Array.from({ length: rows }, (_, row) =>
    cells
      .map((column) => field(textOf(column[row]), wrapped && typeof column[row] === 'string'))
      .join(delimiter),
  );
  return [names.map((name) => field(name, false)).join(delimiter), ...lines].join('\n');
}

function columnsOf(value: Value): Map<string, Value[]> {
  if (!(value instanceof ScriptArray)) throw new ScriptError('array size mismatch');
  const listed = (element: Value): Value[] => (element instanceof ScriptArray ? element.list : [element]);
  return new Map([...value.map].map(([name, column]) => [name, listed(column)]));
}

function columnsOfRows(value: Value): Map<string, Value[]> {
  const rows = value instanceof ScriptArray ? value.list.filter((row) => row instanceof ScriptArray) : [];
  const names = [...new Set(rows.flatMap((row) => [...row.map.keys()]))].sort();
  return new Map(names.map((name) => [name, rows.map((row) => row.map.get(name))]));
}

/**
 * `:deserialize from=dsv`: with `dsv.array` an array of rows keyed by the header, else every line as an array.
 * ASSUMED[language-edges]: fields become numbers, times and booleans where they read so, as words of a script do not: they stay text.
 */
export function readDsv(text: string, delimiter: string, keyed: boolean): Value {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const rows = lines.map((line) => line.split(delimiter));
  if (!keyed) return new ScriptArray(rows.map((row) => new ScriptArray(row)));
  const [header = [], ...body] = rows;
  return new ScriptArray(
    body.map(
      (row) =>
        new ScriptArray(
          [],
          header.map((name, index) => [name, row[index]] as const),
        ),
    ),
  );
}
