/** What an action answers: element names as EC2 spells them. Lists become `<name><item>..</item></name>`. */
export type Xml =
  | string
  | number
  | boolean
  | Date
  | Buffer
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Text that XML 1.0 can carry: markup escaped, characters it does not allow left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"\r]/g, one => ESCAPES[one] ?? '');
}

function element(name: string, value: Xml, item: string): string {
  if (value === undefined) return '';
  return `<${name}>${render(value, item)}</${name}>`;
}

/** The inner XML of a value; `item` is the list member's element: `item` in EC2, `member` in IAM and STS. */
export function render(value: Xml, item: string): string {
  if (value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (isList(value)) return value.map(one => element(item, one, item)).join('');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, one]) => element(name, one, item))
      .join('');
  }
  return escapeXml(String(value));
}

function isList(value: Xml): value is readonly Xml[] {
  return Array.isArray(value);
}
