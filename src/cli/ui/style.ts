/** Terminal colours by meaning; `plain` writes none. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  error(text: string): string;
  warning(text: string): string;
  good(text: string): string;
  /** One colour per build, by its index, in Packer's order. */
  build(index: number, text: string): string;
}

const BUILD_COLORS = [32, 36, 35, 33, 34] as const;

const wrap =
  (code: string) =>
  (text: string): string =>
    text === '' ? '' : `\x1b[${code}m${text}\x1b[0m`;

const colored: Style = {
  bold: wrap('1'),
  dim: wrap('2'),
  error: wrap('1;31'),
  warning: wrap('1;33'),
  good: wrap('32'),
  build: (index, text) => wrap(String(BUILD_COLORS[index % BUILD_COLORS.length]))(text),
};

const same = (text: string): string => text;
const plain: Style = { bold: same, dim: same, error: same, warning: same, good: same, build: (_, text) => text };

export function styleFor(color: boolean): Style {
  return color ? colored : plain;
}
