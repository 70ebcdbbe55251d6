/** A Go string literal, in back quotes where they do. */
export function goText(text: string): string {
  return text.includes('`') ? JSON.stringify(text) : `\`${text}\``;
}

/** HCL's date units and what Go's layouts have for them. */
const DATE_UNITS: readonly (readonly [RegExp, string])[] = [
  [/^YYYY/, '2006'],
  [/^YY/, '06'],
  [/^MM/, '01'],
  [/^DD/, '02'],
  [/^hh/, '15'],
  [/^mm/, '04'],
  [/^ss/, '05'],
  [/^[^A-Za-z'0-9]+/, '$&'],
];

/** A layout of Go for a format of HCL; undefined when it has parts that Go has nothing for. */
export function asGoLayout(format: string): string | undefined {
  let layout = '';
  for (let rest = format; rest !== ''; ) {
    const unit = DATE_UNITS.find(([pattern]) => pattern.test(rest));
    const text = unit?.[0].exec(rest)?.[0];
    if (!unit || text === undefined) return undefined;
    layout += unit[1] === '$&' ? text : unit[1];
    rest = rest.slice(text.length);
  }
  return layout;
}
