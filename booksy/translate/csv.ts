/** One record of a CSV file and the line it begins on, from 1. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What was read; `problem` says why the file is broken at `line`, and then `records` must not be used. */
export interface CsvText {
  readonly records: readonly CsvRecord[];
  readonly problem: string | null;
  readonly line: number;
  readonly separator: ',' | ';';
}

/** Reads CSV (RFC 4180): comma or semicolon, quotes, line ends of any kind, lines that are empty left out. */
export function parseCsv(input: string): CsvText {
  const text = input.startsWith('\uFEFF') ? input.slice(1) : input;
  const separator = separatorOf(text);
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let began = 1;
  const broken = (problem: string): CsvText => ({ records, problem, line, separator });
  const endRecord = (): void => {
    cells.push(cell);
    if (cells.length > 1 || cells[0] !== '') records.push({ line: began, cells });
    cells = [];
    cell = '';
    began = line;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\0') return broken('it is no text.');
    if (char === '"') {
      if (cell !== '') return broken('a quote stands inside a cell.');
      const end = closingQuote(text, at);
      if (end === null) return broken('a quote is never closed.');
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split('\n').length - 1;
      quoted = true;
      at = end;
    } else if (char === separator) {
      cells.push(cell);
      cell = '';
      quoted = false;
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text.charAt(at + 1) === '\n') at += 1;
      line += 1;
      endRecord();
      quoted = false;
    } else if (quoted) {
      return broken('something follows a closing quote.');
    } else cell += char;
  }
  endRecord();
  return { records, problem: null, line, separator };
}

/** Index of the quote that closes the cell; two in a row stand for one inside. */
function closingQuote(text: string, opening: number): number | null {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text.charAt(at + 1) !== '"') return at;
  }
  return null;
}

function separatorOf(text: string): ',' | ';' {
  const heading = text.split(/[\r\n]/, 1)[0] ?? '';
  return heading.split(';').length > heading.split(',').length ? ';' : ',';
}
