/** RFC 5545 §3.1, §3.6.1, told without the code under test: lines, folding, frames, what each entry must have. */
export function problemsOf(text: string): string[] {
  const problems: string[] = [];
  if (!text.endsWith('\r\n')) problems.push('the last line has no end');
  if (/[^\r]\n|\r[^\n]/.test(text)) problems.push('a line ends otherwise than by CRLF');
  const raw = text.split('\r\n').slice(0, -1);
  for (const line of raw) {
    if (Buffer.byteLength(line) > 75) problems.push(`longer than 75 octets: ${line.slice(0, 20)}`);
    if (line.includes('\uFFFD')) problems.push('a character was broken');
    if (line === '') problems.push('an empty line');
  }
  const lines = text
    .replace(/\r\n[ \t]/g, '')
    .split('\r\n')
    .slice(0, -1);
  const stack: { name: string; has: Map<string, number> }[] = [];
  const uids = new Set<string>();
  for (const line of lines) {
    const found = /^([A-Z][A-Z0-9-]*)(?:;[A-Z-]+=[^:;]+)*:(.*)$/.exec(line);
    if (found === null) {
      problems.push(`no property: ${line.slice(0, 30)}`);
      continue;
    }
    const [, name = '', value = ''] = found;
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) problems.push('a control character');
    if (['SUMMARY', 'UID', 'X-WR-CALNAME'].includes(name) && /(^|[^\\])(\\\\)*[;,]/.test(value))
      problems.push('not escaped');
    if (name === 'BEGIN') stack.push({ name: value, has: new Map() });
    else if (name === 'END') {
      const top = stack.pop();
      if (top?.name !== value) problems.push(`END of ${value} ends ${top?.name ?? 'nothing'}`);
      if (value === 'VEVENT') {
        for (const needed of ['UID', 'DTSTAMP', 'DTSTART', 'DTEND', 'SEQUENCE', 'LAST-MODIFIED', 'STATUS'])
          if (top?.has.get(needed) !== 1)
            problems.push(`${needed} is there ${String(top?.has.get(needed) ?? 0)} times`);
      }
      if (stack.length === 0 && line !== lines.at(-1)) problems.push('something follows the calendar');
    } else {
      const has = stack.at(-1)?.has;
      has?.set(name, (has.get(name) ?? 0) + 1);
      if (/^(DTSTAMP|DTEND|LAST-MODIFIED)$/.test(name) && !/^\d{8}T\d{6}Z$/.test(value))
        problems.push(`${name} ${value}`);
      if (name === 'UID' && uids.has(value)) problems.push('a UID twice');
      if (name === 'UID') uids.add(value);
    }
  }
  if (lines[0] !== 'BEGIN:VCALENDAR' || stack.length > 0) problems.push('no whole calendar');
  return problems;
}
