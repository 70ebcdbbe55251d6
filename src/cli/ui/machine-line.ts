/** One line of Packer's machine-readable output (machine-readable reference): time, target, type, escaped data. */
export function machineLine(target: string, type: string, data: readonly string[]): string {
  const escaped = (text: string): string =>
    text.replaceAll(',', '%!(PACKER_COMMA)').replaceAll('\r', '\\r').replaceAll('\n', '\\n');
  return `${Math.floor(Date.now() / 1000)},${target},${type},${data.map(escaped).join(',')}\n`;
}
